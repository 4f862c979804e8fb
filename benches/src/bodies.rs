//! Webhook bodies of a given size, always the same ones.

use parlance_schemas::record::{Part, Update};
use parlance_schemas::webhook::split;
use parlance_traffic::replay::{join, load::Recorded};
use parlance_traffic::stream::{Post, Settings, Traffic};

/// The instant at which the benchmarks' story begins, Unix milliseconds.
pub const START_MS: i64 = 1_782_900_000_000;

/// The POSTs of a small world, without end: no duplicates, nothing late, 1,000 updates a second.
pub fn posts() -> impl Iterator<Item = Post> {
    let mut traffic = Traffic::new(Settings {
        seed: 1,
        start_ms: START_MS,
        rate: 1_000.0,
        duplicates: 0.0,
        late: 0.0,
        businesses: 24,
        customers: 100,
    });
    std::iter::repeat_with(move || traffic.next_post())
}

/// One body that holds at least `updates` updates, in the mixture of the world.
pub fn body(updates: usize) -> Vec<u8> {
    // Past the first minutes there are answers and statuses, not only openings.
    let mut posts = posts().skip_while(|post| post.due.as_secs() < 20);
    if updates == 1 {
        let single = posts.find(|post| post.lines.len() == 1);
        return single.expect("the posts do not end").body.to_vec();
    }
    let mut count = 0;
    let mut recorded = Vec::new();
    while count < updates {
        let post = posts.next().expect("the posts do not end");
        count += post.lines.len();
        recorded.push(Recorded {
            name: String::new(),
            body: post.body.to_vec(),
        });
    }
    let parcels = join::join(recorded.iter(), recorded.len());
    parcels.into_iter().next().expect("one body holds them all").body
}

/// Texts that people wrote, in the mixture of the world's languages.
pub fn texts(count: usize) -> Vec<String> {
    let mut texts = Vec::with_capacity(count);
    for post in posts() {
        for keyed in split(&post.body, "", START_MS).expect("bodies are JSON") {
            texts.extend(text_of(&keyed.update));
        }
        if texts.len() >= count {
            break;
        }
    }
    texts.truncate(count);
    texts
}

fn text_of(update: &Update<'_>) -> Option<String> {
    if update.part != Part::Message {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(update.update.get()).ok()?;
    value["text"]["body"].as_str().map(str::to_owned)
}
