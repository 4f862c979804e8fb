//! What is wrong with rules, each with its place: `rules[2].when.all[1].intent.in[0]`.

use std::collections::HashMap;
use std::fmt::Display;

use super::super::Problem;
use super::super::patterns::{MAX_NAME_CHARS, is_name};
use super::action::{Action, Assign, Lookup};
use super::condition::{Condition, Graded, Label, OneOf, Range, Share, percent};
use super::{On, Per, Rule, RulesSetting, Span, Whose};
use crate::labels::Intent;

/// Rules of one integration: each is asked of every message.
const MAX_RULES: usize = 100;
/// Conditions of one rule, `all`, `any` and `not` among them.
const MAX_CONDITIONS: usize = 50;
/// Conditions within one another.
const MAX_DEPTH: usize = 6;
/// Items of one list of a condition.
const MAX_ITEMS: usize = 50;
/// Actions of one rule.
const MAX_ACTIONS: usize = 10;
/// Characters of a name for people.
const MAX_TITLE_CHARS: usize = 200;
/// Bytes of a team's or an agent's name, which may be an e-mail address.
const MAX_OWNER_BYTES: usize = 128;
/// Of an event older than what is remembered of conversations nothing can be said.
const MAX_AGE: (Span, Span) = (Span::of_seconds(1), Span::of_seconds(72 * 3_600));
/// A window has panes of whole seconds, and is not longer than its messages are remembered.
const WITHIN: (Span, Span) = (Span::of_seconds(30), Span::of_seconds(24 * 3_600));

impl RulesSetting {
    /// Everything for which it is refused when it is saved, each with its place; empty when it is sound. Rules that are `off`
    /// are held to the same. Of a list that is too long only that is said.
    ///
    /// * at most 100 rules, each with an id of its own, 1 to 64 of `a-z`, `0-9`, `_`, `-`
    /// * at most 50 conditions a rule, at most 6 within one another, and only such as suit what the rule reacts to
    /// * 1 to 10 actions a rule
    /// * what else the fields of [`Rule`], [`Condition`] and [`Action`] say of themselves
    pub fn problems(&self) -> Vec<Problem> {
        if self.rules.len() > MAX_RULES {
            let what = format!("are {}, and at most {MAX_RULES} are kept", self.rules.len());
            return vec![Problem::new("rules", what)];
        }
        let mut found = Found::default();
        let mut first_with = HashMap::new();
        for (number, rule) in self.rules.iter().enumerate() {
            let at = format!("rules[{number}]");
            found.in_rule(&at, rule);
            let first = *first_with.entry(rule.id.as_str()).or_insert(number);
            if first != number {
                let what = format!("`{}` is the id of rules[{first}] already", rule.id);
                found.tell(format!("{at}.id"), what);
            }
        }
        found.problems
    }
}

#[derive(Default)]
struct Found {
    problems: Vec<Problem>,
    /// Conditions of the rule so far.
    conditions: usize,
}

impl Found {
    fn tell(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.problems.push(Problem::new(at, what));
    }

    fn in_rule(&mut self, at: &str, rule: &Rule) {
        self.name(format!("{at}.id"), &rule.id);
        if let Some(name) = &rule.name
            && !(1..=MAX_TITLE_CHARS).contains(&name.chars().count())
        {
            self.tell(format!("{at}.name"), format!("takes 1 to {MAX_TITLE_CHARS} characters"));
        }
        if rule.direction != Whose::Inbound && !matches!(rule.on, On::Message | On::Window) {
            let what = format!("makes no sense in a rule on `{}`", name_of(rule.on));
            self.tell(format!("{at}.direction"), what);
        }
        match (rule.per, rule.on) {
            (Per::Message, _) | (Per::Conversation, On::Message | On::Timer) => {}
            (_, On::Delivery | On::Window) => {
                let what = format!("makes no sense in a rule on `{}`", name_of(rule.on));
                self.tell(format!("{at}.per"), what);
            }
            // Of a timer the direction is told of above.
            (Per::Turn, On::Message) if rule.direction != Whose::Inbound => {
                let what = "is `turn`, which is of customers' messages: `direction` is `inbound` then";
                self.tell(format!("{at}.per"), what);
            }
            (Per::Turn, On::Message | On::Timer) => {}
        }
        self.span(format!("{at}.max_age"), rule.max_age, MAX_AGE);
        self.conditions = 0;
        let when = format!("{at}.when");
        match (rule.on, &rule.when) {
            (On::Window, Some(Condition::Share(share))) => self.share(&format!("{when}.share"), share),
            (On::Window, Some(Condition::Count(count))) => {
                let at = format!("{when}.count");
                if count.until_below == 0 || count.until_below >= count.at_least {
                    self.tell(format!("{at}.until_below"), "is at least 1 and less than `at_least`");
                }
                self.span(format!("{at}.within"), count.within, WITHIN);
                self.condition(format!("{at}.of"), &count.of, On::Window, 2);
            }
            (On::Window, _) => self.tell(when, "a rule on `window` takes a `share` or a `count` here"),
            (_, None) => {}
            (on, Some(condition)) => self.condition(when, condition, on, 1),
        }
        if self.conditions > MAX_CONDITIONS {
            let what = format!("has {} conditions, of at most {MAX_CONDITIONS}", self.conditions);
            self.tell(format!("{at}.when"), what);
        }
        self.actions(&format!("{at}.then"), &rule.then);
    }

