//! `parlance rules`: rules to start from, and what editors need to know of them.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use parlance_schemas::settings::rules::{SCHEMA, TEMPLATE};

use crate::settings_topic::print;

const AFTER_HELP: &str = r#"Rules are a setting of each integration: when something is the case, what is done about it.

Start from the template, which has a rule for each of the six intents that call for an action:
  parlance rules template | parlance settings put rules/106540352242922

Or write your own:
  parlance rules template > rules.json              take away, add, change
  parlance rules schema > rules.schema.json         for an editor that completes and underlines
  parlance settings check rules/106540352242922 rules.json
  parlance settings put rules/106540352242922 rules.json

A rule reacts `on` a message, a timer, a delivery that failed or a window of messages; all of its `when` holds; `then` lists
what is done. In the mode `dry_run` it says what it would have done, of the past too; `live` it acts; `off` nobody asks it.
  {"id":"angry_vip","mode":"dry_run","on":"message",
   "when":{"all":[{"sentiment":{"in":["angry","frustrated"],"confidence_at_least":0.6}},{"pattern":{"in":["vip"]}}]},
   "hours":"open","then":[{"escalate":{"team":"managers"}}]}
  {"id":"unhappy_hour","mode":"dry_run","on":"window",
   "when":{"share":{"of":{"sentiment":{"in":["angry"]}},"at_least":0.2,"among_at_least":20,"within":"5m","until_below":0.15}},
   "then":[{"alert":{"destination":"ops"}}]}"#;

/// What to print.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    print: Print,
}

#[derive(Subcommand)]
enum Print {
    /// Rules to start from, as a setting's value: all of them live.
    Template,
    /// JSON Schema (draft 2020-12) of a value of `rules`.
    Schema,
}

/// Prints it. Needs neither settings nor servers.
pub(crate) fn rules(args: &RulesArgs) -> anyhow::Result<ExitCode> {
    let text = match args.print {
        Print::Template => TEMPLATE,
        Print::Schema => SCHEMA,
    };
    print(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use parlance_schemas::settings::{Kind, check};

    use super::*;

    #[test]
    fn the_examples_of_the_help_are_sound_rules() {
        let blocks = AFTER_HELP.split("\n  {").skip(1);
        let rules: Vec<String> = blocks.map(|block| format!("{{{block}")).collect();
        assert_eq!(rules.len(), 2);
        let setting = format!(r#"{{"rules":[{}]}}"#, rules.join(","));
        check(Kind::Rules, setting.as_bytes()).unwrap();
    }
}
