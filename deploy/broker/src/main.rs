//! The broker alone, as a process: `parlance-broker <address> <folder> [always|never]`. Prints its address when ready.

use std::io::Write as _;
use std::process::ExitCode;

use parlance_broker::{Config, Fsync};
use tokio_util::sync::CancellationToken;

const USAGE: &str = "usage: parlance-broker <address> <folder> [always|never]";

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parlance-broker: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(listen), Some(data)) = (arguments.next(), arguments.next()) else {
        return Err(USAGE.into());
    };
    let fsync = match arguments.next().as_deref() {
        None | Some("always") => Fsync::Always,
        Some("never") => Fsync::Never,
        Some(_) => return Err(USAGE.into()),
    };
    let config = Config {
        listen: listen.parse()?,
        data: data.into(),
        fsync,
        ..Config::default()
    };
    let listener = parlance_broker::bind(&config).await?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;

    let shutdown = CancellationToken::new();
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let stop = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => (),
            _ = terminate.recv() => (),
        }
        stop.cancel();
    });
    Ok(parlance_broker::run(config, listener, shutdown).await?)
}
