//! Clients that are slow, silent, many or greedy, and shutdowns in their midst.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use parlance_service::http::{Drained, Limits, Problem, pages, serve};
use parlance_service::telemetry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use warp::{Filter, Reply};

const LIMITS: Limits = Limits {
    service: "test",
    connections: 100,
    header_timeout: Duration::from_secs(5),
    write_timeout: Duration::from_secs(5),
    drain_timeout: Duration::from_secs(5),
};

struct Server {
    address: SocketAddr,
    shutdown: CancellationToken,
    running: JoinHandle<Drained>,
}

/// `/slow` answers after 300 ms, `/never` never, `/large` with 64 MiB; the rest at once.
async fn start(limits: Limits) -> Server {
    telemetry::init("test", telemetry::Format::Text).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let slow = warp::path!("slow").then(|| async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        "slow".into_response()
    });
    let never = warp::path!("never").then(std::future::pending::<warp::reply::Response>);
    let large = warp::path!("large").map(|| vec![0u8; 64 * 1024 * 1024].into_response());
    let rest = warp::any().map(|| Problem::not_found("/").into_response());
    let pages = pages(|| Err("not yet".to_owned()));
    let routes = slow
        .or(never)
        .unify()
        .or(large)
        .unify()
        .or(pages)
        .unify()
        .or(rest)
        .unify();
    let running = tokio::spawn(serve(listener, routes, limits, shutdown.clone()));
    Server {
        address,
        shutdown,
        running,
    }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    async fn get(&self, path: &str) -> String {
        let mut stream = self
            .send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
            .await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

/// Reads until the server closes; how long that took, and what came.
async fn until_closed(mut stream: TcpStream) -> (Duration, String) {
    let started = Instant::now();
    let mut all = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut all)).await;
    // A reset is a way of closing, too.
    let _ = read.expect("the server closes the connection");
    (started.elapsed(), String::from_utf8_lossy(&all).into_owned())
}

fn count(metric: &str) -> f64 {
    let page = telemetry::render();
    let line = page.lines().find_map(|line| line.strip_prefix(metric));
    line.map_or(0.0, |value| value.trim().parse().unwrap())
}

const fn brief(limits: Limits) -> Limits {
    Limits {
        header_timeout: Duration::from_millis(300),
        ..limits
    }
}

#[tokio::test]
async fn half_a_head_is_cut_at_the_header_timeout() {
    let limits = Limits {
        service: "half",
        ..brief(LIMITS)
    };
    let server = start(limits).await;
    let (took, _) = until_closed(server.send("GET / HTTP/1.1\r\nHost:").await).await;
    assert!(
        took >= Duration::from_millis(250) && took < Duration::from_secs(3),
        "{took:?}"
    );
    let cut = r#"http_connections_cut_total{service="half",reason="header_timeout"}"#;
    assert_eq!(count(cut), 1.0);
}

#[tokio::test]
async fn a_silent_and_an_idle_connection_are_cut_and_counted_apart_from_slow_heads() {
    let limits = Limits {
        service: "idle",
        ..brief(LIMITS)
    };
    let server = start(limits).await;
    until_closed(server.connect().await).await;
    let (_, answer) = until_closed(server.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(
        count(r#"http_connections_cut_total{service="idle",reason="idle"}"#),
        2.0
    );
    assert_eq!(count(r#"http_connections{service="idle"}"#), 0.0);
}

#[tokio::test]
async fn connections_beyond_the_cap_wait_for_a_slot() {
    let server = start(Limits {
        connections: 1,
        ..LIMITS
    })
    .await;
    let first = server.connect().await;
    let second = tokio::time::timeout(Duration::from_millis(300), server.get("/healthz"));
    assert!(
        second.await.is_err(),
        "the second connection was served beside the first"
    );
    let third = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(first);
    };
    let (answer, ()) = tokio::join!(server.get("/healthz"), third);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn shutdown_lets_requests_finish_and_closes_idle_connections_at_once() {
    let server = start(LIMITS).await;
    let mut idle = server.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    idle.read_exact(&mut [0; 12]).await.unwrap();
    let silent = server.connect().await;
    let busy = server.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    server.shutdown.cancel();
    let (_, answer) = until_closed(busy).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("slow"),
        "{answer}"
    );
    assert_eq!(server.running.await.unwrap(), Drained { cut: 0 });
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    drop((idle, silent));
    assert!(TcpStream::connect(server.address).await.is_err(), "still listening");
}

#[tokio::test]
async fn shutdown_cuts_what_is_not_done_at_the_deadline() {
    let limits = Limits {
        service: "cut",
        drain_timeout: Duration::from_millis(300),
        ..LIMITS
    };
    let server = start(limits).await;
    let never = server.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let half = server.send("GET / HTTP/1.1\r\nHost:").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.shutdown.cancel();
    assert_eq!(server.running.await.unwrap(), Drained { cut: 2 });
    until_closed(never).await;
    until_closed(half).await;
    assert_eq!(
        count(r#"http_connections_cut_total{service="cut",reason="drain"}"#),
        2.0
    );
}

#[tokio::test]
async fn no_connection_outlives_a_dropped_service() {
    let server = start(LIMITS).await;
    let never = server.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.running.abort();
    until_closed(never).await;
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_is_cut() {
    let limits = Limits {
        service: "greedy",
        write_timeout: Duration::from_millis(300),
        ..LIMITS
    };
    let server = start(limits).await;
    let greedy = server.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let cut = r#"http_connections_cut_total{service="greedy",reason="write_timeout"}"#;
    let deadline = Instant::now() + Duration::from_secs(10);
    while count(cut) == 0.0 {
        assert!(Instant::now() < deadline, "{}", telemetry::render());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(greedy);
}

#[tokio::test]
async fn an_endless_head_is_refused_and_noise_is_not_served() {
    let server = start(LIMITS).await;
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    let (_, answer) = until_closed(server.send(&head).await).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let (_, answer) = until_closed(server.send("\u{1}\u{2}\u{3}\r\n\r\n").await).await;
    assert!(answer.starts_with("HTTP/1.1 400") || answer.is_empty(), "{answer}");
}

#[tokio::test]
async fn every_service_has_its_three_pages() {
    let server = start(LIMITS).await;
    assert!(server.get("/healthz").await.starts_with("HTTP/1.1 200"));
    let ready = server.get("/readyz").await;
    assert!(
        ready.starts_with("HTTP/1.1 503") && ready.contains("\"detail\":\"not yet\""),
        "{ready}"
    );
    let metrics = server.get("/metrics").await;
    assert!(metrics.contains("# TYPE http_connections gauge"), "{metrics}");
    let unknown = server.get("/else").await;
    assert!(
        unknown.starts_with("HTTP/1.1 404") && unknown.contains("application/problem+json"),
        "{unknown}"
    );
    let (_, posted) = until_closed(
        server
            .send("POST /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            .await,
    )
    .await;
    assert!(
        posted.starts_with("HTTP/1.1 405") && posted.contains("allow: GET, HEAD"),
        "{posted}"
    );
}
