//! A thread while nothing happens in it: the same in some 170 bytes, where it would take 2 KB.
//!
//! Of a thread of seven messages each takes about 18 bytes: two of what is yes or no and of a few kinds, three of its time
//! after the one before it, one of when Meta sent it or of what it asks, and twelve of its id, of which ten are random.
//!
//! Keeps true: what is unpacked is what was packed, whatever it was. Costs about a microsecond each way.

mod bytes;
mod text;

use std::sync::Arc;

use parlance_schemas::labels::{Author, Intent, Sentiment, Urgency};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use self::bytes::{Reader, put_number, put_signed};
use self::text::Ids;
use crate::moment::{Decided, Mark, Moment, Says};
use crate::thread::Thread;

/// A thread, packed. By default one in which nothing was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed(Box<[u8]>);

const SAYS: [Says; 3] = [Says::Something, Says::Reaction, Says::Nothing];
const _: () = assert!(Author::ALL.len() <= 8, "three bits are kept");
const _: () = assert!(Intent::ALL.len() <= 16, "four bits are kept");
const _: () = assert!(Sentiment::ALL.len() <= 8, "three bits are kept");
const _: () = assert!(Urgency::ALL.len() <= 8, "three bits are kept");

/// What is there of a thread.
const HAS_FLOOR: u8 = 1;
const HAS_MARKS: u8 = 1 << 1;
const HAS_NAMES: u8 = 1 << 2;

/// What is so of a moment: its first byte, after the author and what it says.
const WRITTEN: u8 = 1 << 5;
const SENT: u8 = 1 << 6;
const FAILED: u8 = 1 << 7;
/// And its second, before two bits of how soon somebody must act.
const HAS_LABELS: u8 = 1;
const HAS_SENT_AT: u8 = 1 << 1;
const HAS_NAME: u8 = 1 << 2;
const UNDER_ANOTHER: u8 = 1 << 3;
const AT_WHOLE_SECONDS: u8 = 1 << 4;
const SENT_AT_WHOLE_SECONDS: u8 = 1 << 5;

/// Milliseconds of a second.
const SECOND: i64 = 1_000;
/// Of a moment that Meta has not sent.
const NEVER: i64 = i64::MAX;

impl Packed {
    /// Packs a thread.
    pub fn of(thread: &Thread) -> Self {
        if thread.is_empty() && thread.contacts.is_empty() && thread.floor == 0 {
            return Self::default();
        }
        let mut to = Vec::with_capacity(64 + 24 * thread.moments.len());
        let names = names(thread);
        let mut head = 0;
        head |= if thread.floor == 0 { 0 } else { HAS_FLOOR };
        head |= if thread.marks.is_empty() { 0 } else { HAS_MARKS };
        head |= if names.is_empty() { 0 } else { HAS_NAMES };
        to.push(head);
        if thread.floor != 0 {
            put_signed(thread.floor, &mut to);
        }
        put_texts(thread.contacts.iter().map(|contact| &**contact), &mut to);
        if !names.is_empty() {
            put_texts(names.iter().copied(), &mut to);
        }
        put_number(thread.moments.len() as u64, &mut to);
        let (mut at, mut under, mut ids) = (0, 0, Ids::default());
        for moment in &thread.moments {
            put_moment(moment, (at, under), (&names, &mut ids), &mut to);
            (at, under) = (moment.at, moment.under);
        }
        if !thread.marks.is_empty() {
            put_number(thread.marks.len() as u64, &mut to);
            thread.marks.iter().for_each(|mark| put_mark(mark, &mut to));
        }
        Self(to.into_boxed_slice())
    }

    /// The thread that was packed.
    pub fn open(&self) -> Thread {
        let mut thread = Thread::default();
        if self.0.is_empty() {
            return thread;
        }
        let from = &mut Reader::new(&self.0);
        let head = from.byte();
        if head & HAS_FLOOR != 0 {
            thread.floor = from.signed();
        }
        thread.contacts = take_texts(from);
        let names = if head & HAS_NAMES == 0 {
            Vec::new()
        } else {
            take_texts(from)
        };
        let count = from.count();
        // Room for one more, as there will mostly be.
        thread.moments = Vec::with_capacity(count + 1);
        let (mut at, mut under, mut ids) = (0, 0, Ids::default());
        for _ in 0..count {
            let moment = take_moment(from, (at, under), (&names, &mut ids));
            (at, under) = (moment.at, moment.under);
            thread.moments.push(moment);
        }
        if head & HAS_MARKS != 0 {
            let count = from.count();
            thread.marks = (0..count).map(|_| take_mark(from)).collect();
        }
        thread
    }

