//! Amounts of money: a number and a currency, on either side of each other.

use super::lexicon::{Currency, Lexicon, Sense};
use super::number::{Amount, amount};
use super::region::Region;
use super::scan::{Kind, Token};
use super::{Candidate, EntityKind, MAX_ENTITIES};

/// The tokens of a message and where it was written.
struct Purse<'a> {
    text: &'a str,
    tokens: &'a [Token],
    folded: &'a [char],
    lexicon: &'static Lexicon,
    region: Region,
}

/// Finds all amounts.
pub(super) fn find(
    text: &str,
    tokens: &[Token],
    folded: &[char],
    lexicon: &'static Lexicon,
    region: Region,
    all: &mut Vec<Candidate>,
) {
    let purse = Purse {
        text,
        tokens,
        folded,
        lexicon,
        region,
    };
    let first = all.len();
    let mut at = 0;
    while at < tokens.len() && all.len() - first < MAX_ENTITIES {
        match purse.ahead(at).or_else(|| purse.behind(at)) {
            Some((candidate, next)) => {
                all.push(candidate);
                at = next;
            }
            None => at += 1,
        }
    }
}

impl Purse<'_> {
    fn currency(&self, at: usize) -> Option<&Currency> {
        let token = self.tokens.get(at)?;
        let Kind::Phrase(phrase) = token.kind else { return None };
        let currency = self.lexicon.senses(phrase).iter().find_map(|sense| match sense {
            Sense::Currency(number) => Some(self.lexicon.currency(*number)),
            _ => None,
        })?;
        let capitals = || {
            self.text
                .chars()
                .skip(token.start)
                .take(token.end - token.start)
                .all(char::is_uppercase)
        };
        (!currency.capitals || capitals()).then_some(currency)
    }

    fn has(&self, at: usize, sense: Sense) -> bool {
        matches!(self.tokens.get(at).map(|token| token.kind), Some(Kind::Phrase(phrase)) if self.lexicon.senses(phrase).contains(&sense))
    }

    fn scale(&self, at: usize) -> Option<u64> {
        let Kind::Phrase(phrase) = self.tokens.get(at)?.kind else {
            return None;
        };
        self.lexicon.senses(phrase).iter().find_map(|sense| match sense {
            Sense::Scale(scale) if *scale >= 1000 && self.tokens[at].end - self.tokens[at].start > 1 => Some(*scale),
            _ => None,
        })
    }

    /// How far token `at` is from the one before.
    fn gap(&self, at: usize) -> usize {
        match (at.checked_sub(1), self.tokens.get(at)) {
            (Some(before), Some(token)) => token.start - self.tokens[before].end,
            _ => usize::MAX,
        }
    }

    fn amount(&self, at: usize) -> Option<(Amount, usize)> {
        let inside_word = self.tokens.get(at).is_some_and(|token| {
            token.start > 0
                && self.folded[token.start - 1].is_ascii_alphanumeric()
                && matches!(token.kind, Kind::Number(..))
                && self.currency(at.wrapping_sub(1)).is_none()
        });
        if inside_word {
            return None;
        }
        amount(self.tokens, self.folded, self.lexicon, at)
    }

    fn candidate(&self, first: usize, next: usize, amount: Amount, currency: &Currency) -> (Candidate, usize) {
        let value = format!("{} {}", amount.over(currency.parts), currency.code(self.region));
        let (start, end) = (self.tokens[first].start, self.tokens[next - 1].end);
        (
            Candidate {
                kind: EntityKind::Money,
                start,
                end,
                value: Some(value),
            },
            next,
        )
    }

    /// "$20", "USD 20", "R$ 50", "US $ 4 billion".
    fn ahead(&self, at: usize) -> Option<(Candidate, usize)> {
        let mut currency = self.currency(at)?;
        let mut number_at = at + 1;
        // "USD $ 20", "人民币 50元": the first of two names is the more exact one.
        if let Some(second) = self
            .currency(number_at)
            .filter(|second| second.symbol || currency.symbol)
        {
            currency = if currency.symbol { second } else { currency };
            number_at += 1;
        }
        if !self.may_lead(at) || self.gap(number_at) > 2 || at > 0 && self.gap(at) == 0 && self.letter_before(at) {
            return None;
        }
        let long =
            self.tokens[at].end - self.tokens[at].start > 4 && self.folded[self.tokens[at].start].is_alphabetic();
        if long && !matches!(self.tokens.get(number_at)?.kind, Kind::Number(..)) {
            return None;
        }
        let (amount, mut next) = self.amount(number_at)?;
        if self.has(next, Sense::OrdinalMark) && self.gap(next) == 0 || self.goes_on(next) {
            return None;
        }
        // "人民币50元" names it twice; "$5 USD" says which dollar.
        if let Some(second) = self
            .currency(next)
            .filter(|second| second.parts == 1 && self.gap(next) <= 1)
            && (second.code(self.region) == currency.code(self.region) || currency.symbol && !second.symbol)
            && self.amount(next + 1).is_none_or(|_| self.gap(next + 1) > 0)
        {
            currency = second;
            next += 1;
        }
        let (amount, next) = self.parts(amount, next, currency);
        Some(self.candidate(at, next, amount, currency))
    }

    fn letter_before(&self, at: usize) -> bool {
        let start = self.tokens[at].start;
        self.folded[start].is_ascii_alphabetic() && self.folded[start - 1].is_ascii_alphanumeric()
    }

    /// Whether the name stands before numbers: signs and codes do, "won 5 games" does not.
    fn may_lead(&self, at: usize) -> bool {
        let token = self.tokens[at];
        let name = &self.folded[token.start..token.end];
        let words = ["won", "yen", "sen", "real", "dh", "lei", "fr", "try", "ils", "try"];
        let short = name.len() <= 3 && !words.iter().any(|word| name.iter().copied().eq(word.chars()));
        let sign = name.iter().any(|c| !c.is_alphabetic());
        let long = name.starts_with(&['d', 'o', 'l']) || name.starts_with(&['人', '民']);
        let arabic = name.first().is_some_and(|c| ('\u{600}'..'\u{700}').contains(c)) && !sign;
        let east = name.first().is_some_and(|c| super::fold::runs_on(*c)) && !long;
        (short || sign || long) && !arabic && !east
    }

    /// Whether the digits go on into something that is no amount.
    fn goes_on(&self, next: usize) -> bool {
        let Some(token) = self.tokens.get(next) else {
            return false;
        };
        let number_follows = matches!(
            self.tokens.get(next + 1).map(|token| token.kind),
            Some(Kind::Number(..))
        );
        matches!(token.kind, Kind::Mark('/' | ':')) && self.gap(next) == 0 && number_follows && self.gap(next + 1) == 0
    }

    /// "20 dollars", "1.234,56 €", 五百块, "2 lakh rupees".
    fn behind(&self, at: usize) -> Option<(Candidate, usize)> {
        let (amount, mut next) = self.amount(at)?;
        let linked = self.has(next, Sense::Glue) && self.scale(next - 1).is_some();
        let hyphen = self
            .tokens
            .get(next)
            .is_some_and(|token| self.folded[token.start] == '-' && token.end == token.start + 1);
        if linked || hyphen && self.gap(next) == 0 {
            next += 1;
        }
        let currency = self.currency(next).filter(|_| self.gap(next) <= 2)?;
        if currency.symbol && matches!(self.tokens[at].kind, Kind::Phrase(_)) && next == at + 1 {
            // The article before a sign: "a $300 phone".
            return None;
        }
        // In "5 $20" the sign belongs to what it touches.
        let other = currency.symbol
            && self.gap(next) > 0
            && self.gap(next + 1) == 0
            && matches!(
                self.tokens.get(next + 1).map(|token| token.kind),
                Some(Kind::Number(..))
            );
        if other {
            return None;
        }
        // A sign behind an amount already in words: "400 US$", "5 $ USD".
        let (currency, after) = match self.currency(next + 1) {
            Some(second)
                if self.gap(next + 1) <= 1 && (currency.symbol != second.symbol) && self.amount(next + 2).is_none() =>
            {
                (if currency.symbol { second } else { currency }, next + 2)
            }
            _ => (currency, next + 1),
        };
        let (amount, after) = match self.scale(after) {
            Some(scale) if self.scale(next.saturating_sub(1)).is_none() && self.amount(after).is_some() => {
                (amount.scaled(scale), after + 1)
            }
            _ => (amount, after),
        };
        let (amount, after) = self.parts(amount, after, currency);
        Some(self.candidate(at, after, amount, currency))
    }

    /// "… and 45 cents", "3 euros 50", 10円5銭: the hundredths behind the whole.
    fn parts(&self, whole: Amount, next: usize, currency: &Currency) -> (Amount, usize) {
        if currency.parts != 1 || !whole.is_whole() {
            return (whole, next);
        }
        let joined = self.has(next, Sense::And) || self.has(next, Sense::Past);
        let number_at = next + usize::from(joined);
        if self.gap(number_at) > 1 {
            return (whole, next);
        }
        let Some((hundredths, after)) = self
            .amount(number_at)
            .filter(|(amount, _)| amount.below(100) && amount.is_whole())
        else {
            return (whole, next);
        };
        if let Some(minor) = self
            .currency(after)
            .filter(|minor| minor.parts > 1 && self.gap(after) <= 1)
        {
            return (whole.plus(hundredths.over(minor.parts)), after + 1);
        }
        let before = self.tokens[next - 1];
        let name = matches!(before.kind, Kind::Phrase(_));
        let two_digits = matches!(self.tokens[number_at].kind, Kind::Number(10..=99, 2)) && after == number_at + 1;
        let words = matches!(self.tokens[number_at].kind, Kind::Phrase(_)) && !hundredths.below(10) && !joined;
        let last = self
            .tokens
            .get(after)
            .is_none_or(|token| matches!(token.kind, Kind::Mark('.' | ',' | '!' | '?' | ')')));
        if name && (two_digits || words) && last {
            return (whole.plus(hundredths.over(100)), after);
        }
        (whole, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::fold::fold;
    use crate::entities::scan::scan;
    use parlance_schemas::labels::Language;

    fn amounts(text: &str, language: Language, region: &str) -> Vec<(String, String)> {
        let (mut folded, mut tokens, mut all) = (Vec::new(), Vec::new(), Vec::new());
        fold(text, &mut folded);
        let lexicon = Lexicon::of(language);
        scan(&folded, lexicon, language, &mut tokens);
        find(
            text,
            &tokens,
            &folded,
            lexicon,
            region.parse().expect("a region"),
            &mut all,
        );
        let shown = |found: Candidate| {
            let text: String = text.chars().skip(found.start).take(found.end - found.start).collect();
            (text, found.value.expect("money always has a value"))
        };
        all.into_iter().map(shown).collect()
    }

    #[test]
    fn every_language_has_its_ways() {
        for (text, language, region, amount, value) in [
            (
                "that is 1.234,56 € net",
                Language::De,
                "DE",
                "1.234,56 €",
                "1234.56 EUR",
            ),
            ("これは¥3千です", Language::Ja, "JP", "¥3千", "3000 JPY"),
            (
                "it cost 2 lakh rupees",
                Language::En,
                "IN",
                "2 lakh rupees",
                "200000 INR",
            ),
            ("only 20 bucks", Language::En, "US", "20 bucks", "20 USD"),
            ("一共五百块", Language::Zh, "CN", "五百块", "500 CNY"),
            ("배송비 3만원이에요", Language::Ko, "KR", "3만원", "30000 KRW"),
            ("المبلغ ١٢٣ ريال", Language::Ar, "SA", "١٢٣ ريال", "123 SAR"),
            ("paguei R$ 50 ontem", Language::Pt, "BR", "R$ 50", "50 BRL"),
            ("it was $20", Language::En, "AU", "$20", "20 AUD"),
            ("son 300 pesos", Language::Es, "AR", "300 pesos", "300 ARS"),
            ("cuesta 2 mil pesos", Language::Es, "MX", "2 mil pesos", "2000 MXN"),
            (
                "15 euros et 45 centimes",
                Language::Fr,
                "FR",
                "15 euros et 45 centimes",
                "15.45 EUR",
            ),
            ("zwei Euro fünfzig", Language::De, "DE", "zwei Euro fünfzig", "2.5 EUR"),
            (
                "costa 4 milioni di dollari",
                Language::It,
                "IT",
                "4 milioni di dollari",
                "4000000 USD",
            ),
            ("AED 250 per night", Language::En, "AE", "AED 250", "250 AED"),
            ("give me 50 cents", Language::En, "US", "50 cents", "0.5 USD"),
        ] {
            assert_eq!(
                amounts(text, language, region),
                [(amount.to_owned(), value.to_owned())],
                "{text}"
            );
        }
    }

    #[test]
    fn words_that_are_also_currencies_need_capitals_or_a_number_before_them() {
        for text in ["I won 5 games", "try 3 of them", "all 4 pens", "the real 7 wonders"] {
            assert_eq!(amounts(text, Language::En, "US"), [], "{text}");
        }
    }
}
