//! How a conversation goes on: opening, waiting, answers, statuses, follow-ups, thanks.

use std::sync::Arc;

use parlance_schemas::labels::{Intent, Sentiment};
use rand::RngExt;

use super::agenda::Planned;
use super::{Traffic, concern};
use crate::text::Asking;
use crate::text::writer::pick;
use crate::webhook::content::{self, Content};
use crate::webhook::status::{self, Charge, Outbound};
use crate::webhook::{Scene, ids};
use crate::world::World;
use crate::world::people::weighted_index;

/// A conversation under way.
#[derive(Clone, Debug)]
pub struct Conversation {
    pub(super) business: usize,
    pub(super) number: usize,
    pub(super) customer: usize,
    pub(super) group: Option<usize>,
    pub(super) asking: Asking,
    /// Seconds by which everything of it comes late.
    pub(super) arrears: i64,
    pub(super) charge: Charge,
    /// The business's last message.
    pub(super) answer: Option<String>,
    /// Exchanges that may still follow.
    pub(super) left: u32,
    pub(super) next: Next,
}

/// Who is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Opening,
    Answer,
    Following,
    Thanks,
}

impl Conversation {
    pub(super) fn scene<'a>(&self, world: &'a World) -> Scene<'a> {
        let business = &world.businesses[self.business];
        Scene {
            business,
            number: &business.numbers[self.number],
            customer: &business.customers[self.customer],
            group: self.group.map(|group| &business.groups[group]),
        }
    }
}

impl Traffic {
    /// A customer somewhere has a concern.
    pub(super) fn open_conversation(&mut self, now_ms: i64) {
        let mut talk = self.draw_conversation(now_ms);
        talk.arrears = self.draw_arrears();
        // It reaches us up to two seconds after it was written.
        let written_ms = now_ms - self.rng.random_range(0..2_000);
        self.turn(written_ms, talk);
    }

    pub(super) fn draw_conversation(&mut self, now_ms: i64) -> Conversation {
        let now = self.unix(now_ms);
        let weights = self.rhythm.weights(&self.world.businesses, now);
        let business = weighted_index(&mut self.rng, weights);
        let angry = self.rhythm.is_angry(business);
        let home = &self.world.businesses[business];
        let rng = &mut self.rng;
        // The keenest customers come first: the smaller of two draws.
        let customers = home.customers.len();
        let mut customer = rng.random_range(0..customers).min(rng.random_range(0..customers));
        let group = rng.random_ratio(3, 100).then(|| rng.random_range(0..home.groups.len()));
        if let Some(group) = group {
            customer = *pick(rng, &home.groups[group].members);
        }
        Conversation {
            business,
            number: rng.random_range(0..home.numbers.len()),
            customer,
            group,
            asking: concern::draw(rng, home.trade, angry),
            arrears: 0,
            charge: Charge::Service,
            answer: None,
            left: rng.random_range(0..4),
            next: Next::Opening,
        }
    }

    /// The conversation's next turn, which falls on `due_ms`.
    pub(super) fn turn(&mut self, due_ms: i64, talk: Conversation) {
        match talk.next {
            Next::Answer => self.answers(due_ms, talk),
            Next::Opening | Next::Following | Next::Thanks => self.customer_writes(due_ms, talk),
        }
    }

    fn customer_writes(&mut self, due_ms: i64, mut talk: Conversation) {
        let world = Arc::clone(&self.world);
        let scene = talk.scene(&world);
        let content = match talk.next {
            Next::Opening => self.opening(&scene, &mut talk),
            Next::Thanks => self.thanking(&scene, &talk),
            Next::Following | Next::Answer => self.following(&scene, &talk),
        };
        let typed = content["type"] == "text";
        let id = ids::wamid(&mut self.rng, scene.digits());
        let at = self.unix(due_ms) - talk.arrears;
        self.ready.push_back(scene.inbound(&id, at, content));
        if talk.next == Next::Thanks || talk.asking.intent == Intent::Spam {
            return;
        }
        if self.rng.random_ratio(18, 100) {
            self.attach(due_ms, &scene, &talk);
        }
        if typed && self.rng.random_ratio(3, 200) {
            self.think_better(due_ms, &scene, &talk, &id);
        }
        if talk.next == Next::Opening && self.rng.random_ratio(scene.business.bot, 100) {
            let after = self.rng.random_range(1_000..4_000);
            self.send_by_api(due_ms + after, &scene, &talk, false);
        }
        self.wait_for_answer(due_ms, &scene, talk);
    }

