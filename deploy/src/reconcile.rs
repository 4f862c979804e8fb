//! `parlance reconcile`: windows, conversations, turns and timers, counted anew from the tables, beside what is stored.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use parlance_pipeline::{Comparison, Difference, Known, Recount, compare, read_settings, recount};
use parlance_sinks::clickhouse::{self, Books, Page, RowOwned, RowRead, Rows};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::settings::Settings;

/// Rows that are on their way from ClickHouse to the engine.
const UNDER_WAY: usize = 4_096;

/// What is gone over when nobody says.
const BY_DEFAULT: SignedDuration = SignedDuration::from_hours(24);

const AFTER_HELP: &str = "\
Try it, beside a running `parlance up`:
  parlance reconcile                                                the last 24 hours
  parlance reconcile --from 2026-11-01 --to 2026-12-01 --repair     November (UTC), and put right what is not

What reached the log too late for a window is in `messages` and `statuses`, counted as late, and missing in the window: this
finds it, and --repair adds it; so it does the history that a business shares when it connects its phone. Rows that the pipeline may still change by itself are shown and left to it. Nothing else of
Parlance need run but ClickHouse and the log, of which the settings are read.
Exit codes: 0 no difference, or all of them repaired; 1 there are differences, or it failed; 2 the command line is wrong.";

/// What to go over.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ReconcileArgs {
    /// What begins at or after this: a day (UTC), or a time as in 2026-11-22T10:00:00Z. By default 24 hours before --to.
    #[arg(long, value_parser = instant, value_name = "TIME")]
    from: Option<Timestamp>,
    /// What begins before this. By default all that is stored by now.
    #[arg(long, value_parser = instant, value_name = "TIME")]
    to: Option<Timestamp>,
    /// Write the rows that should be there in the place of those that are.
    #[arg(long)]
    repair: bool,
    /// How many differences are shown one by one.
    #[arg(long, default_value_t = 20, value_name = "N")]
    show: usize,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(date) = text.parse::<Date>() {
        let begin = date.to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?;
        return Ok(begin.timestamp());
    }
    text.parse().map_err(|error: jiff::Error| error.to_string())
}

