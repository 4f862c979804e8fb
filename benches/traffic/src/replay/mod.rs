//! `parlance replay`: recorded bodies, signed and posted byte for byte.
//!
//! # Layout
//!
//! * [`load`]: bodies out of files, folders and `.jsonl`
//! * [`join`]: several bodies in one POST

pub mod join;
pub mod load;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use rand::seq::SliceRandom;
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::escape::meta_form;
use crate::sign::{AppSecret, HEADER};
use crate::target::Target;
use crate::world::{randomness, streams};
use load::Recorded;

/// Options of `parlance replay`; the command line mounts them.
#[derive(Clone, Debug, clap::Args)]
pub struct Replay {
    /// Bodies: `.json` files, `.jsonl` files (a body a line), or folders of them
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// Send everything this many times
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub times: usize,
    /// Send in an order drawn from --seed
    #[arg(long)]
    pub shuffle: bool,
    /// Seed of the order
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Join the entries of this many bodies into one POST (of at most 3 MiB)
    #[arg(long, default_value_t = 1, value_name = "K")]
    pub compose: usize,
    /// Send in Meta's byte form: \uXXXX for other than ASCII, and escapes for / < % @
    #[arg(long)]
    pub escape: bool,
    /// Most requests on the way at once
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub concurrency: usize,
    /// Where to, and how signed
    #[command(flatten)]
    pub target: Target,
}

impl Replay {
    /// Every file once, in order, as it is.
    pub fn new(files: Vec<PathBuf>, target: Target) -> Self {
        Self {
            files,
            times: 1,
            shuffle: false,
            seed: 1,
            compose: 1,
            escape: false,
            concurrency: 4,
            target,
        }
    }
}

/// One POST: the bodies in it by name, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Names of the bodies.
    pub names: Vec<String>,
    /// What is sent.
    pub body: Vec<u8>,
}

/// The answers, by body.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// For every body's name the answers to the POSTs it was in (a status, or what was in the way) and how many.
    pub answers: BTreeMap<String, BTreeMap<String, u64>>,
    /// POSTs that were sent.
    pub posts: u64,
    /// Bodies that were not sent because the run was stopped.
    pub unsent: u64,
}

impl Report {
    /// True when everything was sent and every answer was 200.
    pub fn is_ok(&self) -> bool {
        let all_ok = |answers: &BTreeMap<String, u64>| answers.keys().all(|answer| answer == "200");
        self.unsent == 0 && self.posts > 0 && self.answers.values().all(all_ok)
    }

    fn book(&mut self, names: Vec<String>, answer: &str) {
        self.posts += 1;
        for name in names {
            *self
                .answers
                .entry(name)
                .or_default()
                .entry(answer.to_owned())
                .or_default() += 1;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, answers) in &self.answers {
            let answers: Vec<String> = answers
                .iter()
                .map(|(answer, count)| {
                    if *count == 1 {
                        answer.clone()
                    } else {
                        format!("{answer} × {count}")
                    }
                })
                .collect();
            writeln!(f, "{:<12}{name}", answers.join(", "))?;
        }
        let failed = self
            .answers
            .values()
            .filter(|answers| answers.keys().any(|answer| answer != "200"))
            .count();
        write!(
            f,
            "{} bodies in {} POSTs, {failed} not always 200",
            self.answers.len(),
            self.posts
        )?;
        if self.unsent > 0 {
            write!(f, ", {} not sent", self.unsent)?;
        }
        writeln!(f)
    }
}

/// Posts the recorded bodies. Nothing is tried again: what the server said to each body is the result.
pub async fn run(options: Replay, shutdown: CancellationToken) -> Result<Report, Error> {
    let secret = options.target.check()?.clone();
    if options.compose == 0 || options.times == 0 || !(1..=4_096).contains(&options.concurrency) {
        return Err(Error::Option(
            "--times, --compose: at least 1; --concurrency: 1 to 4096".to_owned(),
        ));
    }
    let client = options.target.client(options.concurrency)?;
    let parcels = pack(&options, &load::load(&options.files)?)?;
    let mut report = Report::default();
    let mut under_way = JoinSet::new();
    for parcel in parcels {
        if shutdown.is_cancelled() {
            report.unsent += parcel.names.len() as u64;
            continue;
        }
        if under_way.len() >= options.concurrency {
            collect(&mut under_way, &mut report).await;
        }
        under_way.spawn(post(client.clone(), options.target.url.clone(), secret.clone(), parcel));
    }
    while !under_way.is_empty() {
        collect(&mut under_way, &mut report).await;
    }
    Ok(report)
}

/// The POSTs in the order in which they go out.
pub fn pack(options: &Replay, bodies: &[Recorded]) -> Result<Vec<Parcel>, Error> {
    let mut order: Vec<usize> = (0..options.times).flat_map(|_| 0..bodies.len()).collect();
    if options.shuffle {
        order.shuffle(&mut randomness(options.seed, streams::REPLAY));
    }
    let mut parcels = join::join(order.into_iter().map(|index| &bodies[index]), options.compose);
    if options.escape {
        for parcel in &mut parcels {
            parcel.body = escape(parcel)?;
        }
    }
    Ok(parcels)
}

fn escape(parcel: &Parcel) -> Result<Vec<u8>, Error> {
    let refuse = |reason: String| Error::Body {
        name: parcel.names.join(", "),
        reason,
    };
    let text = std::str::from_utf8(&parcel.body).map_err(|error| refuse(error.to_string()))?;
    let json: Result<&serde_json::value::RawValue, _> = serde_json::from_str(text);
    json.map_err(|error| refuse(format!("only JSON can be escaped: {error}")))?;
    Ok(meta_form(text).into_bytes())
}

async fn post(client: Client, url: reqwest::Url, secret: AppSecret, parcel: Parcel) -> (Vec<String>, String) {
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header(HEADER, secret.sign(&parcel.body))
        .body(parcel.body);
    let answer = match request.send().await {
        Ok(response) if response.status() == StatusCode::OK => "200".to_owned(),
        Ok(response) => response.status().as_u16().to_string(),
        Err(error) if error.is_timeout() => "timeout".to_owned(),
        Err(error) if error.is_connect() => "cannot connect".to_owned(),
        Err(_) => "connection broken".to_owned(),
    };
    (parcel.names, answer)
}

async fn collect(under_way: &mut JoinSet<(Vec<String>, String)>, report: &mut Report) {
    if let Some(done) = under_way.join_next().await {
        let (names, answer) = done.expect("posting does not panic and is not aborted");
        report.book(names, &answer);
    }
}
