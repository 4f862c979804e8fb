//! One ability, step by step, without I/O: [`Run::next`] says what to send, [`Run::answer`] takes what came back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use minijinja::value::{Serde, Value};
use serde::{Deserialize, Serialize};

use crate::answer::{Class, Failure, Response, Verdict, cut, judge};
use crate::build::{self, Given};
use crate::connector::{Ability, Auth, Connector, Plan};
use crate::context::Context;
use crate::fields::{Fields, MASK};
use crate::request::{Purpose, Request, Sending};
use crate::template::{Scope, Unfilled};
use crate::token::{self, Token};

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Send this, and hand back its answer. The same comes until then.
    Send(Box<Request>),
    /// It is done.
    Done(Outcome),
    /// It ended without what it was for. Steps that were taken stay taken; a new run finds them by the document's idempotency.
    Failed(Failure),
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The other system's id of what was made or found, or empty.
    #[serde(default)]
    pub id: String,
    /// The number that people know it by, or empty.
    #[serde(default)]
    pub number: String,
    /// Where people see it, or empty.
    #[serde(default)]
    pub url: String,
    /// Whatever else the document reads.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// Longest id of an action.
const MAX_ID: usize = 128;

/// One ability of a connector, being done. Its `Debug` shows neither fields nor what the action is about.
pub struct Run<'a> {
    connector: &'a Connector,
    plan: Option<&'a Plan>,
    fields: &'a Fields,
    action_id: String,
    now: i64,
    scope: Scope,
    steps: BTreeMap<String, Value>,
    token: Option<Token>,
    at: usize,
    state: State,
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Run");
        shown
            .field("connector", &self.connector.name)
            .field("action_id", &self.action_id);
        shown
            .field("at", &self.at)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
enum State {
    Ready,
    Waiting(Box<Request>),
    Over(Next),
}

impl<'a> Run<'a> {
    /// Begins. Nothing is computed yet: what is wrong is said by [`Self::next`].
    #[must_use]
    pub fn start(connector: &'a Connector, ability: Ability, fields: &'a Fields, context: &Context) -> Self {
        let plan = connector.abilities.get(&ability);
        // It stands in headers, searches and names of files: nothing in it may mean anything there.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let id = &context.action_id;
        let over = |reason: String| {
            State::Over(Next::Failed(Failure {
                class: Class::Final,
                at: connector.name.clone(),
                status: None,
                reason,
            }))
        };
        let state = match plan {
            None => over(format!(
                "connector `{}` cannot do `{}`",
                connector.name,
                ability.as_str()
            )),
            Some(_) if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(plain) => {
                over("the action's id is not of letters, digits, `-` and `_`".to_owned())
            }
            Some(_) => State::Ready,
        };
        Self {
            connector,
            plan,
            fields,
            action_id: context.action_id.clone(),
            now: context.now,
            scope: scope(context, fields),
            steps: BTreeMap::new(),
            token: None,
            at: 0,
            state,
        }
    }

    /// Brings a token of an earlier run. One that no longer serves is replaced; its newer refresh token is used for that.
    #[must_use]
    pub fn with_token(mut self, token: Option<Token>) -> Self {
        self.token = token;
        self
    }

