//! One connection: frames in, frames out, in order. Produce requests overlap: while one waits for its fsync, the next
//! is appended already, so that they share it. Everything else is answered one after the other.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

use crate::api::{self, Answer, Request};
use crate::broker::Broker;

/// Unit of the memory bound.
const KIB: usize = 1 << 10;
/// The smallest request: key, version, correlation id.
const MIN_REQUEST_BYTES: usize = 8;

/// Why a connection ended other than by its client's wish.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    #[error("connection broken")]
    Broken(#[from] io::Error),
    #[error("{0} took too long")]
    Stalled(&'static str),
    #[error("a request of {0} bytes")]
    Size(usize),
    #[error(transparent)]
    BadRequest(#[from] api::BadRequest),
}

/// Serves a connection until it ends or the broker stops.
pub(crate) async fn serve(broker: Arc<Broker>, memory: Arc<Semaphore>, stream: TcpStream) -> Result<(), Ended> {
    stream.set_nodelay(true)?;
    let host = stream.peer_addr()?.ip().to_string();
    let (read, write) = stream.into_split();
    let (answers, outgoing) = mpsc::channel(broker.config.max_pipelined_requests);
    let stall = broker.config.stall_timeout;
    let incoming = receive(&broker, &memory, read, &host, answers);
    let sending = send(write, outgoing, stall);
    tokio::pin!(incoming, sending);
    tokio::select! {
        ended = &mut sending => ended,
        ended = &mut incoming => {
            // No further requests: what has been accepted is still answered.
            sending.await?;
            ended
        }
    }
}

async fn receive(
    broker: &Arc<Broker>,
    memory: &Semaphore,
    read: OwnedReadHalf,
    host: &str,
    answers: mpsc::Sender<Answer>,
) -> Result<(), Ended> {
    let config = &broker.config;
    let mut read = BufReader::new(read);
    loop {
        let size = tokio::select! {
            size = timeout(config.idle_timeout, read.read_u32()) => size,
            () = broker.shutdown.cancelled() => return Ok(()),
        };
        let size = match size {
            Ok(Ok(size)) => size as usize,
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => return Ok(()),
        };
        if !(MIN_REQUEST_BYTES..=config.max_request_bytes).contains(&size) {
            return Err(Ended::Size(size));
        }
        let units = u32::try_from(size.div_ceil(KIB)).expect("a request is smaller than 4 TiB");
        let _held = memory.acquire_many(units).await.expect("the semaphore is never closed");
        let mut bytes = BytesMut::zeroed(size);
        timeout(config.stall_timeout, read.read_exact(&mut bytes))
            .await
            .map_err(|_| Ended::Stalled("a request"))??;

        let request = Request::parse(bytes.freeze())?;
        let answer = tokio::select! {
            answer = api::answer(broker, &request, host) => answer?,
            () = broker.shutdown.cancelled(), if request.may_wait() => return Ok(()),
        };
        if answers.send(answer).await.is_err() {
            return Ok(()); // the other half has ended and says why
        }
    }
}

async fn send(mut write: OwnedWriteHalf, mut outgoing: mpsc::Receiver<Answer>, stall: Duration) -> Result<(), Ended> {
    while let Some(answer) = outgoing.recv().await {
        let bytes = match answer {
            Answer::Ready(bytes) => bytes,
            Answer::WhenDurable(bytes) => bytes.await?,
        };
        timeout(stall, write.write_all(&bytes))
            .await
            .map_err(|_| Ended::Stalled("taking a response"))??;
    }
    Ok(())
}