    /// An answer is planned, or never comes; meanwhile some ask again.
    fn wait_for_answer(&mut self, due_ms: i64, scene: &Scene<'_>, mut talk: Conversation) {
        let hectic = if self.rhythm.is_angry(talk.business) { 3 } else { 1 };
        let pace = i64::from(scene.business.pace) * 1_000 * hectic;
        let rng = &mut self.rng;
        let wait_ms = rng.random_range(pace..12 * pace).min(rng.random_range(pace..12 * pace));
        let answered = rng.random_ratio(9, 10);
        let patience_ms = rng.random_range(60_000..240_000);
        if !answered || wait_ms > patience_ms {
            let times = if answered { 1 } else { rng.random_range(1..4) };
            for time in 1..=times {
                if self.rng.random_bool(0.6) {
                    self.ask_again(due_ms + patience_ms * time, scene, &talk);
                }
            }
        }
        if answered {
            talk.next = Next::Answer;
            self.agenda.plan(due_ms + wait_ms, Planned::Turn(Box::new(talk)));
        }
    }

    fn ask_again(&mut self, due_ms: i64, scene: &Scene<'_>, talk: &Conversation) {
        let author = &scene.customer.author;
        let mood = match talk.asking.mood {
            Sentiment::Angry => Sentiment::Angry,
            _ => Sentiment::Frustrated,
        };
        let asking = Asking { mood, ..talk.asking };
        let lines = &self.library.book(author.language).still_waiting;
        let text = self.library.say(&mut self.rng, author, &asking, lines);
        self.plan_inbound(due_ms, scene, talk, content::text(&text));
    }

    /// A second message right behind the first: a photo, a place, a voice note.
    fn attach(&mut self, due_ms: i64, scene: &Scene<'_>, talk: &Conversation) {
        let rng = &mut self.rng;
        let after = rng.random_range(1_000..15_000);
        let author = &scene.customer.author;
        let captions = &self.library.book(author.language).captions;
        let caption = self.library.say(rng, author, &talk.asking, captions);
        let caption = rng.random_bool(0.6).then_some(caption);
        let content = match rng.random_range(0..10) {
            0..5 => content::media(rng, "image", caption),
            5 => content::media(rng, "document", caption),
            6 => content::media(rng, "video", caption),
            7 => content::location(rng, None),
            _ => content::media(rng, "audio", None),
        };
        self.plan_inbound(due_ms + after, scene, talk, content);
    }

    /// The customer corrects or takes back what they wrote.
    fn think_better(&mut self, due_ms: i64, scene: &Scene<'_>, talk: &Conversation, original: &str) {
        let after = self.rng.random_range(5_000..90_000);
        let content = if self.rng.random_bool(0.5) {
            let text = self.library.ask(&mut self.rng, &scene.customer.author, &talk.asking);
            content::edit(original, &text)
        } else {
            content::revoke(original)
        };
        self.plan_inbound(due_ms + after, scene, talk, content);
    }

