//! A dry run: what would be sent, without sending it. Answers are the document's own examples.

use crate::answer::{Failure, Response};
use crate::connector::{Ability, Connector};
use crate::context::Context;
use crate::fields::{Fields, MASK};
use crate::request::{Purpose, Request};
use crate::run::{Next, Outcome, Run};

/// What would be sent, in order. Nothing secret is in it: what is filled in as a secret is masked before anything is made of it.
/// Each step is answered with its first example.
///
/// # Errors
/// When nothing could be sent, or an example fails.
pub fn requests_of(
    connector: &Connector,
    ability: Ability,
    fields: &Fields,
    context: &Context,
) -> Result<(Vec<Request>, Outcome), Failure> {
    with_examples(connector, ability, fields, context, |_| 0)
}

/// The same, where `which` says which of a step's examples answers it.
pub(crate) fn with_examples(
    connector: &Connector,
    ability: Ability,
    fields: &Fields,
    context: &Context,
    which: impl Fn(&str) -> usize,
) -> Result<(Vec<Request>, Outcome), Failure> {
    let masked = fields.masked();
    let mut run = Run::start(connector, ability, &masked, context);
    let mut requests = Vec::new();
    loop {
        match run.next() {
            Next::Send(request) => {
                let answer = match &request.purpose {
                    Purpose::Token => token(context.now),
                    Purpose::Step(name) => answer(connector, ability, name, which(name), context.now),
                };
                run.answer(&answer);
                requests.push(*request);
            }
            Next::Done(outcome) => return Ok((requests, outcome)),
            Next::Failed(failure) => return Err(failure),
        }
    }
}

fn token(now: i64) -> Response {
    Response {
        status: 200,
        body: format!(r#"{{"access_token":"{MASK}","token_type":"Bearer","expires_in":3600}}"#),
        received_at: now,
        ..Response::default()
    }
}

fn answer(connector: &Connector, ability: Ability, step: &str, which: usize, now: i64) -> Response {
    let steps = connector
        .abilities
        .get(&ability)
        .map(|plan| plan.steps.as_slice())
        .unwrap_or_default();
    let examples = steps
        .iter()
        .find(|other| other.name == step)
        .map(|step| step.examples.as_slice());
    let examples = examples.unwrap_or_default();
    match examples.get(which).or_else(|| examples.first()) {
        Some(example) => Response {
            status: example.status,
            headers: example.headers.clone(),
            body: example.body.clone(),
            received_at: now,
        },
        None => Response {
            status: if connector.smtp.is_some() { 250 } else { 200 },
            received_at: now,
            ..Response::default()
        },
    }
}
