//! Behaviour of the hosted server, on the real engine.
// Helpers outside #[test] functions are tests too, and waiting is all a test thread has to do.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod hosting;
mod http;
mod rights;

use std::sync::OnceLock;

use parlance_clickhouse::testing::Server;

/// One server for all tests that do not kill it.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::own)
}
