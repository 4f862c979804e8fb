//! The operator that gives messages their labels. After de-duplication: a copy is not worth an analysis.
//!
//! Keeps true: labels depend on the message and the analyser alone. Holds nothing.

use std::sync::Arc;
use std::time::Instant;

use differential_dataflow::{AsCollection, VecCollection};
use parlance_schemas::rows::MessageRow;
use timely::dataflow::operators::vec::Map;

use crate::analysis::{Analyser, Context};
use crate::event::{Diff, Time};
use crate::rows::Row;

/// Labels each message; other rows pass.
pub(crate) fn labelled<'scope>(
    rows: VecCollection<'scope, Time, Row, Diff>,
    analyser: Arc<dyn Analyser>,
) -> VecCollection<'scope, Time, Row, Diff> {
    let seconds = metrics::histogram!("pipeline_analysis_seconds");
    rows.inner
        .map_in_place(move |(row, _, _)| {
            if let Row::Message(message) = row {
                let started = Instant::now();
                label(message, &*analyser);
                seconds.record(started.elapsed().as_secs_f64());
            }
        })
        .as_collection()
}

fn label(message: &mut MessageRow, analyser: &dyn Analyser) {
    let context = Context {
        direction: message.direction,
        message_type: message.r#type,
    };
    let analysis = analyser.analyse(&message.text, &context);
    (message.language, message.language_confidence) = analysis.language;
    (message.intent, message.intent_confidence) = analysis.intent;
    (message.sentiment, message.sentiment_confidence) = analysis.sentiment;
    (message.urgency, message.urgency_confidence) = analysis.urgency;
    analyser.name().clone_into(&mut message.analyser);
}
