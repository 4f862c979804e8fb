//! The operator that gives messages their labels. After de-duplication: a copy is not worth an analysis.
//!
//! Keeps true: labels depend on the message, the analyser and the settings in force for it alone. Holds what is in force for
//! each integration, and its country.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use differential_dataflow::{AsCollection, VecCollection};
use jiff::Timestamp;
use parlance_analysis::entities::Region;
use parlance_analysis::{Analyser, Context, Custom, Trained, region_of};
use parlance_schemas::rows::MessageRow;
use timely::dataflow::operators::vec::Map;

use crate::event::{Diff, Time};
use crate::rows::{InForce, Row};
use crate::settings::History;

/// Integrations that are remembered; beyond it they are looked up again.
const REMEMBERED_MAX: usize = 10_000;

/// Where labels come from.
#[derive(Clone)]
pub struct Labels {
    /// What reads the texts.
    pub analyser: Arc<dyn Analyser>,
    /// What each integration has of its own, kept up to date by somebody else.
    pub settings: History,
}

impl Labels {
    /// By the weights that ship with the program.
    pub fn shipped(settings: History) -> Self {
        Self {
            analyser: Arc::new(Trained::shipped()),
            settings,
        }
    }
}

/// Labels each message; other rows pass.
pub(crate) fn labelled<'scope>(
    rows: VecCollection<'scope, Time, InForce, Diff>,
    labels: Labels,
) -> VecCollection<'scope, Time, Row, Diff> {
    let Labels { analyser, settings } = labels;
    let seconds = metrics::histogram!("pipeline_analysis_seconds");
    let mut integrations = Integrations::new(settings);
    rows.inner
        .map(move |((mut row, in_force), time, diff)| {
            if let Row::Message(message) = &mut row {
                let started = Instant::now();
                let (region, custom) = integrations.of(message, in_force);
                label(message, region, custom, &*analyser);
                seconds.record(started.elapsed().as_secs_f64());
            }
            (row, time, diff)
        })
        .as_collection()
}

/// What is known of each integration beside its messages.
struct Integrations {
    settings: History,
    regions: HashMap<String, Region>,
    /// By integration: the settings it was looked up under, and what they said.
    custom: HashMap<String, (i64, Arc<Custom>)>,
}

impl Integrations {
    fn new(settings: History) -> Self {
        Self {
            settings,
            regions: HashMap::new(),
            custom: HashMap::new(),
        }
    }

    fn of(&mut self, message: &MessageRow, in_force: i64) -> (Region, Arc<Custom>) {
        let region = remember(&mut self.regions, &message.display_phone_number, region_of);
        let id = &message.phone_number_id;
        let look_up = |id: &str| (in_force, Arc::new(self.settings.as_of(id, in_force)));
        let (since, custom) = remember(&mut self.custom, id, look_up);
        if since == in_force {
            return (region, custom);
        }
        let found = look_up(id);
        self.custom.insert(id.clone(), found.clone());
        (region, found.1)
    }
}

fn remember<T: Clone>(known: &mut HashMap<String, T>, key: &str, find: impl Fn(&str) -> T) -> T {
    if let Some(found) = known.get(key) {
        return found.clone();
    }
    if known.len() >= REMEMBERED_MAX {
        known.clear();
    }
    let found = find(key);
    known.insert(key.to_owned(), found.clone());
    found
}

fn label(message: &mut MessageRow, region: Region, custom: Arc<Custom>, analyser: &dyn Analyser) {
    let context = Context {
        direction: message.direction,
        message_type: message.r#type,
        // Only a time beyond year 9999 is none; relative dates in its message mean nothing then.
        sent_at: Timestamp::from_millisecond(message.sent_at).unwrap_or(Timestamp::MAX),
        region,
        custom,
    };
    let analysis = analyser.analyse(&message.text, &context);
    (message.language, message.language_confidence) = analysis.labels.language;
    (message.intent, message.intent_confidence) = analysis.labels.intent;
    (message.sentiment, message.sentiment_confidence) = analysis.labels.sentiment;
    (message.urgency, message.urgency_confidence) = analysis.labels.urgency;
    let [language_by, intent_by, sentiment_by, urgency_by] = analysis.by;
    (message.language_by, message.intent_by) = (language_by, intent_by);
    (message.sentiment_by, message.urgency_by) = (sentiment_by, urgency_by);
    let base = analysis.base;
    message.base_language = base.language.0;
    (message.base_intent, message.base_intent_confidence) = base.intent;
    (message.base_sentiment, message.base_sentiment_confidence) = base.sentiment;
    (message.base_urgency, message.base_urgency_confidence) = base.urgency;
    message.patterns = analysis.patterns;
    message.custom_intents = analysis.custom_intents;
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
    message.analyser = analyser.name(&context.custom).into_owned();
}
