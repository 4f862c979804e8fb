//! `parlance train --integration`: what people corrected of one integration's messages becomes an adaptation of the shipped
//! weights, measured, and published as a setting when it is better.

use std::process::ExitCode;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use parlance_analysis::Trained;
use parlance_analysis::train::adapt::{Adapted, adapt};
use parlance_analysis::train::samples::Sample;
use parlance_schemas::labels::Judge;
use parlance_schemas::settings::{Key, Kind, MAX_VALUE_BYTES, ModelSetting};
use parlance_schemas::topics::SETTINGS;
use parlance_service::kafka::settings::Writer;
use parlance_sinks::clickhouse::{Labelled, Reader};

use crate::settings::Settings;
use crate::train::TrainArgs;

/// The most corrected messages that are learned from, the newest.
const CORRECTED_MAX: u64 = 50_000;
/// The most messages nobody corrected that are looked at, the newest.
const KEPT_MAX: u64 = 20_000;

/// Learns, measures, and publishes unless told not to.
///
/// # Panics
/// Without an integration; the caller has looked.
pub(crate) async fn learn(settings: &Settings, args: &TrainArgs) -> anyhow::Result<ExitCode> {
    let integration = args.integration.as_deref().expect("looked at by the caller");
    let kafka = settings.reachable_kafka()?;
    let reader = Reader::new(&settings.reachable_clickhouse()?);
    let key: Key = format!("{}/{integration}", Kind::Model.as_str()).parse()?;
    let corrected = reader.labelled(integration, true, CORRECTED_MAX).await?;
    let kept = reader.labelled(integration, false, KEPT_MAX).await?;
    println!("{} corrected messages, {} others", corrected.len(), kept.len());

    let corrected: Vec<Sample> = corrected.into_iter().map(by_people).collect();
    let kept: Vec<Sample> = kept.into_iter().map(as_it_stands).collect();
    let version = format!("{integration}-{}", Timestamp::now().strftime("%Y%m%dT%H%M%SZ"));
    let base = Trained::shipped();
    let (weights, name) = (base.weights().clone(), version.clone());
    let learned = tokio::task::spawn_blocking(move || adapt(&weights, &corrected, &kept, &name));
    let learned = learned.await.context("learning")??;
    print(&learned);
    if !learned.is_better() {
        println!("\nnot published: on messages it had not learned from it is no better than the weights alone");
        return Ok(ExitCode::FAILURE);
    }
    let setting = ModelSetting {
        version,
        base: base.weights().version().to_owned(),
        adaptation: BASE64.encode(learned.adaptation.to_bytes()),
        learned_from: learned.learned_from as u64,
        measured: learned.measured.iter().map(Into::into).collect(),
    };
    let value = serde_json::to_vec(&setting)?;
    println!(
        "\n{}: {} features, {} bytes",
        setting.version,
        learned.adaptation.rows(),
        value.len()
    );
    if args.dry_run {
        println!("not published, as asked");
        return Ok(ExitCode::SUCCESS);
    }
    let topic = SETTINGS.full_name(&kafka.topic_prefix);
    let writer = Writer::new(&kafka, "train", &topic, MAX_VALUE_BYTES)?;
    let offset = writer.put(&key.to_string(), Some(&value)).await?;
    println!("published as {key} at offset {offset}: messages are labelled by it from here on");
    Ok(ExitCode::SUCCESS)
}

fn print(learned: &Adapted) {
    println!("learned from {} different texts\n", learned.learned_from);
    println!(
        "{:<10} {:>9} {:>8} {:>8} {:>7} {:>5}",
        "task", "messages", "before", "after", "gained", "lost"
    );
    for one in &learned.measured {
        let note = if one.learned { "" } else { "  left as it is" };
        println!(
            "{:<10} {:>9} {:>7.1}% {:>7.1}% {:>7} {:>5}{note}",
            one.task.to_string(),
            one.messages,
            100.0 * one.before,
            100.0 * one.after,
            one.gained,
            one.lost
        );
    }
}

/// The labels that a person gave.
fn by_people(message: Labelled) -> Sample {
    let person = |judge: Judge| judge == Judge::Person;
    Sample {
        text: message.text,
        intent: Some(message.intent).filter(|_| person(message.intent_by)),
        sentiment: Some(message.sentiment).filter(|_| person(message.sentiment_by)),
        urgency: Some(message.urgency).filter(|_| person(message.urgency_by)),
        language: Some(message.language).filter(|_| person(message.language_by)),
        ..Sample::default()
    }
}

/// The labels that something gave it which knew better than the classifiers. Their own are not to be learned again, least of
/// all those of an earlier adaptation; and what its conversation made of it is not in its text.
fn as_it_stands(message: Labelled) -> Sample {
    let text = |judge: Judge| matches!(judge, Judge::Llm | Judge::Pattern);
    Sample {
        text: message.text,
        intent: Some(message.intent).filter(|_| text(message.intent_by)),
        sentiment: Some(message.sentiment).filter(|_| text(message.sentiment_by)),
        urgency: Some(message.urgency).filter(|_| text(message.urgency_by)),
        language: Some(message.language).filter(|_| text(message.language_by)),
        ..Sample::default()
    }
}
