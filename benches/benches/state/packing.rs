//! What it costs to pack a thread and to open it: once each for every tick that touches it.

use std::hint::black_box;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parlance_schemas::labels::{Author, Intent, Sentiment, Urgency};
use parlance_timeline::moment::Says;
use parlance_timeline::packed::Packed;
use parlance_timeline::thread::{Fate, Reported, Spoken, Thread};

/// Prints the medians of an ordinary thread's and a long one's.
pub(crate) fn measure(times: usize) {
    for messages in [7, 70] {
        let thread = thread(messages);
        let packed = Packed::of(&thread);
        assert!(packed.open() == thread, "it comes out as it went in");
        let packing = median(times, || drop(black_box(Packed::of(black_box(&thread)))));
        let opening = median(times, || drop(black_box(black_box(&packed).open())));
        println!(
            "a thread of {messages} messages: {} bytes packed; packed in {packing} ns, opened in {opening} ns",
            packed.len()
        );
    }
}

fn median(times: usize, mut act: impl FnMut()) -> u128 {
    const AT_ONCE: u32 = 64;
    let mut took: Vec<u128> = (0..times)
        .map(|_| {
            let began = Instant::now();
            (0..AT_ONCE).for_each(|_| act());
            began.elapsed().as_nanos() / u128::from(AT_ONCE)
        })
        .collect();
    took.sort_unstable();
    took[took.len() / 2]
}

fn thread(messages: u32) -> Thread {
    let mut thread = Thread::default();
    for place in 0..messages {
        let is_ours = place % 2 == 1;
        let mut bytes = b"\x1c\x18\x0d4915512345678\x15\x02\x00\x12\x18\x14".to_vec();
        let random = u128::from(place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        bytes.extend_from_slice(&format!("{random:032X}").as_bytes()[..20]);
        bytes.push(0);
        let (id, at) = (
            format!("wamid.{}", STANDARD.encode(bytes)),
            1_782_900_000_000 + i64::from(place) * 431_000,
        );
        let contact = "DE.12345678901234567".to_owned();
        thread.hear(&Spoken {
            id: id.clone(),
            at,
            contact: contact.clone(),
            author: if is_ours { Author::Person } else { Author::Customer },
            name: if is_ours {
                "Lena Hoffmann".to_owned()
            } else {
                String::new()
            },
            says: Says::Something,
            intent: if is_ours { Intent::None } else { Intent::OrderInquiry },
            sentiment: if is_ours { Sentiment::None } else { Sentiment::Neutral },
            urgency: if is_ours { Urgency::None } else { Urgency::Medium },
        });
        if is_ours {
            thread.report(&Reported {
                id,
                at: at + 1_000,
                contact,
                fate: Fate::Sent,
                error_code: 0,
                campaign: false,
            });
        }
    }
    thread
}