/// Counts anew, compares, says what differs, and repairs it when asked to.
pub(crate) async fn reconcile(
    settings: &Settings,
    args: ReconcileArgs,
    shutdown: CancellationToken,
) -> anyhow::Result<ExitCode> {
    let history = read_settings(&settings.reachable_kafka()?).await?;
    let books = Books::new(&settings.reachable_clickhouse()?);
    let until = books.complete_through().await?;
    let complete = Timestamp::from_millisecond(i64::try_from(until)?)?;
    let to = args.to.unwrap_or(complete);
    let from = args.from.map_or_else(|| to.checked_sub(BY_DEFAULT), Ok)?;
    if from >= to {
        bail!("--from {from} is not before --to {to}");
    }
    let span = Recount::new(&settings.pipeline, from.as_millisecond(), to.as_millisecond(), until);
    println!("from {from} to {to}, as of {complete}");

    let (sender, receiver) = mpsc::channel(UNDER_WAY);
    let (page, reach) = (span.clone(), span.reach());
    let page = Page {
        from: reach.0,
        to: reach.1,
        until,
        lateness_ms: page.lateness_ms(),
    };
    let counting = {
        let (span, known) = (span.clone(), Arriving(receiver));
        tokio::task::spawn_blocking(move || recount(&span, &history, known))
    };
    let fed = feed(&books, page, &span, &sender).await;
    // An error of reading is told to who counts, and comes back from there.
    if let Err(error) = fed {
        let _ = sender.send(Err(error)).await;
    }
    drop(sender);
    let counted = counting.await.context("counting anew")??;
    let stored = books.stored(span.from, span.to).await?;
    let found = compare(&span, stored, counted);
    say(&found, args.show);
    if found.differences.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if !args.repair {
        return Ok(ExitCode::FAILURE);
    }
    books.repair(&found.repairs, &shutdown).await?;
    let left = found.differences.len() - found.repairs.len();
    println!("repaired {} rows, left {left} to the pipeline", found.repairs.len());
    Ok(if left == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Rows as they come, for a thread that may wait for them.
struct Arriving(mpsc::Receiver<Result<Known, clickhouse::Error>>);

impl Iterator for Arriving {
    type Item = Result<Known, clickhouse::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.blocking_recv()
    }
}

/// A table in the order in which its rows are taken in.
struct Lane<T> {
    rows: Rows<T>,
    known: fn(Box<T>) -> Known,
    /// The next row.
    head: Option<Known>,
}

impl<T: RowOwned + RowRead> Lane<T> {
    async fn open(rows: Rows<T>, known: fn(Box<T>) -> Known) -> Result<Self, clickhouse::Error> {
        let head = None;
        let mut lane = Self { rows, known, head };
        lane.take().await?;
        Ok(lane)
    }

    /// Takes the row that is next, and reads the one after it.
    async fn take(&mut self) -> Result<Option<Known>, clickhouse::Error> {
        let next = self.rows.next().await?.map(|row| (self.known)(Box::new(row)));
        Ok(std::mem::replace(&mut self.head, next))
    }
}

/// Gives the rows of all tables in the order in which they are taken in.
async fn feed(
    books: &Books,
    page: Page,
    span: &Recount,
    to: &mpsc::Sender<Result<Known, clickhouse::Error>>,
) -> Result<(), clickhouse::Error> {
    let mut messages = Lane::open(books.messages(page)?, Known::Message).await?;
    let mut statuses = Lane::open(books.statuses(page)?, Known::Status).await?;
    let mut identities = Lane::open(books.identities(page.until)?, Known::Identity).await?;
    let mut decisions = Lane::open(books.decisions(page)?, Known::Decision).await?;
    let mut outcomes = Lane::open(books.outcomes(page)?, Known::Outcome).await?;
    loop {
        let heads = [
            &messages.head,
            &statuses.head,
            &identities.head,
            &decisions.head,
            &outcomes.head,
        ];
        let first = heads.into_iter().flatten().min_by_key(|known| span.taken_at(known));
        let next = match first {
            None => return Ok(()),
            Some(Known::Message(_)) => messages.take().await?,
            Some(Known::Status(_)) => statuses.take().await?,
            Some(Known::Identity(_)) => identities.take().await?,
            Some(Known::Decision(_)) => decisions.take().await?,
            Some(Known::Outcome(_)) => outcomes.take().await?,
        };
        // When nobody counts any more, they say themselves why.
        if let Some(next) = next
            && to.send(Ok(next)).await.is_err()
        {
            return Ok(());
        }
    }
}

fn say(found: &Comparison, show: usize) {
    for (table, compared) in &found.compared {
        let differ = found.differences.iter().filter(|one| one.table == *table).count();
        println!("{:<14} {compared:>9} compared {differ:>7} differ", table.name());
    }
    if found.moving > 0 {
        println!("{} changed while they were read and were not compared", found.moving);
    }
    for difference in found.differences.iter().take(show) {
        println!("{}", line(difference));
    }
    if found.differences.len() > show {
        println!("… and {} more", found.differences.len() - show);
    }
}

fn line(difference: &Difference) -> String {
    let Difference {
        table,
        key,
        columns,
        is_stored,
        is_final,
        ..
    } = difference;
    let what = match (columns.is_empty(), is_stored) {
        (true, false) => "is missing".to_owned(),
        (true, true) => "should not be there".to_owned(),
        (false, _) => {
            let columns = columns
                .iter()
                .map(|(name, stored, counted)| format!("{name} {stored} → {counted}"));
            columns.collect::<Vec<_>>().join(", ")
        }
    };
    let open = if *is_final { "" } else { " (still open)" };
    format!("{} {}: {what}{open}", table.name(), key.join(" "))
}
