//! What is packed comes out as it went in.

use std::sync::Arc;

use parlance_schemas::labels::{Author, Intent, Sentiment, Urgency};
use parlance_timeline::moment::{Decided, Mark, Moment, Says};
use parlance_timeline::packed::Packed;
use parlance_timeline::thread::Thread;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[A-Z]{2}\\.[0-9]{5,20}",
        "[0-9]{3,40}",
        "wamid\\.[A-Za-z0-9+/]{0,90}={0,2}",
        "wamid\\.HBgNNDkxNTUxMjM0NTY3OBUCABIYFDNBN0JG[A-Z0-9]{12}MwAA",
        "[0-9A-F]{0,70}",
        ".{0,40}",
    ]
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        1_700_000_000_000..1_700_400_000_000_i64,
        (1_700_000_000..1_700_400_000_i64).prop_map(|seconds| seconds * 1_000),
        Just(i64::MAX),
    ]
}

prop_compose! {
    fn moment()(
        (at, sent_at) in (time(), time()),
        (id, name) in (text(), proptest::option::of(select(vec!["Lena", "Tom Becker", ""]))),
        under in 0..1_100_u16,
        (author, says) in (select(Author::ALL), select(vec![Says::Something, Says::Reaction, Says::Nothing])),
        (written, sent, failed) in any::<(bool, bool, bool)>(),
        (intent, sentiment, urgency) in (select(Intent::ALL), select(Sentiment::ALL), select(Urgency::ALL)),
    ) -> Moment {
        let (id, name) = (id.into(), name.map(Arc::from));
        Moment { at, id, sent_at, name, under, author, says, written, sent, failed, intent, sentiment, urgency }
    }
}

prop_compose! {
    fn mark()(at in time(), id in any::<u64>(), assigned in any::<bool>(), team in text(), agent in text()) -> Mark {
        let (team, agent) = (team.into(), agent.into());
        Mark { at, id, what: if assigned { Decided::Assign { team, agent } } else { Decided::Resolve } }
    }
}

prop_compose! {
    fn thread()(
        moments in vec(moment(), 0..12),
        marks in vec(mark(), 0..3),
        contacts in vec(text(), 0..4),
        floor in prop_oneof![Just(0), time()],
    ) -> Thread {
        let contacts = contacts.into_iter().map(Arc::from).collect();
        Thread { moments, marks, contacts, floor }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_thread_is_opened_as_it_was_packed(thread in thread()) {
        let packed = Packed::of(&thread);
        prop_assert_eq!(&packed.open(), &thread);
        prop_assert_eq!(packed.is_empty(), thread == Thread::default());
    }
}

#[test]
fn an_ordinary_thread_takes_less_than_two_hundred_bytes() {
    let moment = |place: i64| Moment {
        at: 1_782_900_000_000 + place * 340_000,
        id: format!(
            "wamid.HBgNNDkxNTUxMjM0NTY3OBUCABIYFDNBN0JGNUY1NThFMkIzNDBEQj{}MAA=",
            ["M0", "Y1", "Y2", "M3"][place as usize % 4]
        )
        .into(),
        sent_at: if place % 2 == 0 {
            i64::MAX
        } else {
            1_782_900_001_000 + place * 340_000
        },
        name: (place % 2 == 1).then(|| "Lena Hoffmann".into()),
        under: 0,
        author: if place % 2 == 0 {
            Author::Customer
        } else {
            Author::Person
        },
        says: Says::Something,
        written: true,
        sent: place % 2 == 1,
        failed: false,
        intent: if place % 2 == 0 { Intent::ALL[0] } else { Intent::None },
        sentiment: Sentiment::None,
        urgency: Urgency::None,
    };
    let thread = Thread {
        moments: (0..7).map(moment).collect(),
        contacts: vec!["DE.12345678901234567".into()],
        ..Thread::default()
    };
    let packed = Packed::of(&thread);
    assert_eq!(packed.open(), thread);
    assert!(packed.len() < 200, "{} bytes", packed.len());
}
