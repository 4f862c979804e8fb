//! `parlance check`: is the configuration sound, is everything reachable, and if not, what to do.

use std::process::ExitCode;

use parlance_service::config::Secret;
use parlance_service::kafka::check_topics;

use crate::settings::Settings;
use crate::setup;

/// One line of the report.
enum Finding {
    /// As it should be.
    Good(String),
    /// Works, but somebody should know.
    Note(String),
    /// Does not work; the second text says how to mend it.
    Bad(String, String),
}

/// Prints a line a finding; fails when one is bad. Loading the settings has already refused what is malformed.
pub(crate) async fn check(settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut findings = vec![configuration(settings)];
    findings.extend(kafka(settings).await);
    findings.extend(clickhouse(settings).await);
    findings.extend(secrets(settings));
    let mut failed = false;
    for finding in findings {
        match finding {
            Finding::Good(what) => println!("  ✓ {what}"),
            Finding::Note(what) => println!("  · {what}"),
            Finding::Bad(what, mend) => {
                failed = true;
                println!("  ✗ {what}\n      → {mend}");
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn configuration(settings: &Settings) -> Finding {
    match &settings.config_file {
        Some(file) => Finding::Good(format!("configuration: {} and the environment", file.display())),
        None => Finding::Good("configuration: defaults and the environment".to_owned()),
    }
}

async fn kafka(settings: &Settings) -> Vec<Finding> {
    let kafka = match settings.reachable_kafka() {
        Ok(kafka) => kafka,
        Err(error) => {
            return vec![Finding::Bad(
                format!("Kafka: {error}"),
                "set KAFKA_BROKERS, or start `parlance up`".to_owned(),
            )];
        }
    };
    if let Err(error) = setup::broker_answers(&kafka).await {
        let mend = "start the brokers, or correct KAFKA_BROKERS; with the embedded broker, start `parlance up`";
        return vec![Finding::Bad(format!("Kafka: {error:#}"), mend.to_owned())];
    }
    let mut findings = vec![Finding::Good(format!("Kafka at {}", kafka.brokers))];
    match check_topics(&kafka, &setup::topic_specs(&kafka)).await {
        Ok(()) => findings.push(Finding::Good(format!(
            "{} topics as they should be",
            parlance_schemas::topics::ALL.len()
        ))),
        Err(error) => findings.push(Finding::Bad(
            format!("topics: {error}"),
            "`parlance topics` creates what is missing".to_owned(),
        )),
    }
    findings
}

async fn clickhouse(settings: &Settings) -> Vec<Finding> {
    let clickhouse = match settings.reachable_clickhouse() {
        Ok(clickhouse) => clickhouse,
        Err(error) => {
            let mut findings = vec![Finding::Bad(
                format!("ClickHouse: {error}"),
                "set CLICKHOUSE_URL, or start `parlance up`".to_owned(),
            )];
            if let Err(error) = parlance_clickhouse::library_path() {
                findings.push(Finding::Bad(
                    error.to_string(),
                    "`make clickhouse` fetches the embedded engine".to_owned(),
                ));
            }
            return findings;
        }
    };
    if let Err(error) = setup::clickhouse_answers(&clickhouse).await {
        let mend = "start ClickHouse, or correct CLICKHOUSE_URL; with the embedded server, start `parlance up`";
        return vec![Finding::Bad(format!("ClickHouse: {error:#}"), mend.to_owned())];
    }
    let mut findings = vec![Finding::Good(format!("ClickHouse at {}", clickhouse.url))];
    let problems = parlance_sinks::clickhouse::check(&clickhouse).await;
    if problems.is_empty() {
        findings.push(Finding::Good(format!(
            "database {} as it should be",
            clickhouse.database
        )));
    }
    findings.extend(
        problems
            .into_iter()
            .map(|problem| Finding::Bad(format!("ClickHouse: {}", problem.what), problem.mend)),
    );
    findings
}

fn secrets(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if settings.ingest.secrets.iter().all(Secret::is_empty) {
        findings.push(Finding::Note(
            "WHATSAPP_WEBHOOK_SECRET is not set: `parlance up` signs with a secret of its own, `parlance ingest` will not start"
                .to_owned(),
        ));
    }
    let optional = [
        (
            "WHATSAPP_ACCESS_TOKEN",
            settings.whatsapp.access_token.is_empty(),
            "nothing can be sent on WhatsApp",
        ),
        (
            "WHATSAPP_PHONE_NUMBER_ID",
            settings.whatsapp.phone_number_id.is_empty(),
            "nothing can be sent on WhatsApp",
        ),
        (
            "OPENAI_API_KEY",
            settings.llm.openai_api_key.is_empty(),
            "no second opinions by OpenAI's models",
        ),
        (
            "ANTHROPIC_API_KEY",
            settings.llm.anthropic_api_key.is_empty(),
            "no second opinions by Anthropic's models",
        ),
    ];
    for (variable, unset, without) in optional {
        if unset {
            findings.push(Finding::Note(format!("{variable} is not set: {without}")));
        }
    }
    findings
}
