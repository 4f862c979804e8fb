//! The operator that gives messages their labels. After de-duplication: a copy is not worth an analysis.
//!
//! Keeps true: labels depend on the message and the analyser alone. Holds nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use differential_dataflow::{AsCollection, VecCollection};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use parlance_analysis::entities::Region;
use parlance_analysis::{Analyser, Context, region_of};
use parlance_schemas::rows::MessageRow;
use timely::dataflow::operators::vec::Map;

use crate::event::{Diff, Time};
use crate::rows::Row;

/// Numbers whose country is remembered; beyond it they are looked up again.
const REGIONS_MAX: usize = 10_000;

/// Labels each message; other rows pass.
pub(crate) fn labelled<'scope>(
    rows: VecCollection<'scope, Time, Row, Diff>,
    analyser: Arc<dyn Analyser>,
) -> VecCollection<'scope, Time, Row, Diff> {
    let seconds = metrics::histogram!("pipeline_analysis_seconds");
    let mut regions = HashMap::new();
    rows.inner
        .map_in_place(move |(row, _, _)| {
            if let Row::Message(message) = row {
                let started = Instant::now();
                let region = region(&mut regions, &message.display_phone_number);
                label(message, region, &*analyser);
                seconds.record(started.elapsed().as_secs_f64());
            }
        })
        .as_collection()
}

fn region(known: &mut HashMap<String, Region>, number: &str) -> Region {
    if let Some(region) = known.get(number) {
        return *region;
    }
    if known.len() >= REGIONS_MAX {
        known.clear();
    }
    let region = region_of(number);
    known.insert(number.to_owned(), region);
    region
}

fn label(message: &mut MessageRow, region: Region, analyser: &dyn Analyser) {
    let context = Context {
        direction: message.direction,
        message_type: message.r#type,
        // Only a time beyond year 9999 is none; relative dates in its message mean nothing then.
        sent_at: Timestamp::from_millisecond(message.sent_at).unwrap_or(Timestamp::MAX),
        zone: TimeZone::UTC,
        region,
    };
    let analysis = analyser.analyse(&message.text, &context);
    (message.language, message.language_confidence) = analysis.language;
    (message.intent, message.intent_confidence) = analysis.intent;
    (message.sentiment, message.sentiment_confidence) = analysis.sentiment;
    (message.urgency, message.urgency_confidence) = analysis.urgency;
    for signal in analysis.signals {
        message.signals_task.push(signal.task.to_string());
        message.signals_text.push(signal.text);
        message.signals_weight.push(signal.weight);
    }
    for entity in analysis.entities {
        message.entities_kind.push(entity.kind.as_str().to_owned());
        message.entities_text.push(entity.text);
        message.entities_value.push(entity.value.unwrap_or_default());
        message.entities_start.push(entity.start as u32);
        message.entities_end.push(entity.end as u32);
    }
    message.replies = analysis.replies;
    analyser.name().clone_into(&mut message.analyser);
}
