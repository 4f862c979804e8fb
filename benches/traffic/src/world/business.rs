//! A business: its accounts and numbers at Meta, the hours and languages of its town, its manner of answering.

use parlance_schemas::labels::Language;
use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::people::{Customer, Group};
use super::trade::Trade;
use crate::text::Library;

/// A business and everyone who writes to it.
#[derive(Debug)]
pub struct Business {
    /// What it does.
    pub trade: Trade,
    /// Local time ahead of UTC, minutes. Fixed, without summer time: the same on machines with other zone tables.
    pub utc_offset: i64,
    /// How much of the world's traffic is its, relative to others.
    pub size: u32,
    /// Its WhatsApp Business Accounts.
    pub wabas: Vec<String>,
    /// Its numbers, over all accounts.
    pub numbers: Vec<Number>,
    /// Approved templates.
    pub templates: Vec<Template>,
    /// Its catalogue's id.
    pub catalog_id: String,
    /// Out of 100 openings, how many a bot acknowledges at once.
    pub bot: u32,
    /// Fastest usual answer of its agents, seconds; the slowest usual one is twelve times that.
    pub pace: u32,
    /// Webhooks of v23 or older: each status carries a conversation.
    pub old_graph: bool,
    /// The people who write to it, the keenest first.
    pub customers: Vec<Customer>,
    /// The groups it takes part in.
    pub groups: Vec<Group>,
}

/// A phone number of a business; what Parlance calls an integration.
#[derive(Debug)]
pub struct Number {
    /// Index into [`Business::wabas`].
    pub waba: usize,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// The number in digits, as `to` and `from` carry it.
    pub digits: String,
    /// The number as Meta displays it; the format varies.
    pub display: String,
    /// Also used in the phone app: agents' answers come back as echoes.
    pub phone_app: bool,
}

/// A message template.
#[derive(Debug)]
pub struct Template {
    /// Meta's id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its language, as Meta writes it.
    pub language: String,
    /// `marketing` or `utility`.
    pub category: &'static str,
}

/// A town: minutes ahead of UTC, calling code, and the languages heard there by weight.
type Town = (i64, &'static str, &'static [(Language, u32)]);

use Language::{Ar, De, En, Es, Fr, It, Ja, Ko, Pt, Zh};

const TOWNS: [Town; 16] = [
    (0, "44", &[(En, 17), (Fr, 1), (Ar, 1), (Pt, 1)]),
    (-180, "55", &[(Pt, 18), (Es, 1), (En, 1)]),
    (60, "49", &[(De, 16), (En, 2), (It, 1), (Ar, 1)]),
    (-360, "52", &[(Es, 17), (En, 3)]),
    (240, "971", &[(Ar, 11), (En, 7), (Fr, 1), (Zh, 1)]),
    (540, "81", &[(Ja, 18), (En, 1), (Zh, 1)]),
    (60, "33", &[(Fr, 16), (En, 2), (Ar, 2)]),
    (60, "39", &[(It, 17), (En, 2), (De, 1)]),
    (540, "82", &[(Ko, 18), (En, 2)]),
    (480, "65", &[(Zh, 10), (En, 9), (Ja, 1)]),
    (-300, "1", &[(En, 14), (Es, 5), (Zh, 1)]),
    (60, "34", &[(Es, 16), (En, 2), (De, 1), (Fr, 1)]),
    (120, "20", &[(Ar, 18), (En, 2)]),
    (-180, "54", &[(Es, 18), (Pt, 1), (En, 1)]),
    (480, "852", &[(Zh, 15), (En, 5)]),
    (330, "91", &[(En, 20)]),
];

impl Business {
    pub(super) fn new(rng: &mut ChaCha12Rng, index: usize, customers: usize, library: &Library) -> Self {
        let trade = Trade::ALL[index % Trade::ALL.len()];
        let (utc_offset, calling_code, languages) = TOWNS[index % TOWNS.len()];
        let wabas: Vec<String> = (0..=usize::from(rng.random_bool(0.25)))
            .map(|_| format!("10{:013}", rng.random_range(0..10_000_000_000_000_u64)))
            .collect();
        let count = rng.random_range(wabas.len()..=3);
        let numbers = (0..count)
            .map(|n| Number::new(rng, n % wabas.len(), calling_code))
            .collect();
        let templates = [
            ("order_update", "utility"),
            ("appointment_reminder", "utility"),
            ("weekly_offer", "marketing"),
        ]
        .into_iter()
        .map(|(name, category)| Template {
            id: rng.random_range(100_000_000_000_000..999_999_999_999_999),
            name: format!("{name}_{index}"),
            language: languages[0].0.as_str().to_owned(),
            category,
        })
        .collect();
        // Payloads with business-scoped user ids, as since April 2026; a few accounts still get the older form.
        let scoped_ids = index % 5 != 4;
        let size = rng.random_range(2..12);
        let bot = *crate::text::writer::pick(rng, &[0, 0, 40, 90]);
        let pace = *crate::text::writer::pick(rng, &[5, 10, 20, 45, 90]);
        let customers: Vec<Customer> = (0..customers)
            .map(|_| Customer::new(rng, calling_code, languages, scoped_ids, library))
            .collect();
        let groups = (0..2).map(|_| Group::new(rng, customers.len())).collect();
        Self {
            trade,
            utc_offset,
            size,
            wabas,
            numbers,
            templates,
            catalog_id: rng
                .random_range(100_000_000_000_000_u64..999_999_999_999_999)
                .to_string(),
            bot,
            pace,
            old_graph: index % 4 == 3,
            customers,
            groups,
        }
    }

    /// The account a number belongs to.
    pub fn waba_of(&self, number: &Number) -> &str {
        &self.wabas[number.waba]
    }
}

impl Number {
    fn new(rng: &mut ChaCha12Rng, waba: usize, calling_code: &str) -> Self {
        let (a, b) = (rng.random_range(0..100), rng.random_range(0..10_000));
        let digits = format!("{calling_code}555{a:02}{b:04}");
        let display = match rng.random_range(0..4) {
            0 => format!("+{calling_code} 555 {a:02} {b:04}"),
            1 => format!("+{calling_code} 555-{a:02}{b:04}"),
            _ => digits.clone(),
        };
        Self {
            waba,
            phone_number_id: format!("1{:014}", rng.random_range(0..100_000_000_000_000_u64)),
            digits,
            display,
            phone_app: rng.random_bool(0.7),
        }
    }
}
