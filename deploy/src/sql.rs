//! `parlance sql`: a read-only query on whichever ClickHouse is configured, so that nobody needs a client.

use std::io::{IsTerminal, Read, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use crate::settings::Settings;

/// Longest error text of the server that is shown.
const ERROR_BYTES_MAX: usize = 4096;

/// What `parlance sql` takes.
#[derive(Args)]
pub(crate) struct SqlArgs {
    /// The query. `-` or nothing reads it from standard input.
    query: Option<String>,
    /// Output format of ClickHouse: `JSON`, `CSVWithNames`, `TSV`, … By default a table on a terminal, TSV otherwise.
    #[arg(long)]
    format: Option<String>,
}

/// Sends the query as the read-only user and copies the answer to standard output.
pub(crate) async fn sql(settings: &Settings, args: SqlArgs) -> anyhow::Result<ExitCode> {
    let query = match args.query.as_deref() {
        None | Some("-") => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("cannot read the query from standard input")?;
            text
        }
        Some(query) => query.to_owned(),
    };
    let clickhouse = settings.reachable_clickhouse()?;
    let by_default = if std::io::stdout().is_terminal() {
        "PrettyCompact"
    } else {
        "TSV"
    };
    let (user, password) = clickhouse.reader();
    // Without the system's certificates: ClickHouse is spoken to over http, and a machine may have none.
    let client = reqwest::Client::builder().tls_certs_only([]).build()?;
    let mut answer = client
        .post(&clickhouse.url)
        .query(&[
            ("database", clickhouse.database.as_str()),
            ("default_format", args.format.as_deref().unwrap_or(by_default)),
        ])
        .header("X-ClickHouse-User", user)
        .header("X-ClickHouse-Key", password.expose())
        .body(query)
        .send()
        .await
        .with_context(|| {
            format!(
                "cannot reach ClickHouse at {}; is `parlance up` running?",
                clickhouse.url
            )
        })?;
    if !answer.status().is_success() {
        let text = answer.text().await.unwrap_or_else(|error| error.to_string());
        let end = text.floor_char_boundary(ERROR_BYTES_MAX);
        bail!("{}", text[..end].trim());
    }
    let mut stdout = std::io::stdout().lock();
    while let Some(chunk) = answer.chunk().await.context("the answer broke off")? {
        match stdout.write_all(&chunk) {
            Ok(()) => {}
            // `parlance sql … | head` is no error.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            Err(error) => return Err(error.into()),
        }
    }
    stdout.flush()?;
    Ok(ExitCode::SUCCESS)
}
