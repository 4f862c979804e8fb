//! The stories have in them what the definitions speak of; else that they mean the same would say little.

use std::collections::{BTreeMap, BTreeSet};

use parlance_schemas::labels::{ConversationState, Intent, LinkSource, Measure, Sentiment, TurnState, Urgency};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::book::Book;
use super::facts::ticks;
use super::presets::DAWNS;
use super::replay::{Labelled, replay};
use super::steps::{Genre, stories};
use super::telling::tell;

/// Labels that follow from the message's id, as if an analyser had given them.
fn labelled(script: &super::script::Script) -> Labelled {
    let mut labelled = Labelled::new();
    for (time, tick) in ticks(script) {
        for spoken in tick.spoken {
            let pick = spoken.id.bytes().map(usize::from).sum::<usize>();
            let labels = (
                Intent::ALL[pick % Intent::ALL.len()],
                Sentiment::ALL[pick % Sentiment::ALL.len()],
                Urgency::ALL[pick % Urgency::ALL.len()],
            );
            labelled.insert((spoken.place.phone(), spoken.id), BTreeMap::from([(time, labels)]));
        }
    }
    labelled
}

fn notable(book: &Book, found: &mut BTreeSet<String>) {
    let mut note = |what: &str, is: bool| {
        if is {
            found.insert(what.to_owned());
        }
    };
    for row in book.conversations.values() {
        note("continued", row.continued == 1);
        note("reopened", row.reopened > 0);
        note("reopened twice", row.reopened > 1);
        note("windows lost", row.windows_lost > 0);
        note("agents", row.first_response_agent_ms.is_some());
        note("bots", row.first_response_bot_ms.is_some());
        note("resolved twice", row.resolution_first_ms < row.resolution_last_ms);
        note(
            "waited less",
            row.resolution_active_ms
                .is_some_and(|ms| ms > 0 && Some(ms) < row.resolution_last_ms),
        );
        note("groups", !row.group_id.is_empty());
        note("trend", row.sentiment_trend_milli != 0);
        note("moods", row.consecutive_negative > 1);
        for state in ConversationState::ALL {
            note(state.as_str(), row.state == *state);
        }
        note(
            "continued, and its turn waits",
            row.ended_at.is_some() && row.state == ConversationState::Waiting,
        );
    }
    for row in book.turns.values() {
        for state in TurnState::ALL {
            note(&format!("turn {state}"), row.state == *state);
        }
        let (any, business) = (row.response_any_ms, row.response_any_business_ms);
        note(
            "closed for a while",
            any.is_some() && business < any && business > Some(0),
        );
        note("closed all the time", any > Some(0) && business == Some(0));
        note("kept", row.kept_at.is_some_and(|at| Some(at) <= row.due_at));
        note("kept too late", row.due_at.is_some_and(|at| Some(at) < row.kept_at));
        note(
            "agents answer",
            !row.agent.is_empty() && row.response_human_ms.is_some(),
        );
    }
    for row in book.timers.values() {
        note(row.event.as_str(), true);
        note("timers of teams", !row.team.is_empty());
    }
    for row in book.identities.values() {
        note("parted", row.linked == 0);
        for source in LinkSource::ALL {
            note(source.as_str(), row.source == *source);
        }
    }
    for (_, _, _, measure, by, label) in book.windows.keys() {
        note(
            &format!("{measure} {by} {}", if *measure == Measure::Late { label } else { "" }),
            true,
        );
    }
}

#[test]
fn stories_are_of_everything_that_the_definitions_speak_of() {
    let mut runner = TestRunner::deterministic();
    let mut found = BTreeSet::new();
    for genre in [Genre::Long, Genre::Tangled, Genre::Wild] {
        for _ in 0..120 {
            let story = stories(genre, 40).new_tree(&mut runner).unwrap().current();
            let script = tell(&story);
            notable(
                &replay(&script, &labelled(&script), DAWNS[usize::from(story.dawn)]),
                &mut found,
            );
        }
    }
    let mut expected: BTreeSet<String> = [
        "continued",
        "reopened",
        "reopened twice",
        "windows lost",
        "agents",
        "bots",
        "resolved twice",
        "waited less",
        "groups",
        "trend",
        "moods",
        "waiting",
        "answered",
        "resolved",
        "ended",
        "continued, and its turn waits",
        "turn waiting",
        "turn answered",
        "turn resolved",
        "turn lost",
        "closed for a while",
        "closed all the time",
        "kept",
        "kept too late",
        "agents answer",
        "at_risk_50",
        "at_risk_80",
        "breached",
        "window_closing",
        "follow_up_due",
        "timers of teams",
        "parted",
        "together",
        "number_changed",
        "id_changed",
        "contact_request",
        "person",
        "late window 1m",
        "late window 1h",
        "late window 1d",
        "late window conversation",
        "timers event ",
        "turns_closed  ",
        "conversations_ended  ",
        "windows  ",
        "windows_lost  ",
    ]
    .map(str::to_owned)
    .into();
    let of_turns = [
        Measure::Turns,
        Measure::TurnsLost,
        Measure::ResponseAny,
        Measure::ResponseBot,
        Measure::ResponseHuman,
        Measure::ResponseAnyBusiness,
        Measure::ResponseBotBusiness,
        Measure::ResponseHumanBusiness,
        Measure::FirstResponseAny,
        Measure::FirstResponseBot,
        Measure::FirstResponseHuman,
        Measure::Promises,
        Measure::PromisesKept,
        Measure::PromisesBroken,
    ];
    let of_conversations = [
        Measure::Conversations,
        Measure::FirstResponseAgent,
        Measure::Reopened,
        Measure::ResolutionFirst,
        Measure::ResolutionLast,
        Measure::ResolutionActive,
    ];
    for measure in of_turns {
        expected.extend(["", "intent", "team", "agent"].map(|by| format!("{measure} {by} ")));
    }
    for measure in of_conversations {
        expected.extend(["", "team", "agent"].map(|by| format!("{measure} {by} ")));
    }
    let missing: Vec<_> = expected.difference(&found).collect();
    assert!(missing.is_empty(), "no story has {missing:?}");
    let surprising: Vec<_> = found.difference(&expected).collect();
    assert!(surprising.is_empty(), "nobody expected {surprising:?}");
}
