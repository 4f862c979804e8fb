//! The country of a recipient, read off whatever names them.

use std::collections::HashMap;

use parlance_analysis::region_of;

/// Recipients whose country is remembered, because the statuses of a message come soon after each other. Beyond them all are
/// forgotten: it is only there to save time.
const REMEMBERED_MAX: usize = 10_000;

/// Digits of a telephone number with its country code, by ITU-T E.164 (and no fewer than any number has).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Countries of recipients.
#[derive(Default)]
pub(crate) struct Countries {
    of_numbers: HashMap<Box<str>, String>,
}

impl Countries {
    /// The country (ISO 3166-1 alpha-2) of a BSUID (`US.1349…`) or a telephone number; empty for anything else.
    pub(super) fn of(&mut self, recipient: &str) -> String {
        if let [a @ b'A'..=b'Z', b @ b'A'..=b'Z', b'.', ..] = recipient.as_bytes() {
            return [char::from(*a), char::from(*b)].iter().collect();
        }
        let digits = recipient.strip_prefix('+').unwrap_or(recipient);
        if !DIGITS.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return String::new();
        }
        if let Some(known) = self.of_numbers.get(digits) {
            return known.clone();
        }
        let region = region_of(digits);
        // The region that selects nothing.
        let country = Some(region.as_str()).filter(|code| *code != "ZZ").unwrap_or_default();
        if self.of_numbers.len() >= REMEMBERED_MAX {
            self.of_numbers.clear();
        }
        self.of_numbers.insert(digits.into(), country.to_owned());
        country.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_country_is_the_prefix_of_a_user_id_or_that_of_the_number() {
        let mut countries = Countries::default();
        for _ in 0..2 {
            for (recipient, country) in [
                ("US.13491208655302741918", "US"),
                ("DE.ENT.118", "DE"),
                ("4915112345678", "DE"),
                ("+442079460018", "GB"),
                ("16505551234", "US"),
                ("5516992318222", "BR"),
                ("", ""),
                ("us.1", ""),
                ("12", ""),
                ("Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD", ""),
                ("9999999999999999", ""),
            ] {
                assert_eq!(countries.of(recipient), country, "{recipient}");
            }
        }
        for number in 0..2 * REMEMBERED_MAX {
            assert_eq!(countries.of(&format!("49151{number:08}")), "DE");
        }
        assert!(countries.of_numbers.len() <= REMEMBERED_MAX);
    }
}
