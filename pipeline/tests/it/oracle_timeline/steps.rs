//! Random stories: what happens, one step after another. A story is a list of small steps, so that it shrinks to the few that
//! matter.

use proptest::prelude::*;
use proptest::sample::Index;

/// What kind of story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Genre {
    /// Half a day in which customers change numbers, pass them on, and are joined and parted.
    Tangled,
    /// Many days; everybody is called the same throughout.
    Long,
    /// Both: nothing but the pipeline knows what is remembered when.
    Wild,
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Milliseconds after the step before.
    pub(crate) pause: i64,
    /// Milliseconds from when it happened to when it was logged; less than none: a clock ran ahead.
    pub(crate) delay: i64,
    pub(crate) partition: u8,
    /// Another copy, so much later, in this partition.
    pub(crate) copy: Option<(i64, u8)>,
    /// The broker's clock steps back by so much for this record.
    pub(crate) back: u16,
    pub(crate) act: Act,
}

/// Who is written to or writes, and how they are named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    /// One of the business's numbers.
    pub(crate) number: u8,
    pub(crate) customer: u8,
    /// 0: by both identifiers; 1: BSUID; 2: number.
    pub(crate) by: u8,
    /// In which group; most are in none.
    pub(crate) group: Option<u8>,
}

/// What happens.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Say {
        side: Side,
        kind: u8,
        beside: bool,
    },
    Answer {
        side: Side,
        kind: u8,
        by: u8,
    },
    /// A message of which only statuses tell, with the pauses between them, and in any order.
    Reported {
        side: Side,
        statuses: Vec<(u8, i64, i64)>,
        category: u8,
    },
    /// A status of a message that the business wrote.
    Status {
        of: Index,
        status: u8,
        category: u8,
    },
    Resolve {
        side: Side,
        ago: i64,
    },
    Assign {
        side: Side,
        to: u8,
        ago: i64,
    },
    Verdict {
        of: Index,
        person: bool,
        intent: Option<u8>,
        sentiment: Option<u8>,
        urgency: Option<u8>,
    },
    Set {
        number: u8,
        kind: u8,
        preset: u8,
    },
    /// The customer has another number, another BSUID or both, and Meta says so.
    Change {
        side: Side,
        number: bool,
        bsuid: bool,
    },
    /// The same by the other webhook.
    Replace {
        side: Side,
        with_number: bool,
    },
    /// Somebody has the number that was another's.
    Pass {
        from: u8,
        to: u8,
        account: u8,
    },
    /// The customer gives a number as theirs: their own, or another's.
    Card {
        side: Side,
        of: u8,
    },
    Link {
        side: Side,
        to: u8,
        by: u8,
        apart: bool,
    },
}

/// What a story is told under from the beginning, and its steps.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) genre: Genre,
    pub(crate) dawn: u8,
    pub(crate) partitions: u8,
    /// Whether all is between one customer and one number, and goes on for days without a silence.
    pub(crate) focus: bool,
    /// How long windows take what is late: 0 is 20 minutes, 1 three hours, 2 three days.
    pub(crate) lateness: u8,
    /// For each number what is set from the beginning: integration, hours, promises.
    pub(crate) set: Vec<(u8, Option<u8>, Option<u8>)>,
    pub(crate) steps: Vec<Step>,
    /// Milliseconds after the last step.
    pub(crate) tail: i64,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

fn pause(genre: Genre) -> BoxedStrategy<i64> {
    let short = prop_oneof![
        3 => Just(0),
        4 => 0..3 * SECOND,
        6 => 5 * SECOND..10 * MINUTE,
    ];
    match genre {
        Genre::Tangled => prop_oneof![13 => short, 2 => 10 * MINUTE..90 * MINUTE].boxed(),
        Genre::Long | Genre::Wild => prop_oneof![
            13 => short,
            6 => 10 * MINUTE..3 * HOUR,
            5 => 3 * HOUR..23 * HOUR,
            2 => 23 * HOUR..27 * HOUR,
            1 => prop::sample::select(vec![HOUR, 2 * HOUR, 6 * HOUR, 24 * HOUR]),
            1 => 30 * HOUR..130 * HOUR,
        ]
        .boxed(),
    }
}

fn delay() -> impl Strategy<Value = i64> {
    prop_oneof![
        20 => 0..2_500i64,
        3 => 2_500..5 * MINUTE,
        2 => 5 * MINUTE..12 * HOUR,
        1 => 26 * HOUR..60 * HOUR,
        1 => -55 * SECOND..0,
        1 => -600 * SECOND..-55 * SECOND,
    ]
}

