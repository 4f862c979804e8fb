//! One ability: what it requires, its steps, what comes of it, and whether doing it twice is as harmless as it says.

use std::collections::BTreeSet;

use super::name::Names;
use super::node::{Node, Table};
use super::{listed, step};
use crate::connector::{Ability, BodyPlan, Idempotency, OutcomePlan, Plan, Require, SendPlan, Step};
use crate::run::STATES;
use crate::template::Place;

/// Most steps of one ability.
const MAX_STEPS: usize = 16;

pub(super) fn plan(node: &Node<'_>, ability: Ability, names: &mut Names, signed: bool, smtp: bool) -> Plan {
    let table = node.table(&["require", "idempotency", "doubles", "steps", "outcome"]);
    names.steps.clear();
    let require = table.list("require").iter().map(|node| require(node, names)).collect();

    let nodes = table.need("steps");
    let nodes = if nodes.value.is_null() {
        Vec::new()
    } else {
        nodes.items()
    };
    if nodes.is_empty() || nodes.len() > MAX_STEPS {
        table
            .node("steps")
            .wrong(format!("has {} steps; 1 to {MAX_STEPS} are allowed", nodes.len()));
    }
    let name = |node: &Node<'_>| node.value.get("name").and_then(|name| name.as_str()).map(str::to_owned);
    names.later = nodes.iter().filter_map(name).collect();
    let mut steps = Vec::new();
    let mut facts = Vec::new();
    for node in &nodes {
        names.forget_mentions();
        let step = step::step(node, names, smtp);
        facts.push(Facts::of(&step, names));
        if names.steps.contains_key(&step.name) {
            node.wrong(format!("a second step is named `{}`", step.name));
        }
        let reads: BTreeSet<_> = step.read.keys().cloned().collect();
        names.later.remove(&step.name);
        names.steps.insert(step.name.clone(), reads);
        steps.push(step);
    }
    names.shown = true;
    let outcome = table
        .get("outcome")
        .map(|node| outcome(&node, names))
        .unwrap_or_default();
    names.shown = false;
    names.steps.clear();

    let idempotency = idempotency(&table, ability, &steps, &facts, signed);
    let doubles = table.optional_text("doubles");
    if idempotency == Some(Idempotency::None) && doubles.is_none() {
        table
            .node("doubles")
            .wrong("is missing: without idempotency, people must know when something happens twice");
    }
    Plan {
        require,
        idempotency: idempotency.unwrap_or(Idempotency::None),
        doubles,
        steps,
        outcome,
    }
}

fn require(node: &Node<'_>, names: &Names) -> Require {
    let table = node.table(&["that", "otherwise"]);
    Require {
        that: table.template("that", Place::Expression, names),
        otherwise: table.text("otherwise"),
    }
}

fn outcome(node: &Node<'_>, names: &Names) -> OutcomePlan {
    let table = node.table(&["id", "number", "url", "fields"]);
    let one = |key, place| table.get(key).map(|node: Node<'_>| node.template(place, names));
    let fields = table.entries("fields").into_iter();
    OutcomePlan {
        id: one("id", Place::Plain),
        number: one("number", Place::Plain),
        url: one("url", Place::Url),
        fields: fields
            .map(|(name, node)| (name, node.template(Place::Plain, names)))
            .collect(),
    }
}

/// What of a step tells how it is done once.
struct Facts {
    header_with_id: bool,
    if_none_match: bool,
    names_action: bool,
    depends_on_step: bool,
    only_asks: bool,
}

impl Facts {
    fn of(step: &Step, names: &Names) -> Self {
        let SendPlan::Http(http) = &step.send else {
            return Self {
                header_with_id: false,
                if_none_match: false,
                names_action: names.mentioned("action_id"),
                depends_on_step: false,
                only_asks: false,
            };
        };
        let when = step.when.as_ref().map(|when| when.source.as_str()).unwrap_or_default();
        Self {
            header_with_id: http.headers.iter().any(|(_, value)| value.source.contains("action_id")),
            if_none_match: http
                .headers
                .iter()
                .any(|(name, value)| name.eq_ignore_ascii_case("If-None-Match") && value.source.trim() == "*"),
            names_action: names.mentioned("action_id"),
            depends_on_step: when.contains("steps."),
            only_asks: matches!(http.method.as_str(), "GET" | "REPORT" | "PROPFIND")
                && !matches!(http.body, BodyPlan::Json(_) | BodyPlan::Form(_)),
        }
    }
}

/// What the document says makes it harmless, when its steps do so.
fn idempotency(
    table: &Table<'_>,
    ability: Ability,
    steps: &[Step],
    facts: &[Facts],
    signed: bool,
) -> Option<Idempotency> {
    let word = table.text("idempotency");
    let Some(said) = Idempotency::of(&word) else {
        if !word.is_empty() {
            let known = listed(Idempotency::ALL.iter().map(|one| one.as_str()));
            table
                .node("idempotency")
                .wrong(format!("`{word}` is no idempotency; there is {known}"));
        }
        return None;
    };
    let is_look_up = matches!(
        ability,
        Ability::FreeBusy | Ability::OrderLookup | Ability::PaymentLookup
    );
    let lacks = match said {
        Idempotency::Header if signed || facts.iter().any(|step| step.header_with_id) => None,
        Idempotency::Header => Some("no step has a header with `action_id`"),
        Idempotency::ExternalId if facts.iter().any(|step| step.names_action) => None,
        Idempotency::ExternalId => Some("no step names `action_id`"),
        Idempotency::Search => {
            let found = facts.iter().position(|step| step.names_action && !step.depends_on_step);
            let searched = found.is_some_and(|first| facts.iter().skip(first + 1).any(|step| step.depends_on_step));
            (!searched).then_some("no step looks for `action_id` before one that is taken `when` nothing was found")
        }
        Idempotency::IfNoneMatch if facts.iter().any(|step| step.if_none_match) => None,
        Idempotency::IfNoneMatch => Some("no step has the header `If-None-Match: *`"),
        Idempotency::ReadOnly if is_look_up && facts.iter().all(|step| step.only_asks) => None,
        Idempotency::ReadOnly if is_look_up => Some("a step does more than ask: GET, REPORT and PROPFIND do not"),
        Idempotency::ReadOnly => Some("this ability is no look-up"),
        Idempotency::None => None,
    };
    if let Some(lacks) = lacks
        && !steps.is_empty()
    {
        table
            .node("idempotency")
            .wrong(format!("says `{}`, but {lacks}", said.as_str()));
    }
    Some(said)
}

/// Whether what a step reads can be called so.
pub(super) fn check_read_name(node: &Node<'_>, name: &str) {
    if !super::is_word(name) || STATES.contains(&name) {
        node.wrong(format!(
            "a name is of small letters, digits and `_`, and none of {}",
            listed(STATES.iter().copied())
        ));
    }
}
