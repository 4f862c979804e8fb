//! When to stop: a signal, or the supervisor's going away.

use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Set by `parlance up` for its children: their standard input then closes when the supervisor is gone.
pub(crate) const SUPERVISED: &str = "PARLANCE_SUPERVISED";

/// A token that is cancelled by the first SIGINT or SIGTERM, and, in a supervised process, by the end of
/// standard input. A second signal ends the process at once.
pub(crate) fn on_signal() -> CancellationToken {
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    let mut interrupt = signal(SignalKind::interrupt()).expect("SIGINT can be handled");
    let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM can be handled");
    tokio::spawn(async move {
        let orphaned = async {
            if std::env::var_os(SUPERVISED).is_none() {
                std::future::pending::<()>().await;
            }
            let mut sink = [0u8; 64];
            while matches!(tokio::io::stdin().read(&mut sink).await, Ok(read) if read > 0) {}
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = orphaned => {}
        }
        token.cancel();
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(130);
    });
    shutdown
}
