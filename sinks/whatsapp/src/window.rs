//! The customer service window: 24 hours from the last message or call of a customer to a number. Only inside it may
//! anything but a template be sent; outside it Meta answers 131047, and this module offers templates instead.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages#customer-service-windows>. All
//! times are Unix milliseconds, and a window is kept for each pair of customer and number: who wrote to one number of a
//! business has not written to its others.

use crate::message::Content;
use crate::templates::{Category, Listed, TemplateStatus};

/// How long the window stays open, ms.
pub const WINDOW_MS: i64 = 24 * 60 * 60 * 1_000;

/// Templates offered at once.
pub const MAX_OFFERED: usize = 5;

/// The window of one customer at one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    last_inbound_ms: Option<i64>,
}

impl Window {
    /// By the customer's last message or call to this number, if there was one.
    pub fn since(last_inbound_ms: Option<i64>) -> Self {
        Self { last_inbound_ms }
    }

    /// Takes note of a message or call. The order does not matter: webhooks come late and shuffled.
    pub fn inbound(&mut self, at_ms: i64) {
        self.last_inbound_ms = self.last_inbound_ms.max(Some(at_ms));
    }

    /// Until when free-form messages may be sent, itself excluded.
    pub fn closes_at_ms(&self) -> Option<i64> {
        self.last_inbound_ms.map(|at| at.saturating_add(WINDOW_MS))
    }

    /// Whether anything but a template may be sent at `now_ms`.
    pub fn free_form_allowed(&self, now_ms: i64) -> bool {
        self.closes_at_ms().is_some_and(|closes| now_ms < closes)
    }

    /// Whether this content may be sent at `now_ms`; if not, which of `templates` may be sent in its stead to a customer
    /// who reads `language` (as `fr` or `pt_BR`). Approved ones only, no authentication: those of the language first, then
    /// of the same language in another country; of these, utility before marketing; then by name.
    ///
    /// # Errors
    /// [`Closed`], with the templates to offer.
    pub fn check(&self, content: &Content, now_ms: i64, language: &str, templates: &[Listed]) -> Result<(), Closed> {
        if !content.is_free_form() || self.free_form_allowed(now_ms) {
            return Ok(());
        }
        Err(Closed {
            closed_at_ms: self.closes_at_ms(),
            offered: offers(language, templates),
        })
    }
}

/// A free-form message outside the window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than 24 hours have passed since the customer last wrote to this number: {} template(s) can be sent instead", offered.len())]
pub struct Closed {
    /// Since when the window is closed; none when the customer never wrote.
    pub closed_at_ms: Option<i64>,
    /// What can be sent instead, best first; at most [`MAX_OFFERED`].
    pub offered: Vec<Offer>,
}

/// A template that can be sent instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// Its language, as Meta writes it.
    pub language: String,
    /// Its category: marketing must not go to who has stopped it.
    pub category: Category,
}

fn offers(language: &str, templates: &[Listed]) -> Vec<Offer> {
    let base = |language: &str| {
        language
            .split(['_', '-'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let wanted = base(language);
    let mut ranked: Vec<_> = templates
        .iter()
        .filter(|template| template.status == TemplateStatus::Approved)
        .filter(|template| matches!(template.category, Category::Utility | Category::Marketing))
        .filter_map(|template| {
            let foreign = if template.language.eq_ignore_ascii_case(&language.replace('-', "_")) {
                0
            } else if base(&template.language) == wanted {
                1
            } else {
                return None;
            };
            let marketing = template.category == Category::Marketing;
            Some(((foreign, marketing, &template.name, &template.language), template))
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked
        .into_iter()
        .take(MAX_OFFERED)
        .map(|(_, template)| Offer {
            name: template.name.clone(),
            language: template.language.clone(),
            category: template.category.clone(),
        })
        .collect()
}