    /// Bytes of it.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True of one in which nothing was said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whoever wrote something, each once, in the order of their first messages.
fn names(thread: &Thread) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in thread.moments.iter().filter_map(|moment| moment.name.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn put_texts<'a>(texts: impl ExactSizeIterator<Item = &'a str>, to: &mut Vec<u8>) {
    put_number(texts.len() as u64, to);
    texts.for_each(|text| text::put(text.as_bytes(), to));
}

fn take_text(from: &mut Reader<'_>, to: &mut Vec<u8>) {
    to.clear();
    text::take(from, to);
}

fn take_texts(from: &mut Reader<'_>) -> Vec<Arc<str>> {
    let count = from.count();
    let mut text = Vec::new();
    let mut take = || {
        take_text(from, &mut text);
        std::str::from_utf8(&text)
            .expect("was a text when it was packed")
            .into()
    };
    (0..count).map(|_| take()).collect()
}

/// `before`, `under`: when the one before it was said, and under which identifier.
fn put_moment(moment: &Moment, (before, under): (i64, u16), (names, ids): (&[&str], &mut Ids), to: &mut Vec<u8>) {
    let after = moment.at.wrapping_sub(before);
    let sent_after = moment.sent_at.wrapping_sub(moment.at);
    let labels = (moment.intent, moment.sentiment, moment.urgency);
    let flags = [(WRITTEN, moment.written), (SENT, moment.sent), (FAILED, moment.failed)];
    let has = [
        (HAS_LABELS, labels != (Intent::None, Sentiment::None, Urgency::None)),
        (HAS_SENT_AT, moment.sent_at != NEVER),
        (HAS_NAME, moment.name.is_some()),
        (UNDER_ANOTHER, moment.under != under),
        (AT_WHOLE_SECONDS, after % SECOND == 0),
        (SENT_AT_WHOLE_SECONDS, sent_after % SECOND == 0),
    ];
    let bits = |flags: &[(u8, bool)]| flags.iter().fold(0, |all, (bit, is)| if *is { all | bit } else { all });
    let (labels, urgency) = (
        labels.0 as u8 | (labels.1 as u8) << 4 | (labels.2 as u8) << 7,
        labels.2 as u8 >> 1,
    );
    let has = bits(&has) | urgency << 6;
    to.push(bits(&flags) | moment.author as u8 | (moment.says as u8) << 3);
    to.push(has);
    // Mostly not below nought: it is the longer for it when it is.
    put_number(span(after, has & AT_WHOLE_SECONDS != 0) as u64, to);
    if has & HAS_SENT_AT != 0 {
        put_signed(span(sent_after, has & SENT_AT_WHOLE_SECONDS != 0), to);
    }
    if has & HAS_LABELS != 0 {
        to.push(labels);
    }
    if has & UNDER_ANOTHER != 0 {
        put_number(moment.under.into(), to);
    }
    if let Some(name) = &moment.name {
        let place = names.iter().position(|known| *known == &**name);
        put_number(place.expect("is one of them") as u64, to);
    }
    ids.put(&moment.id, to);
}

fn take_moment(from: &mut Reader<'_>, (before, under): (i64, u16), (names, ids): (&[Arc<str>], &mut Ids)) -> Moment {
    let (flags, has) = (from.byte(), from.byte());
    let at = before.wrapping_add(unspan(from.number() as i64, has & AT_WHOLE_SECONDS != 0));
    let sent_at = if has & HAS_SENT_AT == 0 {
        NEVER
    } else {
        at.wrapping_add(unspan(from.signed(), has & SENT_AT_WHOLE_SECONDS != 0))
    };
    let (intent, sentiment, urgency) = if has & HAS_LABELS == 0 {
        (Intent::None, Sentiment::None, Urgency::None)
    } else {
        let labels = from.byte();
        let urgency = labels >> 7 | (has >> 6) << 1;
        (
            Intent::ALL[usize::from(labels & 15)],
            Sentiment::ALL[usize::from(labels >> 4 & 7)],
            Urgency::ALL[usize::from(urgency)],
        )
    };
    let under = if has & UNDER_ANOTHER == 0 {
        under
    } else {
        u16::try_from(from.number()).expect("was a place when it was packed")
    };
    let name = (has & HAS_NAME != 0).then(|| names[from.count()].clone());
    Moment {
        at,
        id: ids.take(from).into(),
        sent_at,
        name,
        under,
        author: Author::ALL[usize::from(flags & 7)],
        says: SAYS[usize::from(flags >> 3 & 3)],
        written: flags & WRITTEN != 0,
        sent: flags & SENT != 0,
        failed: flags & FAILED != 0,
        intent,
        sentiment,
        urgency,
    }
}

/// A span of time as it is written: in seconds, when it is whole ones.
fn span(milliseconds: i64, is_whole_seconds: bool) -> i64 {
    if is_whole_seconds {
        milliseconds / SECOND
    } else {
        milliseconds
    }
}

/// A span of time that was written.
fn unspan(span: i64, is_whole_seconds: bool) -> i64 {
    if is_whole_seconds { span * SECOND } else { span }
}

fn put_mark(mark: &Mark, to: &mut Vec<u8>) {
    put_signed(mark.at, to);
    to.extend_from_slice(&mark.id.to_le_bytes());
    match &mark.what {
        Decided::Resolve => to.push(0),
        Decided::Assign { team, agent } => {
            to.push(1);
            text::put(team.as_bytes(), to);
            text::put(agent.as_bytes(), to);
        }
    }
}

fn take_mark(from: &mut Reader<'_>) -> Mark {
    let at = from.signed();
    let id = from.bytes(8).try_into().expect("eight are eight");
    let mut text = Vec::new();
    let mut name = |from: &mut Reader<'_>| -> Box<str> {
        take_text(from, &mut text);
        std::str::from_utf8(&text)
            .expect("was a text when it was packed")
            .into()
    };
    let what = if from.byte() == 0 {
        Decided::Resolve
    } else {
        Decided::Assign {
            team: name(from),
            agent: name(from),
        }
    };
    Mark {
        at,
        id: u64::from_le_bytes(id),
        what,
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Packed;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("the bytes of a thread")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Packed, E> {
                Ok(Packed(bytes.into()))
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}