    /// An agent answers: on the phone (an echo) or through the API (only its statuses are seen).
    fn answers(&mut self, due_ms: i64, mut talk: Conversation) {
        let world = Arc::clone(&self.world);
        let scene = talk.scene(&world);
        let by_phone = scene.number.phone_app && talk.group.is_none() && self.rng.random_ratio(85, 100);
        let id = if by_phone {
            self.echo(due_ms, &scene, &talk)
        } else {
            let voice = self.rng.random_ratio(1, 15);
            self.send_by_api(due_ms, &scene, &talk, voice)
        };
        if self.rng.random_ratio(9, 100) {
            self.react(due_ms, &scene, &talk, &id);
        }
        talk.answer = Some(id);
        talk.next = match talk.left.checked_sub(1) {
            Some(left) => {
                talk.left = left;
                Next::Following
            }
            None if self.rng.random_ratio(45, 100) => Next::Thanks,
            None => return,
        };
        let after = self.rng.random_range(4_000..90_000);
        self.agenda.plan(due_ms + after, Planned::Turn(Box::new(talk)));
    }

    /// A message on the business's phone, now and then edited or taken back. Returns its id.
    fn echo(&mut self, due_ms: i64, scene: &Scene<'_>, talk: &Conversation) -> String {
        let author = &scene.customer.author;
        let lines = self.library.book(author.language).answering(talk.asking.intent);
        let rng = &mut self.rng;
        let text = self.library.reply(rng, author, &talk.asking, lines);
        let content = match rng.random_range(0..100) {
            0..5 => content::media(rng, "image", Some(text)),
            5..8 => content::media(rng, "document", Some(text)),
            8..9 => content::media(rng, "video", None),
            _ => content::text(&text),
        };
        let id = ids::wamid(rng, scene.digits());
        let better = rng.random_ratio(1, 60).then(|| {
            let text = self.library.reply(rng, author, &talk.asking, lines);
            if rng.random_bool(0.5) {
                content::edit(&id, &text)
            } else {
                content::revoke(&id)
            }
        });
        let at = self.unix(due_ms) - talk.arrears;
        self.ready.push_back(scene.echo(&id, at, content));
        if let Some(content) = better {
            let due_ms = due_ms + self.rng.random_range(4_000..60_000);
            let own = ids::wamid(&mut self.rng, scene.digits());
            let update = scene.echo(&own, self.unix(due_ms) - talk.arrears, content);
            self.agenda.plan(due_ms, Planned::Update(Box::new(update)));
        }
        id
    }

    /// A message through the API: its statuses are planned. Returns its id.
    pub(super) fn send_by_api(&mut self, due_ms: i64, scene: &Scene<'_>, talk: &Conversation, voice: bool) -> String {
        let id = ids::wamid(&mut self.rng, scene.digits());
        let sent_at = self.unix(due_ms) - talk.arrears;
        let noted = self.rng.random_ratio(1, 3);
        let message = Outbound {
            id: &id,
            sent_at,
            charge: talk.charge,
            callback_data: noted.then(|| format!("note-{}", ids::numeric(&mut self.rng, 9))),
            voice,
        };
        for event in status::life(&mut self.rng, scene, &message) {
            let due_ms = due_ms + (event.at - sent_at) * 1_000 + event.delay_ms;
            self.agenda.plan(due_ms, Planned::Update(Box::new(event.update)));
        }
        id
    }

    /// An emoji on the business's message, now and then taken back.
    fn react(&mut self, due_ms: i64, scene: &Scene<'_>, talk: &Conversation, message: &str) {
        let emoji = content::fitting_emoji(&mut self.rng, &talk.asking);
        let due_ms = due_ms + self.rng.random_range(3_000..60_000);
        let reaction = content::reaction(&mut self.rng, message, Some(emoji));
        self.plan_inbound(due_ms, scene, talk, reaction);
        if self.rng.random_ratio(1, 6) {
            let due_ms = due_ms + self.rng.random_range(2_000..30_000);
            let removal = content::reaction(&mut self.rng, message, None);
            self.plan_inbound(due_ms, scene, talk, removal);
        }
    }

    /// A message of the customer that is already certain.
    pub(super) fn plan_inbound(&mut self, due_ms: i64, scene: &Scene<'_>, talk: &Conversation, content: Content) {
        let id = ids::wamid(&mut self.rng, scene.digits());
        let update = scene.inbound(&id, self.unix(due_ms) - talk.arrears, content);
        self.agenda.plan(due_ms, Planned::Update(Box::new(update)));
    }
}
