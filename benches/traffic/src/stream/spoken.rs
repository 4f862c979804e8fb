//! What customers send at each turn of a conversation: which type, with which words and context.

use parlance_schemas::labels::Sentiment;
use rand::RngExt;

use super::Traffic;
use super::conversation::Conversation;
use crate::text::Asking;
use crate::text::writer::pick;
use crate::webhook::Scene;
use crate::webhook::content::{self, Content};
use crate::webhook::status::Charge;

impl Traffic {
    pub(super) fn opening(&mut self, scene: &Scene<'_>, talk: &mut Conversation) -> Content {
        let rng = &mut self.rng;
        let author = &scene.customer.author;
        let text = self.library.ask(rng, author, &talk.asking);
        let mut content = match rng.random_range(0..200) {
            0..12 => content::media(rng, "image", Some(text)),
            12..22 => content::media(rng, "audio", None),
            22..26 => content::media(rng, "document", Some(text)),
            26..29 => content::media(rng, "video", Some(text)),
            29..33 => content::order(rng, scene.business, &text),
            33 => content::location(rng, None),
            34 => content::contacts(rng, &self.library, scene.customer, false),
            35 => content::media(rng, "sticker", None),
            36 | 37 => return content::unsupported(rng),
            38 => return content::request_welcome(),
            39 => content::text(["/start", "/menu", "/help"][rng.random_range(0..3)]),
            _ => content::text(&text),
        };
        match rng.random_range(0..100) {
            0..4 => {
                talk.charge = Charge::FreeEntryPoint;
                let book = self.library.book(author.language);
                let headline = pick(rng, &book.items[&scene.business.trade]);
                content::from_ad(rng, &mut content, headline);
            }
            4..6 => content::about_product(rng, &mut content, scene.business, &scene.number.digits),
            6 => content::forwarded(&mut content, false),
            7 => content::forwarded(&mut content, true),
            _ => {}
        }
        content
    }

    pub(super) fn following(&mut self, scene: &Scene<'_>, talk: &Conversation) -> Content {
        let rng = &mut self.rng;
        let author = &scene.customer.author;
        let book = self.library.book(author.language);
        let text = self.library.say(rng, author, &talk.asking, &book.follow_on);
        let item = pick(rng, &book.items[&scene.business.trade]);
        let mut content = match rng.random_range(0..100) {
            0..8 => content::button_reply(rng, item),
            8..13 => content::list_reply(rng, item, &text),
            13..16 => content::flow_reply(rng, &text),
            16..21 => content::media(rng, "image", Some(text)),
            21..25 => content::media(rng, "audio", None),
            25..28 => {
                let place = pick(rng, &book.places);
                content::location(rng, Some(place))
            }
            28..31 => content::contacts(rng, &self.library, scene.customer, true),
            31..33 => content::media(rng, "document", None),
            33..37 => content::media(rng, "sticker", None),
            37 => content::order(rng, scene.business, ""),
            38 => content::unsupported(rng),
            _ => content::text(&text),
        };
        // Taps on the business's own buttons always refer to its message, typed answers now and then.
        let tapped = content["type"] == "interactive";
        if let Some(answer) = &talk.answer
            && (tapped || rng.random_ratio(1, 8))
        {
            content::replying_to(&mut content, &scene.number.digits, answer);
        }
        content
    }

    pub(super) fn thanking(&mut self, scene: &Scene<'_>, talk: &Conversation) -> Content {
        let rng = &mut self.rng;
        let author = &scene.customer.author;
        match (rng.random_range(0..100), &talk.answer) {
            (0..10, _) => content::media(rng, "sticker", None),
            (10..18, Some(answer)) => content::reaction(rng, answer, Some("👍")),
            _ => {
                let mood = Sentiment::Positive;
                let asking = Asking { mood, ..talk.asking };
                let lines = &self.library.book(author.language).thanks;
                content::text(&self.library.say(rng, author, &asking, lines))
            }
        }
    }
}
