//! The order of events: an endless, reproducible sequence of POSTs.
//!
//! ```text
//! slot (1/rate s) ─▶ anything planned and due? ─ yes ─▶ that (an answer, a status, a follow-up, a duplicate)
//!                                              └ no ──▶ somebody begins: business by hour and anger, customer, concern
//! ```
//!
//! What is due goes first and newcomers fill the rest, so the rate stays what was asked for while answers still come
//! after plausible delays.
//!
//! # Layout
//!
//! * [`agenda`]: what is planned for when
//! * [`concern`]: what a customer comes with
//! * [`conversation`]: how it goes on
//! * `spoken`: what customers send at each turn
//! * `sideshow`: campaigns, account events, calls, groups, imports

pub mod agenda;
pub mod concern;
pub mod conversation;
mod sideshow;
mod spoken;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use crate::escape::meta_form;
use crate::text::Library;
use crate::webhook::{Line, Update, post};
use crate::world::{Rhythm, World, randomness, streams};
use agenda::{Agenda, Planned};

/// Most updates in one POST of the demo. (Meta allows 1000.)
pub const MOST_UPDATES: usize = 50;

/// What the sequence depends on, and nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The seed.
    pub seed: u64,
    /// The instant of the first slot, Unix milliseconds.
    pub start_ms: i64,
    /// Updates per second, duplicates counted.
    pub rate: f64,
    /// Share of updates that come again, 0 to 1.
    pub duplicates: f64,
    /// Share of updates that come minutes to hours after they happened, 0 to 1.
    pub late: f64,
    /// Businesses in the world, at least 1.
    pub businesses: usize,
    /// Customers of each, at least 10.
    pub customers: usize,
}

/// One POST of the sequence.
#[derive(Clone, Debug)]
pub struct Post {
    /// Its place in the sequence, from 0.
    pub number: u64,
    /// When it is to be sent, after the start.
    pub due: Duration,
    /// Its bytes.
    pub body: Bytes,
    /// What the ledger says of it, one line per update.
    pub lines: Vec<Line>,
}

/// The sequence. It never ends by itself.
#[derive(Debug)]
pub struct Traffic {
    settings: Settings,
    library: Arc<Library>,
    world: Arc<World>,
    rhythm: Rhythm,
    /// Decides what happens.
    rng: ChaCha12Rng,
    /// Decides how it is cut into POSTs and what is repeated.
    posts_rng: ChaCha12Rng,
    agenda: Agenda,
    /// Updates that have happened and wait for a place in a POST.
    ready: VecDeque<Update>,
    sent: u64,
    posts: u64,
    account_events: sideshow::AccountTimes,
    imports: u32,
}

impl Traffic {
    /// The sequence of these settings.
    pub fn new(settings: Settings) -> Self {
        let library = Arc::new(Library::open());
        let world = Arc::new(World::new(
            settings.seed,
            settings.businesses,
            settings.customers,
            &library,
        ));
        let rhythm = Rhythm::new(settings.seed, settings.start_ms.div_euclid(1_000), &world.businesses);
        Self {
            rng: randomness(settings.seed, streams::EVENTS),
            posts_rng: randomness(settings.seed, streams::POSTS),
            settings,
            library,
            world,
            rhythm,
            agenda: Agenda::default(),
            ready: VecDeque::new(),
            sent: 0,
            posts: 0,
            account_events: sideshow::AccountTimes::default(),
            imports: 0,
        }
    }

    /// The world it plays in.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The next POST.
    pub fn next_post(&mut self) -> Post {
        let now_ms = self.slot_ms(self.sent);
        let (body, lines) = match self.agenda.take_resend(now_ms) {
            Some(again) => again,
            None => self.fresh(now_ms),
        };
        self.sent += lines.len() as u64;
        let due_ms = u64::try_from(self.slot_ms(self.sent)).expect("slots come after the start");
        let number = self.posts;
        self.posts += 1;
        Post {
            number,
            due: Duration::from_millis(due_ms),
            body,
            lines,
        }
    }

