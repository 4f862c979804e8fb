//! What a customer comes with: intent, mood, urgency, on a calm day and on an angry one.

use parlance_schemas::labels::{Intent, Sentiment, Urgency};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use crate::text::Asking;
use crate::world::Trade;
use crate::world::people::weighted;

const CALM: [(Intent, u32); 9] = [
    (Intent::LeadInquiry, 18),
    (Intent::SupportTicket, 12),
    (Intent::Complaint, 6),
    (Intent::OrderInquiry, 18),
    (Intent::PaymentInquiry, 9),
    (Intent::AppointmentRequest, 14),
    (Intent::Feedback, 8),
    (Intent::Spam, 3),
    (Intent::Other, 12),
];

const ANGRY: [(Intent, u32); 6] = [
    (Intent::Complaint, 46),
    (Intent::SupportTicket, 16),
    (Intent::OrderInquiry, 14),
    (Intent::PaymentInquiry, 14),
    (Intent::Feedback, 5),
    (Intent::Other, 5),
];

/// Draws a concern for a business of a trade; `angry` on an angry afternoon.
pub fn draw(rng: &mut ChaCha12Rng, trade: Trade, angry: bool) -> Asking {
    let intent = if angry {
        weighted(rng, &ANGRY)
    } else {
        weighted(rng, &CALM)
    };
    let mood = draw_mood(rng, intent, angry);
    let urgency = match (intent, rng.random_range(0..100)) {
        (Intent::SupportTicket | Intent::PaymentInquiry, 0..2) => Urgency::Critical,
        (Intent::Feedback | Intent::Spam | Intent::Other, _) => Urgency::Low,
        (_, 0..9) => Urgency::Urgent,
        (Intent::Complaint, _) => Urgency::High,
        (Intent::LeadInquiry, _) => Urgency::Low,
        _ => Urgency::Medium,
    };
    Asking {
        intent,
        mood,
        urgency,
        trade,
    }
}

fn draw_mood(rng: &mut ChaCha12Rng, intent: Intent, angry: bool) -> Sentiment {
    use Sentiment::{Angry, Excited, Frustrated, Negative, Neutral, Positive};
    if angry && intent != Intent::Other {
        return weighted(rng, &[(Angry, 55), (Frustrated, 30), (Negative, 15)]);
    }
    let moods: &[(Sentiment, u32)] = match intent {
        Intent::LeadInquiry => &[(Neutral, 6), (Excited, 2), (Positive, 2)],
        Intent::SupportTicket => &[(Neutral, 5), (Frustrated, 3), (Negative, 2), (Angry, 1)],
        Intent::Complaint => &[(Negative, 4), (Frustrated, 4), (Angry, 3)],
        Intent::OrderInquiry => &[(Neutral, 7), (Frustrated, 2), (Excited, 1)],
        Intent::PaymentInquiry => &[(Neutral, 7), (Negative, 2), (Angry, 1)],
        Intent::AppointmentRequest => &[(Neutral, 7), (Positive, 3)],
        Intent::Feedback => &[(Positive, 5), (Negative, 3), (Excited, 2)],
        Intent::Spam => &[(Neutral, 6), (Excited, 4)],
        Intent::Other | Intent::None => &[(Neutral, 6), (Positive, 4)],
    };
    weighted(rng, moods)
}
