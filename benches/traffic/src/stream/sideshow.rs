//! What happens beside the conversations: campaigns and their answers, account events, calls, groups, imports.

use std::collections::HashMap;
use std::sync::Arc;

use rand::RngExt;

use super::Traffic;
use super::agenda::Planned;
use super::conversation::{Conversation, Next};
use crate::text::writer::pick;
use crate::webhook::sides::{self, Import};
use crate::webhook::status::Charge;
use crate::webhook::{Update, account, content, ids};

/// When each account last had an event. Meta's event carries no id, only the second it happened in; two in one
/// second of one account could be taken for one.
#[derive(Debug, Default)]
pub(super) struct AccountTimes(HashMap<String, i64>);

impl AccountTimes {
    /// True when the account had no event at `at` or later yet.
    fn take(&mut self, waba_id: &str, at: i64) -> bool {
        let last = self.0.entry(waba_id.to_owned()).or_insert(i64::MIN);
        let free = *last < at;
        *last = at.max(*last);
        free
    }
}

impl Traffic {
    /// Something beside the conversations. Where it cannot be at this moment, a customer comes instead.
    pub(super) fn sideshow(&mut self, now_ms: i64) {
        let mut talk = self.draw_conversation(now_ms);
        let world = Arc::clone(&self.world);
        let scene = talk.scene(&world);
        let at = self.unix(now_ms);
        match self.rng.random_range(0..100) {
            0..30 => {
                talk.charge = *pick(&mut self.rng, &[Charge::Marketing, Charge::Marketing, Charge::Utility]);
                self.campaign(now_ms, &talk);
            }
            30..42 => {
                let waba_id = scene.business.waba_of(scene.number);
                if self.account_events.take(waba_id, at) {
                    let event = account::event(&mut self.rng, scene.business, waba_id, at);
                    self.happen(event);
                } else {
                    self.open_conversation(now_ms);
                }
            }
            42..58 => {
                for (update, later) in sides::call(&mut self.rng, &scene, at) {
                    self.agenda
                        .plan(now_ms + later * 1_000, Planned::Update(Box::new(update)));
                }
            }
            58..68 => {
                let preference = sides::preference(&mut self.rng, &scene, at);
                self.happen(preference);
            }
            68..76 => {
                let group = sides::group(&mut self.rng, &scene, at);
                self.happen(group);
            }
            76..84 if scene.number.phone_app => {
                let entry = sides::address_book(&mut self.rng, &scene, at);
                self.happen(entry);
            }
            84..96 => {
                let content = content::system(&mut self.rng, scene.customer);
                let id = ids::wamid(&mut self.rng, scene.digits());
                self.happen(scene.inbound(&id, at, content));
            }
            96..98 if scene.number.phone_app => {
                self.imports += 1;
                let order = self.imports;
                let messages = self.rng.random_range(3..30);
                let import = Import { order, messages };
                let chunk = sides::history(&mut self.rng, &self.library, &scene, at, import);
                self.happen(chunk);
            }
            _ => self.open_conversation(now_ms),
        }
    }

    fn happen(&mut self, update: Update) {
        self.ready.push_back(update);
    }

    /// Templates to some customers of one business; a few tap the quick reply.
    fn campaign(&mut self, now_ms: i64, talk: &Conversation) {
        let world = Arc::clone(&self.world);
        let customers = world.businesses[talk.business].customers.len();
        for _ in 0..self.rng.random_range(3..10) {
            let mut talk = talk.clone();
            talk.customer = self.rng.random_range(0..customers);
            talk.group = None;
            let scene = talk.scene(&world);
            let due_ms = now_ms + self.rng.random_range(0..20_000);
            let id = self.send_by_api(due_ms, &scene, &talk, false);
            if !self.rng.random_ratio(12, 100) {
                continue;
            }
            let due_ms = due_ms + self.rng.random_range(10_000..180_000);
            let book = self.library.book(scene.customer.author.language);
            let text = pick(&mut self.rng, &book.thanks);
            let mut content = content::button(&format!("CAMPAIGN_{}", talk.business), text);
            content::replying_to(&mut content, &scene.number.digits, &id);
            self.plan_inbound(due_ms, &scene, &talk, content);
            talk.answer = Some(id);
            talk.next = Next::Answer;
            talk.charge = Charge::Service;
            let wait = self.rng.random_range(5_000..120_000);
            self.agenda.plan(due_ms + wait, Planned::Turn(Box::new(talk)));
        }
    }
}
