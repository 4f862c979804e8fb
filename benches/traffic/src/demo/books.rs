//! The ledger and the tallies, kept on a thread of their own. Lines are handed to the operating system as soon as
//! nothing more waits, so that killing the generator loses none.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::delivery::{Answer, Outcome};
use super::progress::Progress;
use super::report::{Latency, Report};
use crate::Error;
use crate::webhook::Line;

/// The longest latency told apart from longer ones, microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;

pub(super) struct Books {
    ledger: Option<(Page, Page)>,
    answers: BTreeMap<Answer, u64>,
    since_due: Histogram<u64>,
    last_try: Histogram<u64>,
    report: Report,
    stop: CancellationToken,
}

struct Page {
    path: PathBuf,
    file: BufWriter<File>,
}

/// A line of `FILE.rejected`.
#[derive(Serialize)]
struct Rejected<'a> {
    #[serde(flatten)]
    line: &'a Line,
    /// Answer of the last try.
    reason: String,
}

impl Books {
    /// Opens the ledger's two files anew; without a path only tallies are kept. `stop` is cancelled when a line
    /// cannot be written.
    pub(super) fn open(ledger: Option<&Path>, stop: CancellationToken) -> Result<Self, Error> {
        let ledger = match ledger {
            None => None,
            Some(path) => {
                let mut rejected = path.as_os_str().to_owned();
                rejected.push(".rejected");
                Some((Page::open(path.to_owned())?, Page::open(rejected.into())?))
            }
        };
        let histogram = || Histogram::new_with_max(LONGEST, 3).expect("constant bounds that the histogram takes");
        Ok(Self {
            ledger,
            answers: BTreeMap::new(),
            since_due: histogram(),
            last_try: histogram(),
            report: Report::default(),
            stop,
        })
    }

    /// Books every outcome until no delivery is left.
    pub(super) fn keep(mut self, mut outcomes: mpsc::Receiver<Outcome>, progress: &Progress) -> Result<Self, Error> {
        let mut failure = None;
        while let Some(outcome) = outcomes.blocking_recv() {
            self.book(&outcome, progress, &mut failure);
            while let Ok(outcome) = outcomes.try_recv() {
                self.book(&outcome, progress, &mut failure);
            }
            if let Some((acknowledged, rejected)) = &mut self.ledger {
                let flushed = acknowledged.flush().and_then(|()| rejected.flush());
                failure = failure.or(flushed.err());
            }
            if failure.is_some() {
                self.stop.cancel();
            }
        }
        // Outcomes are taken to the last even when the disk is full, or deliveries would wait for ever.
        failure.map_or(Ok(self), Err)
    }

    fn book(&mut self, outcome: &Outcome, progress: &Progress, failure: &mut Option<Error>) {
        let updates = outcome.lines.len() as u64;
        let acknowledged = outcome.acknowledged();
        progress.count_done(outcome.lines.len(), acknowledged);
        self.report.posts += 1;
        self.report.sent += updates;
        self.report.retries += outcome.answers.len() as u64 - 1;
        self.report.copies += outcome.lines.iter().filter(|line| line.copy).count() as u64;
        for answer in &outcome.answers {
            *self.answers.entry(answer.clone()).or_default() += 1;
        }
        if acknowledged {
            self.report.acknowledged += updates;
            self.since_due.saturating_record(micros(outcome.since_due));
            self.last_try.saturating_record(micros(outcome.last_try));
        } else {
            self.report.rejected += updates;
        }
        if let (Some(ledger), None) = (&mut self.ledger, &failure) {
            *failure = write(ledger, outcome, acknowledged).err();
        }
    }

    pub(super) fn report(mut self, elapsed: std::time::Duration, held_back: std::time::Duration) -> Report {
        self.report.answers = self
            .answers
            .into_iter()
            .map(|(answer, count)| (words(&answer), count))
            .collect();
        self.report.elapsed = elapsed;
        self.report.held_back = held_back;
        self.report.latency = Latency::of(&self.since_due);
        self.report.answer_time = Latency::of(&self.last_try);
        self.report
    }
}

fn write(ledger: &mut (Page, Page), outcome: &Outcome, acknowledged: bool) -> Result<(), Error> {
    for line in &outcome.lines {
        if acknowledged {
            ledger.0.line(line)?;
        } else {
            let reason = outcome.answers.last().map(words).unwrap_or_default();
            ledger.1.line(&Rejected { line, reason })?;
        }
    }
    Ok(())
}

impl Page {
    fn open(path: PathBuf) -> Result<Self, Error> {
        match File::create(&path) {
            Ok(file) => Ok(Self {
                path,
                file: BufWriter::new(file),
            }),
            Err(source) => Err(Error::File { path, source }),
        }
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), Error> {
        let written = serde_json::to_writer(&mut self.file, line).map_err(io::Error::from);
        let written = written.and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|source| self.failed(source))
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.file.flush().map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::File {
            path: self.path.clone(),
            source,
        }
    }
}

fn words(answer: &Answer) -> String {
    match answer {
        Answer::Status(status) => status.to_string(),
        Answer::Nothing(reason) => (*reason).to_owned(),
    }
}

fn micros(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