    /// Milliseconds after the start at which `updates` updates are out.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a run is far shorter than 2^52 milliseconds or updates"
    )]
    fn slot_ms(&self, updates: u64) -> i64 {
        (updates as f64 * 1_000.0 / self.settings.rate) as i64
    }

    fn fresh(&mut self, now_ms: i64) -> (Bytes, Vec<Line>) {
        let size = self.draw_size();
        let mut updates: Vec<Update> = Vec::new();
        let mut count = 0;
        while count < size {
            let update = self.next_update(now_ms);
            // A chunk of history counts many; it waits for a POST that has room for it.
            if count > 0 && count + update.lines.len() > MOST_UPDATES {
                self.ready.push_front(update);
                break;
            }
            count += update.lines.len();
            updates.push(update);
        }
        let body = post::compose(&mut self.posts_rng, &updates).to_string();
        let escaped = self.posts_rng.random_bool(0.4);
        let body = Bytes::from(if escaped { meta_form(&body) } else { body });
        self.plan_duplicates(now_ms, &updates, &body);
        let lines = updates.into_iter().flat_map(|update| update.lines).collect();
        (body, lines)
    }

    /// POSTs are mostly small; at low rates none spans much more than half a second of the schedule.
    fn draw_size(&mut self) -> usize {
        let rng = &mut self.posts_rng;
        let size = match rng.random_range(0..100) {
            0..50 => 1,
            50..75 => rng.random_range(2..=5),
            75..90 => rng.random_range(6..=15),
            90..98 => rng.random_range(16..=30),
            _ => rng.random_range(31..=MOST_UPDATES),
        };
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped right after, and rates are positive"
        )]
        let most = (self.settings.rate / 2.0) as usize;
        size.min(most.clamp(1, MOST_UPDATES))
    }

    /// Half of the duplicates are whole POSTs over again, half are updates that turn up in other POSTs.
    fn plan_duplicates(&mut self, now_ms: i64, updates: &[Update], body: &Bytes) {
        let half = self.settings.duplicates / 2.0;
        if self.posts_rng.random_bool(half) {
            let lines: Vec<Line> = updates.iter().flat_map(|update| update.again().lines).collect();
            let due_ms = now_ms + self.draw_repetition_ms();
            self.agenda.resend(due_ms, body.clone(), lines);
        }
        for update in updates {
            let is_copy = update.lines.iter().all(|line| line.copy);
            if !is_copy && self.posts_rng.random_bool(half) {
                let due_ms = now_ms + self.draw_repetition_ms();
                self.agenda.plan(due_ms, Planned::Update(Box::new(update.again())));
            }
        }
    }

    /// How long after the first time something comes again: at once, soon, or minutes later.
    fn draw_repetition_ms(&mut self) -> i64 {
        let rng = &mut self.posts_rng;
        match rng.random_range(0..10) {
            0..3 => 0,
            3..8 => rng.random_range(1_000..20_000),
            _ => rng.random_range(20_000..180_000),
        }
    }

    fn next_update(&mut self, now_ms: i64) -> Update {
        loop {
            if let Some(update) = self.ready.pop_front() {
                return update;
            }
            match self.agenda.take(now_ms) {
                Some((_, Planned::Update(update))) => return *update,
                Some((due_ms, Planned::Turn(conversation))) => self.turn(due_ms, *conversation),
                None => self.begin(now_ms),
            }
        }
    }

    /// Somebody or something begins: mostly a customer with a concern.
    fn begin(&mut self, now_ms: i64) {
        if self.rng.random_ratio(1, 25) {
            self.sideshow(now_ms);
        } else {
            self.open_conversation(now_ms);
        }
    }

    /// Unix seconds of a moment of the schedule.
    fn unix(&self, ms: i64) -> i64 {
        (self.settings.start_ms + ms).div_euclid(1_000)
    }

    /// How long ago it happened, seconds, for the share that comes late; 0 for the rest.
    fn draw_arrears(&mut self) -> i64 {
        if !self.rng.random_bool(self.settings.late) {
            return 0;
        }
        match self.rng.random_range(0..100) {
            0..50 => self.rng.random_range(120..900),
            50..85 => self.rng.random_range(900..5_400),
            _ => self.rng.random_range(5_400..14_400),
        }
    }
}
