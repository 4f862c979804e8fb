//! `parlance demo` and `parlance replay`: traffic through the front door of a running Parlance.

use std::process::ExitCode;

use anyhow::Context;
use parlance_service::config::Secret;
use parlance_traffic::demo::{self, Demo};
use parlance_traffic::replay::{self, Replay};
use parlance_traffic::sign::AppSecret;
use parlance_traffic::target::{DEFAULT_URL, Target};
use tokio_util::sync::CancellationToken;

use crate::settings::Settings;

/// Sends the demo world and prints the report; fails when an update was given up.
pub(crate) async fn demo(
    settings: &Settings,
    mut options: Demo,
    shutdown: CancellationToken,
) -> anyhow::Result<ExitCode> {
    aim(settings, &mut options.target)?;
    let report = demo::run(options, shutdown).await?;
    println!("{report}");
    Ok(if report.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Posts recorded bodies and prints the answers by file; fails when any was not 200.
pub(crate) async fn replay(
    settings: &Settings,
    mut options: Replay,
    shutdown: CancellationToken,
) -> anyhow::Result<ExitCode> {
    aim(settings, &mut options.target)?;
    let report = replay::run(options, shutdown).await?;
    println!("{report}");
    Ok(if report.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Where nothing else was said: at the house that `parlance up` runs on this data folder, with its secret.
fn aim(settings: &Settings, target: &mut Target) -> anyhow::Result<()> {
    if target.url.as_str() == DEFAULT_URL
        && let Some(run) = settings.data.run()?
        && !run.ingest.is_empty()
    {
        target.url = format!("{}/webhooks/whatsapp", run.ingest)
            .parse()
            .context("run.json: ingest is no URL")?;
    }
    if target.secret.is_none() {
        let configured = settings
            .ingest
            .secrets
            .iter()
            .find(|secret| !secret.is_empty())
            .map(Secret::expose);
        let secret = match configured {
            Some(secret) => secret.to_owned(),
            None => settings.data.credentials()?.webhook_secret,
        };
        target.secret = Some(AppSecret::new(secret));
    }
    Ok(())
}
