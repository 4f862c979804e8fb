//! `parlance`: one binary, a subcommand per service and per embedded server, and `up`, which is all of them.
//!
//! ```text
//! main ─▶ cli ─▶ settings ─▶ service::run | up | check | sql | topics | migrate | demo | replay
//! ```
//!
//! # Layout
//!
//! * [`cli`]: the command line
//! * [`settings`]: every section of the configuration, loaded once
//! * [`data`]: the data folder: generated credentials, where things run, the lock
//! * [`services`], [`opinions`]: runs one service or embedded server in this process
//! * [`up`], [`supervise`], [`logs`]: all of them as children, watched, restarted, stopped in order
//! * [`check`], [`setup`], [`sql`], [`traffic`], [`analyse`], [`settings_topic`], [`rules`], [`correct`], [`decide`], [`train`],
//!   [`learn`]: the tools
#![forbid(unsafe_code)]

mod analyse;
mod check;
mod cli;
mod correct;
mod data;
mod decide;
mod learn;
mod logs;
mod opinions;
mod progress;
mod reconcile;
mod rules;
mod services;
mod settings;
mod settings_topic;
mod setup;
mod sql;
mod stop;
mod supervise;
mod traffic;
mod train;
mod up;

use std::process::ExitCode;

use clap::Parser;

/// Rows are many small pieces of memory, made on one thread and let go of on another: see `benches/README.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("parlance: {error:#}");
            ExitCode::FAILURE
        }
    }
}
