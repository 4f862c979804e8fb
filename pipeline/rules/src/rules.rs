//! The rules of one integration, ready to be asked.

use parlance_schemas::settings::Problem;
use parlance_schemas::settings::rules::{Action, Condition, Hours, Mode, On, Per, Rule, RulesSetting, Whose};

use crate::program::Program;
use crate::subject::{Flags, Subject};
use crate::window::Limits;

/// The rules of one integration, in the order in which they are asked: the highest priority first, of equals the first. By
/// default none.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Compiled>,
}

impl Rules {
    /// Compiles the rules of a setting, those that are off too.
    ///
    /// # Errors
    /// Everything that is wrong with it; then none of its rules is used.
    pub fn compile(setting: &RulesSetting) -> Result<Self, Vec<Problem>> {
        let problems = setting.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut rules: Vec<_> = setting.rules.iter().map(Compiled::new).collect();
        // Stable, so that those of one priority stay in the list's order.
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
        Ok(Self { rules })
    }

    /// All of them, in the order in which they are asked, those that are off too.
    pub fn all(&self) -> &[Compiled] {
        &self.rules
    }

    /// The rule of an id.
    pub fn get(&self, id: &str) -> Option<&Compiled> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The rules that react to a subject, in order. Those that are off are not asked, nor those after a live one that reacts and
    /// stops; a dry run stops nothing, since without it others would have been asked.
    ///
    /// Whether the subject is too old to set anything off is another question: [`Compiled::in_time`].
    pub fn matching<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = &'a Compiled> {
        let mut stopped = false;
        self.rules.iter().filter(move |rule| {
            if stopped || rule.mode == Mode::Off || !rule.matches(subject) {
                return false;
            }
            stopped = rule.stop && rule.mode == Mode::Live;
            true
        })
    }

    /// The rules on windows that are not off.
    pub fn on_windows(&self) -> impl Iterator<Item = &Compiled> {
        let asked = |rule: &&Compiled| rule.on == On::Window && rule.mode != Mode::Off;
        self.rules.iter().filter(asked)
    }
}

/// One rule, ready to be asked.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// See [`Rule::id`].
    pub id: String,
    /// See [`Rule::version`].
    pub version: String,
    /// See [`Rule::mode`].
    pub mode: Mode,
    /// See [`Rule::priority`].
    pub priority: i32,
    /// See [`Rule::stop`].
    pub stop: bool,
    /// See [`Rule::on`].
    pub on: On,
    /// See [`Rule::per`].
    pub per: Per,
    /// See [`Rule::max_age`], in milliseconds.
    pub max_age_ms: i64,
    /// See [`Rule::then`].
    pub actions: Vec<Action>,
    /// Flags asked first: the direction, and whether the business was open.
    mask: u8,
    want: u8,
    program: Program,
    /// Of a rule on windows.
    pub(crate) limits: Option<Limits>,
}

impl Compiled {
    /// Of a sound rule.
    fn new(rule: &Rule) -> Self {
        let (mut mask, mut want) = match rule.hours {
            Hours::Any => (0, 0),
            Hours::Open => (Flags::OPEN, Flags::OPEN),
            Hours::Closed => (Flags::OPEN, 0),
        };
        // Timers and deliveries have no direction of their own.
        if matches!(rule.on, On::Message | On::Window) && rule.direction != Whose::Any {
            mask |= Flags::OUTBOUND;
            want |= if rule.direction == Whose::Outbound {
                Flags::OUTBOUND
            } else {
                0
            };
        }
        let (program, limits) = match &rule.when {
            Some(Condition::Share(share)) => (
                Program::new(Some(&share.of), "when.share.of"),
                Some(Limits::of_share(share)),
            ),
            Some(Condition::Count(count)) => (
                Program::new(Some(&count.of), "when.count.of"),
                Some(Limits::of_count(count)),
            ),
            when => (Program::new(when.as_ref(), "when"), None),
        };
        Self {
            id: rule.id.clone(),
            version: rule.version(),
            mode: rule.mode,
            priority: rule.priority,
            stop: rule.stop,
            on: rule.on,
            per: rule.per,
            max_age_ms: rule.max_age.millis(),
            actions: rule.then.clone(),
            mask,
            want,
            program,
            limits,
        }
    }

    /// Whether it reacts to a subject, whatever its mode. A rule on windows reacts to none: see [`Self::counts`].
    pub fn matches(&self, subject: &Subject) -> bool {
        self.limits.is_none() && self.is_about(subject) && self.program.holds(subject)
    }

    /// Of a rule on windows: whether a message is of the kind that it counts; nothing when it is not among those that it looks
    /// at, by direction and hours, or when this is no rule on windows.
    pub fn counts(&self, subject: &Subject) -> Option<bool> {
        (self.limits.is_some() && self.is_about(subject)).then(|| self.program.holds(subject))
    }

    /// Where the conditions stand that made it react to a subject, or count it: `when.all[1].intent`. Within a `not` those that did
    /// not hold. Nothing when it does not, or has no conditions.
    pub fn why(&self, subject: &Subject) -> Vec<&str> {
        if self.is_about(subject) {
            self.program.why(subject)
        } else {
            Vec::new()
        }
    }

    /// What it reacts to once, when that is not the subject by itself: the subject's turn or its conversation.
    pub const fn group(&self, subject: &Subject) -> Option<u64> {
        match self.per {
            Per::Message => None,
            Per::Turn => Some(subject.turn),
            Per::Conversation => Some(subject.thread),
        }
    }

    /// Whether something that was at one time may still set it off at another, both Unix milliseconds.
    pub const fn in_time(&self, at: i64, now: i64) -> bool {
        now.saturating_sub(at) <= self.max_age_ms
    }

    fn is_about(&self, subject: &Subject) -> bool {
        subject.event.is(self.on) && subject.flags.are(self.mask, self.want)
    }
}