    fn share(&mut self, at: &str, share: &Share) {
        if !(share.at_least > 0.0 && share.at_least <= 1.0) {
            self.tell(format!("{at}.at_least"), "is a share, above 0 and at most 1");
        }
        // Compared as they will be: two that are the same to a ten-thousandth are the same.
        if !(share.until_below > 0.0 && share.until_below_e4() < share.at_least_e4()) {
            self.tell(format!("{at}.until_below"), "is above 0 and less than `at_least`");
        }
        if share.among_at_least == 0 {
            self.tell(format!("{at}.among_at_least"), "is at least 1");
        }
        self.span(format!("{at}.within"), share.within, WITHIN);
        self.condition(format!("{at}.of"), &share.of, On::Window, 2);
    }

    fn condition(&mut self, at: String, condition: &Condition, on: On, depth: usize) {
        self.conditions += 1;
        if depth > MAX_DEPTH {
            return self.tell(at, format!("is deeper than {MAX_DEPTH} conditions within one another"));
        }
        let at = format!("{at}.{}", condition.name());
        match condition {
            _ if !condition.suits(on) => {
                self.tell(at, format!("makes no sense in a rule on `{}`", name_of(on)));
            }
            Condition::All(list) | Condition::Any(list) => {
                if list.is_empty() {
                    self.tell(at.clone(), "is empty");
                }
                for (number, inner) in list.iter().enumerate() {
                    self.condition(format!("{at}[{number}]"), inner, on, depth + 1);
                }
            }
            Condition::Not(inner) => self.condition(at, inner, on, depth + 1),
            Condition::Intent(label) => self.label(&at, label),
            Condition::Sentiment(label) => self.label(&at, label),
            Condition::Language(label) => self.label(&at, label),
            Condition::Urgency(graded) => self.graded(&at, graded),
            Condition::Pattern(list) => self.names(&at, list, Self::name),
            Condition::CustomIntent(list) => self.names(&at, list, Self::custom_intent),
            Condition::Team(list) | Condition::Agent(list) => self.names(&at, list, Self::owner),
            Condition::Entity(list) => self.list(&at, &list.r#in),
            Condition::MessageType(list) => self.list(&at, &list.r#in),
            Condition::Timer(list) => self.list(&at, &list.r#in),
            Condition::Failure(list) => self.list(&at, &list.r#in),
            Condition::FailureCode(list) => self.list(&at, &list.r#in),
            Condition::ConsecutiveNegative(range) | Condition::WaitingMessages(range) => self.range(&at, range),
            Condition::SentimentTrendMilli(range) => self.range(&at, range),
            Condition::FirstContact(_) | Condition::Assigned(_) => {}
            Condition::Share(_) | Condition::Count(_) => unreachable!("they suit nothing"),
        }
    }

    fn label<L: PartialEq + Display>(&mut self, at: &str, label: &Label<L>) {
        if label.r#in.is_none() && label.confidence_at_least.is_none() && label.confidence_below.is_none() {
            self.tell(
                at,
                "asks nothing: it takes `in`, `confidence_at_least` or `confidence_below`",
            );
        }
        if let Some(list) = &label.r#in {
            self.list(at, list);
        }
        self.confidence(at, label.confidence_at_least, label.confidence_below);
    }

    fn graded(&mut self, at: &str, graded: &Graded) {
        match (&graded.r#in, graded.at_least) {
            (Some(_), Some(_)) => self.tell(at, "has both `in` and `at_least`: it takes one of them"),
            (None, None) if graded.confidence_at_least.is_none() && graded.confidence_below.is_none() => {
                self.tell(
                    at,
                    "asks nothing: it takes `in`, `at_least`, `confidence_at_least` or `confidence_below`",
                );
            }
            _ => {}
        }
        if let Some(list) = &graded.r#in {
            self.list(at, list);
        }
        if graded.at_least == Some(crate::labels::Urgency::None) {
            self.tell(
                format!("{at}.at_least"),
                "`none` is for messages with nothing to analyse, and no degree",
            );
        }
        self.confidence(at, graded.confidence_at_least, graded.confidence_below);
    }

    fn confidence(&mut self, at: &str, at_least: Option<f64>, below: Option<f64>) {
        for (field, confidence) in [("confidence_at_least", at_least), ("confidence_below", below)] {
            if confidence.is_some_and(|confidence| !(0.0..=1.0).contains(&confidence)) {
                self.tell(format!("{at}.{field}"), "is a probability, 0 to 1");
            }
        }
        if let (Some(at_least), Some(below)) = (at_least, below)
            && percent(below) <= percent(at_least)
        {
            self.tell(
                format!("{at}.confidence_below"),
                "is not above `confidence_at_least`: nothing is both",
            );
        }
    }

    fn range<N: PartialOrd>(&mut self, at: &str, range: &Range<N>) {
        match (&range.at_least, &range.at_most) {
            (None, None) => self.tell(at, "asks nothing: it takes `at_least` or `at_most`"),
            (Some(least), Some(most)) if least > most => {
                self.tell(format!("{at}.at_most"), "is less than `at_least`: nothing is both");
            }
            _ => {}
        }
    }

    fn list<T: PartialEq + Display>(&mut self, at: &str, items: &[T]) {
        if items.is_empty() || items.len() > MAX_ITEMS {
            return self.tell(
                format!("{at}.in"),
                format!("has {} items, and takes 1 to {MAX_ITEMS}", items.len()),
            );
        }
        for (number, item) in items.iter().enumerate() {
            if items[..number].contains(item) {
                self.tell(format!("{at}.in[{number}]"), format!("`{item}` is in the list already"));
            }
        }
    }

    fn names(&mut self, at: &str, list: &OneOf<String>, check: fn(&mut Self, String, &str)) {
        self.list(at, &list.r#in);
        for (number, name) in list.r#in.iter().take(MAX_ITEMS).enumerate() {
            check(self, format!("{at}.in[{number}]"), name);
        }
    }

    fn name(&mut self, at: String, name: &str) {
        if !is_name(name, |byte| byte == b'-') {
            self.tell(at, format!("takes 1 to {MAX_NAME_CHARS} of a-z, 0-9, `_` and `-`"));
        }
    }

    fn custom_intent(&mut self, at: String, name: &str) {
        if !is_name(name, |_| false) {
            self.tell(at, format!("takes 1 to {MAX_NAME_CHARS} of a-z, 0-9 and `_`"));
        } else if name.parse::<Intent>().is_ok() {
            self.tell(
                at,
                format!("`{name}` is no intent of the business's own: it stands under `intent`"),
            );
        }
    }

    fn owner(&mut self, at: String, name: &str) {
        let sound = (1..=MAX_OWNER_BYTES).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
        if !sound {
            self.tell(
                at,
                format!("takes 1 to {MAX_OWNER_BYTES} letters, digits and signs of ASCII, no blanks"),
            );
        }
    }

    fn span(&mut self, at: String, span: Span, (least, most): (Span, Span)) {
        if !(least..=most).contains(&span) {
            self.tell(at, format!("is {span}, and takes {least} to {most}"));
        }
    }

    fn actions(&mut self, at: &str, actions: &[Action]) {
        if actions.is_empty() || actions.len() > MAX_ACTIONS {
            return self.tell(
                at,
                format!("has {} actions, and takes 1 to {MAX_ACTIONS}", actions.len()),
            );
        }
        for (number, action) in actions.iter().enumerate() {
            let at = format!("{at}[{number}].{}", action.name());
            if let Some(destination) = action.destination() {
                self.name(format!("{at}.destination"), destination);
            }
            let owners = match action {
                Action::Assign(Assign { team, agent, .. }) => {
                    if team.is_none() && agent.is_none() {
                        self.tell(&at, "is to nobody: it takes a `team`, an `agent` or both");
                    }
                    [("team", team), ("agent", agent)]
                }
                Action::Escalate(escalate) => [("team", &escalate.team), ("", &None)],
                Action::OrderLookup(Lookup { otherwise_team, .. })
                | Action::PaymentLookup(Lookup { otherwise_team, .. }) => {
                    [("otherwise_team", otherwise_team), ("", &None)]
                }
                Action::Reply(reply) => {
                    self.name(format!("{at}.text"), &reply.text);
                    continue;
                }
                _ => continue,
            };
            for (field, owner) in owners {
                if let Some(owner) = owner {
                    self.owner(format!("{at}.{field}"), owner);
                }
            }
        }
    }
}

fn name_of(on: On) -> &'static str {
    match on {
        On::Message => "message",
        On::Timer => "timer",
        On::Delivery => "delivery",
        On::Window => "window",
    }
}