fn side() -> impl Strategy<Value = Side> {
    let number = prop_oneof![5 => Just(0u8), 2 => Just(1u8), 2 => Just(2u8)];
    let customer = prop_oneof![5 => Just(0u8), 3 => Just(1u8), 1 => Just(2u8)];
    let by = prop_oneof![2 => Just(0u8), 3 => Just(1u8), 3 => Just(2u8)];
    let group = prop_oneof![9 => Just(None), 1 => (0..2u8).prop_map(Some)];
    (number, customer, by, group).prop_map(|(number, customer, by, group)| Side {
        number,
        customer,
        by,
        group,
    })
}

fn act(genre: Genre) -> BoxedStrategy<Act> {
    let kind = || prop_oneof![10 => 0..8u8, 4 => 8..15u8];
    let ago = || prop_oneof![3 => 0..3 * SECOND, 2 => 0..2 * HOUR, 1 => -50 * SECOND..0];
    let statuses = prop::collection::vec((0..5u8, 0..20 * MINUTE, 0..3 * SECOND), 1..4);
    let label = || prop::option::of(0..10u8);
    let told = prop_oneof![
        12 => (side(), kind(), any::<bool>()).prop_map(|(side, kind, beside)| Act::Say { side, kind, beside }),
        9 => (side(), kind(), 0..8u8).prop_map(|(side, kind, by)| Act::Answer { side, kind, by }),
        3 => (side(), statuses, 0..4u8).prop_map(|(side, statuses, category)| Act::Reported { side, statuses, category }),
        4 => (any::<Index>(), 0..5u8, 0..4u8).prop_map(|(of, status, category)| Act::Status { of, status, category }),
        3 => (side(), ago()).prop_map(|(side, ago)| Act::Resolve { side, ago }),
        3 => (side(), 0..5u8, ago()).prop_map(|(side, to, ago)| Act::Assign { side, to, ago }),
        3 => (any::<Index>(), any::<bool>(), label(), label(), label()).prop_map(
            |(of, person, intent, sentiment, urgency)| Act::Verdict { of, person, intent, sentiment, urgency }),
        1 => (0..3u8, 0..3u8, 0..6u8).prop_map(|(number, kind, preset)| Act::Set { number, kind, preset }),
    ];
    if genre == Genre::Long {
        return told.boxed();
    }
    let tangled = prop_oneof![
        2 => (side(), any::<bool>(), any::<bool>()).prop_map(|(side, number, bsuid)| Act::Change { side, number, bsuid }),
        1 => (side(), any::<bool>()).prop_map(|(side, with_number)| Act::Replace { side, with_number }),
        2 => (0..3u8, 0..3u8, 0..2u8).prop_map(|(from, to, account)| Act::Pass { from, to, account }),
        1 => (side(), 0..3u8).prop_map(|(side, of)| Act::Card { side, of }),
        3 => (side(), 0..3u8, 1..3u8, any::<bool>()).prop_map(|(side, to, by, apart)| Act::Link { side, to, by, apart }),
    ];
    prop_oneof![3 => told, 1 => tangled].boxed()
}

fn step(genre: Genre) -> impl Strategy<Value = Step> {
    let copy = prop_oneof![6 => Just(None), 1 => (0..6 * HOUR, 0..3u8).prop_map(Some)];
    let back = prop_oneof![4 => Just(0u16), 1 => 0..900u16];
    (pause(genre), delay(), 0..3u8, copy, back, act(genre)).prop_map(|(pause, delay, partition, copy, back, act)| {
        Step {
            pause,
            delay,
            partition,
            copy,
            back,
            act,
        }
    })
}

/// Stories of a genre with at most so many steps.
pub(crate) fn stories(genre: Genre, most: usize) -> impl Strategy<Value = Story> {
    let set = prop::collection::vec((0..6u8, prop::option::of(0..4u8), prop::option::of(0..4u8)), 3);
    let tail = match genre {
        Genre::Tangled => (0..HOUR).boxed(),
        Genre::Long | Genre::Wild => prop_oneof![2 => 0..2 * HOUR, 1 => 0..80 * HOUR].boxed(),
    };
    let lateness = prop_oneof![3 => Just(0u8), 1 => Just(1u8), 1 => Just(2u8)];
    let steps = prop::collection::vec(step(genre), 1..most);
    let told = (0..5u8, 1..4u8, any::<bool>(), lateness, set, steps, tail);
    told.prop_map(move |(dawn, partitions, focus, lateness, set, steps, tail)| Story {
        genre,
        dawn,
        partitions,
        focus,
        lateness,
        set,
        steps,
        tail,
    })
}
