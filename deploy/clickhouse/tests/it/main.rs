//! Behaviour of the hosted server, on the real engine.

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
