//! The names that templates may use, and who used which.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use parlance_schemas::settings::rules::EntityKind;

use crate::connector::{Field, FieldKind};
use crate::run::STATES;
use crate::samples::ACTIONS;
use crate::template::Place;

/// Names of the context that hold a value.
const VALUES: &[&str] = &[
    "action_id",
    "rule_id",
    "action",
    "integration",
    "conversation_id",
    "intent",
    "sentiment",
    "urgency",
    "language",
    "priority",
    "at",
    "now",
    "contact.id",
    "contact.name",
    "contact.phone",
    "message.id",
    "message.text",
    "slot",
    "slot.from",
    "slot.until",
];
const OUTCOME: &[&str] = &["id", "number", "url", "fields"];

pub(super) struct Names {
    fields: BTreeMap<String, (FieldKind, bool)>,
    used: RefCell<BTreeSet<String>>,
    /// The names used since [`Self::forget_mentions`].
    mentions: RefCell<BTreeSet<String>>,
    /// The steps before, with what they read.
    pub(super) steps: BTreeMap<String, BTreeSet<String>>,
    /// The steps from here on.
    pub(super) later: BTreeSet<String>,
    /// Whether nothing secret may be used: what is made is shown to people.
    pub(super) shown: bool,
}

impl Names {
    pub(super) fn of(fields: &[Field]) -> Self {
        let fields = fields
            .iter()
            .map(|field| (field.name.clone(), (field.kind, field.secret)))
            .collect();
        Self {
            fields,
            used: RefCell::default(),
            mentions: RefCell::default(),
            steps: BTreeMap::new(),
            later: BTreeSet::new(),
            shown: false,
        }
    }

    /// Fields that nothing used.
    pub(super) fn unused(&self) -> Vec<String> {
        let used = self.used.borrow();
        self.fields
            .keys()
            .filter(|name| !used.contains(*name))
            .cloned()
            .collect()
    }

    pub(super) fn forget_mentions(&self) {
        self.mentions.borrow_mut().clear();
    }

    pub(super) fn mentioned(&self, prefix: &str) -> bool {
        self.mentions.borrow().iter().any(|name| name.starts_with(prefix))
    }

    /// Whether a name, such as `steps.find.id`, may stand in a place.
    pub(super) fn check(&self, name: &str, place: Place) -> Result<(), String> {
        self.mentions.borrow_mut().insert(name.to_owned());
        let undefined = || Err(format!("undefined name `{name}`"));
        let parts: Vec<_> = name.split('.').collect();
        match parts.as_slice() {
            ["fields", field] => self.field(field, place),
            ["steps", step, rest @ ..] => self.step(name, step, rest),
            ["fields" | "steps" | "entity" | "contact" | "message"] => Err(format!(
                "`{name}` is used as a whole; name what of it, such as `{name}.id`"
            )),
            ["entity" | "entities", kind] if EntityKind::ALL.iter().any(|one| one.as_str() == *kind) => Ok(()),
            ["entities" | "earlier"] => Ok(()),
            ["earlier", action] if ACTIONS.contains(action) => Ok(()),
            ["earlier", action, what, ..] if ACTIONS.contains(action) && OUTCOME.contains(what) => Ok(()),
            _ if VALUES.contains(&name) => Ok(()),
            _ => undefined(),
        }
    }

    fn field(&self, field: &str, place: Place) -> Result<(), String> {
        let Some((kind, secret)) = self.fields.get(field) else {
            return Err(format!("undefined name `fields.{field}`: no such field is declared"));
        };
        self.used.borrow_mut().insert(field.to_owned());
        if *secret && place == Place::Url && *kind != FieldKind::Url {
            return Err(format!(
                "the secret `fields.{field}` stands in a URL, and URLs are written into logs"
            ));
        }
        if *secret && self.shown {
            return Err(format!("the secret `fields.{field}` stands where people will see it"));
        }
        Ok(())
    }

    fn step(&self, name: &str, step: &str, rest: &[&str]) -> Result<(), String> {
        match (self.steps.get(step), rest) {
            (None, _) if self.later.contains(step) => {
                Err(format!("`{name}`: step `{step}` comes no earlier than this"))
            }
            (None, _) => Err(format!("undefined name `{name}`: there is no step `{step}`")),
            (Some(reads), [what, ..]) if reads.contains(*what) || STATES.contains(what) => Ok(()),
            (Some(_), [what, ..]) => Err(format!("undefined name `{name}`: step `{step}` reads no `{what}`")),
            (Some(_), []) => Err(format!("`{name}` is used as a whole; name what of it")),
        }
    }
}
