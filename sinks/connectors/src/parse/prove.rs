//! Tries every ability with a customer of whom everything is known, with one of whom nearly nothing is, and with every example.

use super::node::Book;
use crate::answer::Failure;
use crate::connector::{Connector, Plan};
use crate::context::Context;
use crate::dry::with_examples;
use crate::fields::Fields;

pub(super) fn prove(connector: &Connector, book: &Book) {
    let fields = Fields::examples(connector);
    for (ability, plan) in &connector.abilities {
        let unread = plan
            .steps
            .iter()
            .filter(|step| !step.read.is_empty() && step.examples.is_empty());
        let mut lacks = false;
        for step in unread {
            lacks = true;
            book.note(
                format!("{}.examples", step.at),
                "is missing: what a step reads is tried with example answers",
            );
        }
        if lacks {
            continue;
        }
        for (known, context) in [
            ("everything", Context::sample()),
            ("nearly nothing", Context::bare_sample()),
        ] {
            let attempt = |which: &dyn Fn(&str) -> usize| {
                let failure = with_examples(connector, *ability, &fields, &context, which).err()?;
                (!is_required(plan, &failure)).then_some(failure)
            };
            let mut failures: Vec<_> = attempt(&|_| 0).into_iter().collect();
            for step in &plan.steps {
                for other in 1..step.examples.len() {
                    failures.extend(attempt(&|name| if name == step.name { other } else { 0 }));
                }
            }
            for failure in failures {
                let at = match plan.steps.iter().find(|step| step.name == failure.at) {
                    Some(step) => format!("{}.examples", step.at),
                    None => failure.at.clone(),
                };
                book.note(
                    at,
                    format!("{} (where {known} is known of the customer)", failure.reason),
                );
            }
        }
    }
}

/// Whether a run ended because of what the ability requires: that is as it should be.
fn is_required(plan: &Plan, failure: &Failure) -> bool {
    plan.require
        .iter()
        .any(|require| require.that.at == failure.at && require.otherwise == failure.reason)
}
