//! One connection: HTTP/1.1 with a head timeout, a write-stall timeout, and a reason for every cut.

use std::convert::Infallible;
use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::Service as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;
use warp::Filter;
use warp::reply::Reply;

use super::Limits;

/// The read buffer of a connection, in bytes.
const BUFFER: usize = 64 * 1024;
/// The longest head of a request, in bytes. A longer one is answered 431.
const HEAD: usize = 16 * 1024;

/// Serves one connection to its end, or until `cut`.
pub(super) async fn serve<F>(stream: TcpStream, routes: F, limits: Limits, drain: Watcher, cut: CancellationToken)
where
    F: Filter<Error = Infallible> + Clone + Send + Sync + 'static,
    F::Extract: Reply,
{
    // Only an optimisation: a socket that refuses it is still good.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let asking = Arc::new(AtomicBool::new(false));
    let stream = Timed {
        stream,
        timeout: limits.write_timeout,
        stalled: None,
        asking: asking.clone(),
    };
    let routes = TowerToHyperService::new(warp::service(routes));
    let heard = asking.clone();
    let service = hyper::service::service_fn(move |request| {
        heard.store(false, Ordering::Relaxed);
        routes.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(BUFFER)
        .max_header_size(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        ended = drain.watch(connection) => ended,
        () = cut.cancelled() => return count_cut(limits.service, "drain"),
    };
    if let Err(error) = ended {
        match reason(&error, asking.load(Ordering::Relaxed)) {
            Some(reason) => count_cut(limits.service, reason),
            None => tracing::debug!(%error, service = limits.service, "the client went away"),
        }
    }
}

fn count_cut(service: &'static str, reason: &'static str) {
    metrics::counter!("http_connections_cut_total", "service" => service, "reason" => reason).increment(1);
}

/// Why we ended the connection; `None` when the client did.
fn reason(error: &hyper::Error, asking: bool) -> Option<&'static str> {
    if error.is_timeout() {
        return Some(if asking { "header_timeout" } else { "idle" });
    }
    if error.is_parse() {
        return Some("protocol");
    }
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    (cause?.kind() == io::ErrorKind::TimedOut).then_some("write_timeout")
}

/// A stream whose writes fail when the peer takes nothing for `timeout`, and which knows whether the peer has sent
/// anything that no request has been made of yet.
struct Timed {
    stream: TcpStream,
    timeout: Duration,
    /// Runs while the peer takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Bytes have come since the last request: a timeout now is a slow head, not an idle connection.
    asking: Arc<AtomicBool>,
}

impl Timed {
    fn bound<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let timeout = self.timeout;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client does not take its answer",
        )))
    }
}

impl AsyncRead for Timed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.asking.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Timed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bound(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.bound(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
