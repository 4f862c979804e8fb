//! How a supervisor learns that the server is up, and on which port.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

/// File in the data folder that holds the HTTP port of the running server, a number and a line feed.
pub const PORT_FILE: &str = "http_port";

/// Longest wait for one answer of the server. It answers a ping in under a millisecond when it is well.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// An answer to a ping is a few header lines.
const PING_BYTES: u64 = 4096;

/// Forgets the port of a server that ran before. Call it before starting one, else [`ready_port`] may find
/// a stranger on the old port.
///
/// # Errors
/// When the file is there and cannot be removed.
pub fn forget_port(data: &Path) -> io::Result<()> {
    match std::fs::remove_file(data.join(PORT_FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The HTTP port of the server on this folder, once it answers; `None` while it does not. Blocks for at most
/// two seconds.
pub fn ready_port(data: &Path) -> Option<u16> {
    let text = std::fs::read_to_string(data.join(PORT_FILE)).ok()?;
    // The line feed is written last: without it the number may be half there.
    let port = text.strip_suffix('\n')?.parse().ok()?;
    answers(port).ok()?.then_some(port)
}

fn answers(port: u16) -> io::Result<bool> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PING_TIMEOUT)?;
    stream.set_read_timeout(Some(PING_TIMEOUT))?;
    stream.set_write_timeout(Some(PING_TIMEOUT))?;
    stream.write_all(b"GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(PING_BYTES).read_to_end(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}