    /// The token in use, for the caller to keep; after a failure of class [`Class::Auth`], to forget.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// What to do next.
    #[expect(
        clippy::should_implement_trait,
        reason = "it waits for answers: nothing iterates over it"
    )]
    pub fn next(&mut self) -> Next {
        if let State::Ready = self.state {
            self.state = match self.advance() {
                Ok(state) => state,
                Err(unfilled) => State::Over(Next::Failed(Failure {
                    class: Class::Final,
                    at: unfilled.at,
                    status: None,
                    reason: cut(&self.fields.without_secrets(&unfilled.what)),
                })),
            };
        }
        match &self.state {
            State::Waiting(request) => Next::Send(request.clone()),
            State::Over(next) => next.clone(),
            State::Ready => unreachable!("advancing either waits or is over"),
        }
    }

    fn advance(&mut self) -> Result<State, Unfilled> {
        let plan = self.plan.expect("a run without a plan is over from its start");
        if self.at == 0 && self.steps.is_empty() {
            for require in &plan.require {
                if !require.that.holds(&self.scope)? {
                    return Ok(State::Over(Next::Failed(Failure {
                        class: Class::Final,
                        at: require.that.at.clone(),
                        status: None,
                        reason: require.otherwise.clone(),
                    })));
                }
            }
        }
        while let Some(step) = plan.steps.get(self.at) {
            let wanted = step.when.as_ref().map_or(Ok(true), |when| when.holds(&self.scope))?;
            if !wanted {
                let nothing = step
                    .read
                    .keys()
                    .map(|name| (name.clone(), serde_json::Value::Null))
                    .collect();
                self.note(&step.name, nothing, "skipped");
                self.at += 1;
                continue;
            }
            if let Auth::OAuth2(oauth2) = &self.connector.auth
                && !self.token.as_ref().is_some_and(|token| token.serves(self.now))
            {
                let newer = self.token.as_ref().and_then(|token| token.refresh.as_deref());
                let http = token::request(oauth2, newer, &self.scope)?;
                return Ok(State::Waiting(Box::new(Request {
                    purpose: Purpose::Token,
                    sending: Sending::Http(http),
                })));
            }
            let given = Given {
                connector: self.connector,
                fields: self.fields,
                scope: &self.scope,
                access: self.token.as_ref().map(|token| token.access.as_str()),
                action_id: &self.action_id,
                now: self.now,
            };
            return Ok(State::Waiting(Box::new(build::request(&given, step)?)));
        }
        let mut outcome = Outcome::default();
        let named = [
            (&plan.outcome.id, &mut outcome.id),
            (&plan.outcome.number, &mut outcome.number),
            (&plan.outcome.url, &mut outcome.url),
        ];
        for (template, place) in named {
            if let Some(template) = template {
                *place = template.text(&self.scope)?;
            }
        }
        outcome.url = self.fields.joined(outcome.url);
        for (name, template) in &plan.outcome.fields {
            outcome.fields.insert(name.clone(), template.text(&self.scope)?);
        }
        Ok(State::Over(Next::Done(outcome)))
    }

    /// Takes the answer to what was to be sent. One that nothing was sent for changes nothing.
    pub fn answer(&mut self, response: &Response) {
        let State::Waiting(request) = self.state.clone() else {
            return;
        };
        let is_mail = matches!(request.sending, Sending::Mail(_));
        self.state = match &request.purpose {
            Purpose::Token => match token::read(response) {
                Ok(mut token) => {
                    let older = self.token.take().and_then(|older| older.refresh);
                    token.refresh = token.refresh.or(older);
                    // One that ends at once would be asked for without end.
                    token.expires_at = token.expires_at.filter(|_| token.serves(self.now));
                    self.token = Some(token);
                    State::Ready
                }
                Err(failure) => self.failed(failure, &request),
            },
            Purpose::Step(_) => {
                let plan = self.plan.expect("what waits has a plan");
                let step = &plan.steps[self.at];
                match judge(self.connector, step, is_mail, response, &self.scope) {
                    Verdict::Well(found) => {
                        self.note(&step.name, found, "done");
                        self.at += 1;
                        State::Ready
                    }
                    Verdict::AlreadyThere(found) => {
                        self.note(&step.name, found, "already");
                        self.at += 1;
                        State::Ready
                    }
                    Verdict::Not(failure) => self.failed(failure, &request),
                }
            }
        };
    }

    /// The failure with a reason that is short and holds no secret: neither a field's, nor the token, nor what the request was
    /// allowed by.
    fn failed(&self, mut failure: Failure, request: &Request) -> State {
        let mut reason = self.fields.without_secrets(&failure.reason);
        let token = self
            .token
            .iter()
            .flat_map(|token| [Some(&token.access), token.refresh.as_ref()])
            .flatten();
        let mut secrets: Vec<&str> = token.map(String::as_str).collect();
        if let Sending::Http(http) = &request.sending {
            let allowing = http
                .headers
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case("Authorization"));
            secrets.extend(allowing.filter_map(|(_, value)| value.split_whitespace().last()));
        }
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            reason = reason.replace(secret, MASK);
        }
        failure.reason = cut(&reason);
        State::Over(Next::Failed(failure))
    }

    /// Makes what came of a step known to those after it.
    fn note(&mut self, name: &str, found: BTreeMap<String, serde_json::Value>, how: &str) {
        let mut noted: BTreeMap<_, _> = found
            .into_iter()
            .map(|(name, value)| (name, Value::from(Serde(&value))))
            .collect();
        for state in STATES {
            noted.insert((*state).to_owned(), Value::from(*state == how));
        }
        self.steps.insert(name.to_owned(), Value::from_pairs(noted));
        self.scope.insert("steps".to_owned(), Value::from(&self.steps));
    }
}

/// What every step's result says beside what was read.
pub(crate) const STATES: &[&str] = &["already", "done", "skipped"];

/// The names that templates see.
fn scope(context: &Context, fields: &Fields) -> Scope {
    let context_value = Value::from(Serde(context));
    let names = serde_json::to_value(context).expect("a context is plain data");
    let names: BTreeSet<String> = names
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys().cloned())
        .collect();
    let mut scope = Scope::new();
    for name in names {
        let value = context_value.get_attr(&name).expect("its own name");
        scope.insert(name, value);
    }
    let first = context.entities.iter().map(|(kind, values)| {
        let first = values.first().map(String::as_str).unwrap_or_default();
        (kind.clone(), Value::from(first))
    });
    scope.insert("entity".to_owned(), Value::from_pairs(first));
    scope.insert("fields".to_owned(), fields.scope());
    scope.insert("steps".to_owned(), Value::from(BTreeMap::<String, Value>::new()));
    scope
}
