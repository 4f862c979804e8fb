//! Conversations, turns, timers and measures must equal what somebody finds who plays the log tick by tick and reads every
//! thread anew each time, by the definitions alone.
//!
//! # Layout
//!
//! * `steps`, `telling`, `tangle`, `script`: a random story, told as the records of a log; `presets`: the settings it is told under
//! * `facts`, `who`, `thread`, `meaning`, `turns`, `waits`, `told`, `measured`: the definitions, as simple as can be; `clock`: the
//!   business's hours; `replay`, `book`: the log played by them
//! * `run`, `compare`: the pipeline over the same log, and what differs
//! * `coverage`: what stories are about; `again`: the same story told otherwise; `timers`: what comes due

mod again;
mod book;
mod clock;
mod compare;
mod coverage;
mod facts;
mod meaning;
mod measured;
mod presets;
mod recounted;
mod replay;
pub(crate) mod run;
pub(crate) mod script;
mod steps;
mod tangle;
mod telling;
mod thread;
mod timers;
mod told;
mod turns;
mod waits;
mod who;

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestCaseError, TestCaseResult};

use steps::{Genre, Story, stories};

/// So many cases, or as many as `PROPTEST_CASES` says.
fn cases(cases: u32) -> Cases {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    Cases {
        cases: asked.unwrap_or(cases),
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Cases::default()
    }
}

/// What the pipeline says of a story is what the definitions say of it.
fn check(story: &Story, workers: usize) -> TestCaseResult {
    let script = telling::tell(story);
    let (tables, labelled) = run::run(&script, &script.log(), workers);
    let book = replay::replay(&script, &labelled, presets::DAWNS[usize::from(story.dawn)]);
    let differences = compare::differences(&tables, &book);
    if differences.is_empty() {
        return Ok(());
    }
    let records: Vec<String> = script.records.iter().map(|record| format!("{record:?}")).collect();
    let settings: Vec<String> = script.settings.iter().map(|setting| format!("{setting:?}")).collect();
    Err(TestCaseError::fail(format!(
        "{workers} workers, lateness {} ms, end {}\n{}\n{}\n{differences}",
        script.lateness,
        script.end,
        settings.join("\n"),
        records.join("\n")
    )))
}

proptest! {
    #![proptest_config(cases(340))]

    #[test]
    fn long_stories_mean_what_the_definitions_say(story in stories(Genre::Long, 40), workers in 1..5usize) {
        check(&story, workers)?;
    }

    #[test]
    fn stories_of_changing_customers_mean_what_the_definitions_say(
        story in stories(Genre::Tangled, 40), workers in 1..5usize
    ) {
        check(&story, workers)?;
    }

    #[test]
    fn long_stories_of_changing_customers_mean_what_the_definitions_say(
        story in stories(Genre::Wild, 40), workers in 1..5usize
    ) {
        check(&story, workers)?;
    }
}
