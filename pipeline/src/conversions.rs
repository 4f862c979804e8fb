//! What actions made, as windows count it: leads, tickets and appointments, when they were made.
//!
//! An action counts once, with the first record that says that it succeeded. What is undone later takes nothing back: a window
//! says what was made in it.

use parlance_schemas::labels::{By, Measure};
use parlance_schemas::outcome::{Made, OutcomeState};
use parlance_schemas::rows::OutcomeRow;

use crate::summary::{MeasureKey, Measured, Summary, Sums};
use crate::windows::Happened;

/// What an outcome adds to windows: to all of the integration's, and to its rule's.
pub(crate) fn made(outcome: &OutcomeRow) -> Vec<Measured> {
    let measure = match outcome.made {
        Made::Lead => Measure::Leads,
        Made::Ticket => Measure::Tickets,
        Made::Appointment => Measure::Appointments,
        Made::Message | Made::Other => return Vec::new(),
    };
    if outcome.state != OutcomeState::Succeeded {
        return Vec::new();
    }
    let by_rule = (!outcome.rule_id.is_empty()).then(|| (By::Rule, outcome.rule_id.clone()));
    let measured = |(by, label)| {
        let key = MeasureKey {
            phone_number_id: outcome.phone_number_id.clone(),
            start: 0,
            by,
            label,
        };
        Happened {
            at: outcome.at,
            key,
            sum: Sums::of(vec![(measure, Summary::of(1, 0))]),
        }
    };
    [(By::All, String::new())]
        .into_iter()
        .chain(by_rule)
        .map(measured)
        .collect()
}
