//! Just enough HTTP to ask the server something.

use std::io::{Read, Write};
use std::net::TcpStream;

use parlance_clickhouse::testing::Server;

/// The answer's status and body; `user` and `password` go as headers, `settings` as the query string.
pub(crate) fn ask(url: &str, (user, password): (&str, &str), settings: &str, sql: &str) -> (u16, String) {
    let address = url.strip_prefix("http://").expect("plain HTTP");
    let mut stream = TcpStream::connect(address).expect("the server listens");
    write!(
        stream,
        "POST /?{settings} HTTP/1.0\r\nX-ClickHouse-User: {user}\r\nX-ClickHouse-Key: {password}\r\n\
         Content-Length: {}\r\n\r\n{sql}",
        sql.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status");
    (status, body.trim_end().to_owned())
}

pub(crate) fn writer(server: &Server) -> (&str, &str) {
    (&server.user, &server.password)
}

pub(crate) fn reader(server: &Server) -> (&str, &str) {
    (&server.reader_user, &server.reader_password)
}

/// The body of a statement that must succeed.
pub(crate) fn run(url: &str, who: (&str, &str), sql: &str) -> String {
    let (status, body) = ask(url, who, "", sql);
    assert_eq!(status, 200, "{sql}: {body}");
    body
}
