//! `parlance correct`: what people say of messages that were labelled wrong, from a file, into the log.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use parlance_schemas::labels::{Intent, Judge, Language, Sentiment, Urgency};
use parlance_schemas::record::VERSION;
use parlance_schemas::verdict::Verdict;
use parlance_sinks::clickhouse::Reader;
use parlance_sinks::opinion::{KafkaVerdicts, VerdictLog};
use serde::Deserialize;

use crate::settings::Settings;

/// Corrections whose messages are looked up at once.
const TOGETHER: usize = 500;

const AFTER_HELP: &str = "\
A line a message, JSON, with the labels that are to be; what is left out stays as it is:
  {\"phone_number_id\":\"1065\",\"message_id\":\"wamid.A\",\"intent\":\"complaint\",\"urgency\":\"high\"}

Its row, the counts of its windows and what its conversation made of others follow within seconds. A person's word outweighs
the model's, a pattern's and a language model's; of two persons' the later one's stands.";

/// What to correct.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct CorrectArgs {
    /// File of corrections, a JSON object a line. `-` or nothing reads standard input.
    file: Option<PathBuf>,
    /// Who says so, stored with each verdict.
    #[arg(long, env = "USER", default_value = "somebody")]
    author: String,
}

/// One line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Correction {
    phone_number_id: String,
    message_id: String,
    intent: Option<Intent>,
    sentiment: Option<Sentiment>,
    urgency: Option<Urgency>,
    language: Option<Language>,
}

/// Writes a verdict for each line. A line that cannot be read, or names a message that is not there, is named and passed over.
pub(crate) async fn correct(settings: &Settings, args: CorrectArgs) -> anyhow::Result<ExitCode> {
    let kafka = settings.reachable_kafka()?;
    let reader = Reader::new(&settings.reachable_clickhouse()?);
    let verdicts = KafkaVerdicts::connect(&kafka).await?;
    let (corrections, mut bad) = read(&args)?;
    let mut written = 0;
    for some in corrections.chunks(TOGETHER) {
        let keys: Vec<_> = some.iter().map(|(_, correction)| key(correction)).collect();
        let rows = reader.messages(&keys).await?;
        let rows: BTreeMap<_, _> = rows
            .into_iter()
            .map(|row| ((row.phone_number_id.clone(), row.message_id.clone()), row))
            .collect();
        let mut sent = Vec::with_capacity(some.len());
        for (line, correction) in some {
            let Some(row) = rows.get(&key(correction)) else {
                bad += 1;
                eprintln!(
                    "line {line}: there is no message {} of {}",
                    correction.message_id, correction.phone_number_id
                );
                continue;
            };
            let verdict = Verdict {
                v: VERSION,
                judge: Judge::Person,
                author: args.author.clone(),
                at: Timestamp::now().as_millisecond(),
                intent: correction.intent,
                sentiment: correction.sentiment,
                urgency: correction.urgency,
                language: correction.language,
                confidence: 1.0,
                message: Box::new(row.clone()),
            };
            if let Some(problem) = verdict.problem() {
                bad += 1;
                eprintln!("line {line}: {problem}");
                continue;
            }
            sent.push(verdicts.write(verdict));
        }
        written += sent.len();
        futures::future::try_join_all(sent).await?;
    }
    println!("{written} verdicts written, {bad} lines refused");
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn key(correction: &Correction) -> (String, String) {
    (correction.phone_number_id.clone(), correction.message_id.clone())
}

/// The lines that can be read, by number, and how many cannot.
fn read(args: &CorrectArgs) -> anyhow::Result<(Vec<(usize, Correction)>, usize)> {
    let input: Box<dyn BufRead> = match args.file.as_deref() {
        None => Box::new(std::io::stdin().lock()),
        Some(path) if path.as_os_str() == "-" => Box::new(std::io::stdin().lock()),
        Some(path) => {
            let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
            Box::new(std::io::BufReader::new(file))
        }
    };
    let (mut corrections, mut bad) = (Vec::new(), 0);
    for (number, line) in (1..).zip(input.lines()) {
        let line = line.with_context(|| format!("line {number}"))?;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(&line) {
            Ok(correction) => corrections.push((number, correction)),
            Err(error) => {
                bad += 1;
                eprintln!("line {number}: {error}");
            }
        }
    }
    Ok((corrections, bad))
}
