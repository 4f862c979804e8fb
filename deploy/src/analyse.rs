//! `parlance analyse`: what messages say, one JSON object a line; or how often the analyser is right about labelled ones.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use parlance_analysis::entities::{Entity, Region};
use parlance_analysis::train::report::{self, Measured};
use parlance_analysis::train::samples::{self, Sample};
use parlance_analysis::{Context, Signal, Task, Trained, Weights};
use parlance_schemas::labels::{Direction, MessageType};
use serde::{Deserialize, Serialize};

/// Longest line that is read, in bytes: WhatsApp's longest text has 4,096 characters.
const LONGEST_LINE: u64 = 1024 * 1024;

/// What to analyse, and how.
#[derive(Args)]
pub(crate) struct AnalyseArgs {
    /// Files to read; without any, standard input. A line is a message: plain text, or a JSON object with `text` and maybe
    /// `timestamp` (RFC 3339 or Unix seconds) and `region` (ISO 3166, of the business's number).
    files: Vec<PathBuf>,
    /// Read labelled lines (JSON objects with `text` and `label`, maybe `lang`) and print how often the label is found.
    #[arg(long, requires = "task")]
    eval: bool,
    /// What the labels are of: intent, sentiment, urgency or language.
    #[arg(long, value_parser = task, requires = "eval")]
    task: Option<Task>,
    /// Region of lines that name none.
    #[arg(long, default_value = "US", value_name = "CODE")]
    region: Region,
    /// Weights to use instead of those that ship with the program.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
}

fn task(name: &str) -> Result<Task, String> {
    let found = Task::ALL.into_iter().find(|task| task.to_string() == name);
    found.ok_or_else(|| "must be intent, sentiment, urgency or language".to_owned())
}

/// A line of input.
#[derive(Deserialize)]
struct Line {
    text: String,
    timestamp: Option<When>,
    region: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum When {
    Seconds(i64),
    Text(String),
}

/// What is printed of a message.
#[derive(Serialize)]
struct Said<'a> {
    text: &'a str,
    intent: Label,
    sentiment: Label,
    urgency: Label,
    language: Label,
    entities: Vec<Entity>,
    signals: Vec<Signal>,
    replies: Vec<String>,
}

/// A label, its probability, and every label's.
#[derive(Serialize)]
struct Label {
    label: &'static str,
    confidence: f32,
    scores: serde_json::Map<String, serde_json::Value>,
}

/// Analyses every line; a line that cannot be read is named on stderr, harms no other, and makes the exit code 1.
pub(crate) fn analyse(args: &AnalyseArgs) -> anyhow::Result<ExitCode> {
    let analyser = match &args.weights {
        None => Trained::shipped(),
        Some(path) => {
            let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
            Trained::with(Weights::from_bytes(&bytes).with_context(|| path.display().to_string())?)
        }
    };
    if let Some(task) = args.task {
        return evaluate(&analyser, &args.files, task);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut bad = 0_u64;
    for (name, mut input) in inputs(&args.files)? {
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            if input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if line.len() as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
                input.skip_until(b'\n')?;
                bad += 1;
                eprintln!("{name}:{number}: longer than {LONGEST_LINE} bytes");
                continue;
            }
            match one(&analyser, &line, args.region) {
                Ok(None) => {}
                Ok(Some(json)) => {
                    if let Err(error) = writeln!(out, "{json}") {
                        // Whoever read our output has had enough.
                        if error.kind() == io::ErrorKind::BrokenPipe {
                            return Ok(ExitCode::SUCCESS);
                        }
                        return Err(error.into());
                    }
                }
                Err(error) => {
                    bad += 1;
                    eprintln!("{name}:{number}: {error:#}");
                }
            }
        }
    }
    out.flush()?;
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

type Input = Box<dyn BufRead>;

fn inputs(files: &[PathBuf]) -> anyhow::Result<Vec<(String, Input)>> {
    if files.is_empty() {
        return Ok(vec![("-".to_owned(), Box::new(BufReader::new(io::stdin())))]);
    }
    files
        .iter()
        .map(|path| {
            let file = File::open(path).with_context(|| path.display().to_string())?;
            Ok((path.display().to_string(), Box::new(BufReader::new(file)) as Input))
        })
        .collect()
}

/// What a line says, as JSON; nothing of an empty one.
fn one(analyser: &Trained, line: &[u8], region: Region) -> anyhow::Result<Option<String>> {
    let line = std::str::from_utf8(line).context("not UTF-8")?.trim();
    if line.is_empty() {
        return Ok(None);
    }
    let mut given = Line {
        text: line.to_owned(),
        timestamp: None,
        region: None,
    };
    if line.starts_with('{') {
        given = serde_json::from_str(line)?;
    }
    let context = Context {
        direction: Direction::Inbound,
        message_type: MessageType::Text,
        sent_at: match given.timestamp {
            None => Timestamp::now(),
            Some(When::Seconds(seconds)) => Timestamp::from_second(seconds).context("timestamp")?,
            Some(When::Text(text)) => match text.parse::<i64>() {
                Ok(seconds) => Timestamp::from_second(seconds).context("timestamp")?,
                Err(_) => text.parse().context("timestamp")?,
            },
        },
        custom: Arc::default(),
        region: given.region.map_or(Ok(region), |code| code.parse()).context("region")?,
    };
    let (analysis, scores) = analyser.analyse_with_scores(&given.text, &context);
    let [intent, sentiment, urgency, language] = scores.map(label);
    let said = Said {
        text: &given.text,
        intent,
        sentiment,
        urgency,
        language,
        entities: analysis.entities,
        signals: analysis.signals,
        replies: analysis.replies,
    };
    Ok(Some(serde_json::to_string(&said)?))
}

fn label(scores: Vec<(&'static str, f32)>) -> Label {
    let (label, confidence) = scores
        .iter()
        .copied()
        .fold(("none", 0.0), |best, score| if score.1 > best.1 { score } else { best });
    Label {
        label,
        confidence,
        scores: scores
            .into_iter()
            .map(|(label, score)| (label.to_owned(), score.into()))
            .collect(),
    }
}

fn evaluate(analyser: &Trained, files: &[PathBuf], task: Task) -> anyhow::Result<ExitCode> {
    let mut all: Vec<Sample> = Vec::new();
    for (name, input) in inputs(files)? {
        all.extend(
            samples::labelled(input, name.as_ref(), task)?
                .into_iter()
                .map(|(sample, _)| sample),
        );
    }
    let measured = report::evaluate(analyser.weights(), &all);
    print!("{}", report::table(&measured));
    for classes in measured.iter().filter(|one: &&Measured| one.set == "all") {
        println!("\n{}", report::class_table(classes));
    }
    Ok(ExitCode::SUCCESS)
}
