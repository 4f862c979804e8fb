//! Order, booking and parcel numbers: by the word before them, or by the shape of a carrier's number.

use super::lexicon::{Lexicon, Sense};
use super::scan::{Kind, Token};
use super::{Candidate, EntityKind, MAX_ENTITIES};

/// An order number has at least as many digits; fewer are a quantity.
pub(super) const FEWEST_DIGITS: usize = 3;
/// A carrier's number is no longer than 34 characters (FedEx door tags and GS1 labels included).
const LONGEST: usize = 34;
/// Between the word and the number stand at most so many tokens: "my order number is".
const BETWEEN: usize = 5;

/// Finds all numbers of orders and parcels.
pub(super) fn find(tokens: &[Token], folded: &[char], lexicon: &Lexicon, all: &mut Vec<Candidate>) {
    let first = all.len();
    let mut at = 0;
    while at < tokens.len() && all.len() - first < MAX_ENTITIES {
        let found = if is(tokens[at], lexicon, |sense| *sense == Sense::Order) {
            labelled(tokens, folded, lexicon, at)
        } else {
            shaped(tokens, folded, at)
        };
        match found {
            Some((candidate, next)) => {
                all.push(candidate);
                at = next;
            }
            None => at += 1,
        }
    }
}

fn is(token: Token, lexicon: &Lexicon, wanted: impl Fn(&Sense) -> bool) -> bool {
    matches!(token.kind, Kind::Phrase(phrase) if lexicon.senses(phrase).iter().any(wanted))
}

/// Letters, digits and the hyphens between them from here on.
fn code(folded: &[char], start: usize) -> usize {
    let longest = folded.len().min(start + LONGEST + 1);
    let mut end = start;
    while end < longest {
        let c = folded[end];
        let joins = c == '-' && folded.get(end + 1).is_some_and(char::is_ascii_alphanumeric) && end > start;
        if !(c.is_ascii_alphanumeric() || joins) {
            break;
        }
        end += 1;
    }
    end
}

fn digits(folded: &[char]) -> usize {
    folded.iter().filter(|c| c.is_ascii_digit()).count()
}

fn value(folded: &[char]) -> Option<String> {
    Some(folded.iter().collect::<String>().to_ascii_uppercase())
}

/// The number behind "order", "pedido", 单号.
fn labelled(tokens: &[Token], folded: &[char], lexicon: &Lexicon, word: usize) -> Option<(Candidate, usize)> {
    let mut hash = false;
    let mut said_number = false;
    for at in word + 1..tokens.len().min(word + 2 + BETWEEN) {
        let token = tokens[at];
        let c = folded[token.start];
        if matches!(
            token.kind,
            Kind::Mark(':' | '#' | '.' | '(' | '№' | '°' | ',' | '"' | '\'')
        ) {
            hash |= c == '#' || c == '№' || c == ':';
            continue;
        }
        let end = code(folded, token.start);
        let run = &folded[token.start..end.max(token.start)];
        let count = digits(run);
        // A plain number needs more digits than one that is announced or has letters.
        let mixed = count < run.len();
        let fewest = if hash || said_number {
            FEWEST_DIGITS
        } else if mixed {
            4
        } else {
            5
        };
        let before = token.start.checked_sub(1).map(|before| folded[before]);
        let inside = before.is_some_and(|c| c.is_ascii_alphanumeric());
        if count >= fewest && run.len() <= LONGEST && !inside && !ends_as_amount(tokens, folded, lexicon, at, end) {
            let next = tokens[at..]
                .iter()
                .take(LONGEST)
                .position(|token| token.start >= end)
                .map_or(tokens.len(), |n| at + n);
            let candidate = Candidate {
                kind: EntityKind::Order,
                start: token.start,
                end,
                value: value(run),
            };
            return Some((candidate, next));
        }
        let label = is(token, lexicon, |sense| {
            matches!(sense, Sense::NumberWord | Sense::Order | Sense::Glue)
        });
        if !label {
            return None;
        }
        said_number |= is(token, lexicon, |sense| *sense == Sense::NumberWord) && end - token.start != 1;
    }
    None
}

/// Whether the number goes on as a date, an amount or a percentage.
fn ends_as_amount(tokens: &[Token], folded: &[char], lexicon: &Lexicon, at: usize, end: usize) -> bool {
    let following = tokens[at + 1..].iter().take(LONGEST).find(|token| token.start >= end);
    let currency = following.is_some_and(|token| {
        token.start <= end + 1 && is(*token, lexicon, |sense| matches!(sense, Sense::Currency(_)))
    });
    let next = folded.get(end).copied();
    let goes_on = matches!(next, Some('.' | ',' | '/' | ':' | '%' | '@'))
        && (next == Some('%') || folded.get(end + 1).is_some_and(char::is_ascii_digit));
    let run = &folded[tokens[at].start..end];
    let date = run.len() == 10 && run[4] == '-' && run[7] == '-';
    currency || goes_on || date
}

/// A number whose shape alone says what it is: the S10 of the Universal Postal Union (two letters, nine digits, a
/// country) and UPS's, which begins with 1Z.
fn shaped(tokens: &[Token], folded: &[char], at: usize) -> Option<(Candidate, usize)> {
    let start = tokens[at].start;
    let before = start.checked_sub(1).map(|before| folded[before]);
    if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-') || !folded[start].is_ascii_alphanumeric() {
        return None;
    }
    let end = code(folded, start);
    let run = &folded[start..end];
    let ups = run.len() == 18 && run[0] == '1' && run[1] == 'z' && digits(run) >= 9;
    if !(ups || postal(run)) {
        return None;
    }
    let next = tokens[at..]
        .iter()
        .take(LONGEST)
        .position(|token| token.start >= end)
        .map_or(tokens.len(), |n| at + n);
    Some((
        Candidate {
            kind: EntityKind::Order,
            start,
            end,
            value: value(run),
        },
        next,
    ))
}

/// An identifier of the Universal Postal Union's standard S10. The check digit is not checked: a number with a typing
/// error is still the number the customer asks about.
fn postal(run: &[char]) -> bool {
    let [a, b, number @ .., c, d] = run else { return false };
    let letters = [a, b, c, d].iter().all(|c| c.is_ascii_alphabetic());
    letters && number.len() == 9 && number.iter().all(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::fold::fold;
    use crate::entities::scan::scan;
    use parlance_schemas::labels::Language;

    fn orders(text: &str, language: Language) -> Vec<String> {
        let (mut folded, mut tokens, mut all) = (Vec::new(), Vec::new(), Vec::new());
        fold(text, &mut folded);
        let lexicon = Lexicon::of(language);
        scan(&folded, lexicon, language, &mut tokens);
        find(&tokens, &folded, lexicon, &mut all);
        all.into_iter().filter_map(|found| found.value).collect()
    }

    #[test]
    fn numbers_behind_a_word_for_them() {
        for (text, language, number) in [
            ("Where is my order #12345?", Language::En, "12345"),
            ("order number is AB-9921-X", Language::En, "AB-9921-X"),
            ("mi pedido 8106512 no llegó", Language::Es, "8106512"),
            ("commande n° 445566", Language::Fr, "445566"),
            ("Bestellnummer: 4711-0815", Language::De, "4711-0815"),
            ("ordine numero 99182", Language::It, "99182"),
            ("meu pedido nº 20931", Language::Pt, "20931"),
            ("رقم الطلب ١٢٣٤٥٦", Language::Ar, "123456"),
            ("单号SF1234567890", Language::Zh, "SF1234567890"),
            ("注文番号：10023456", Language::Ja, "10023456"),
            ("주문번호 2018110912", Language::Ko, "2018110912"),
            ("tracking 1Z999AA10123456784", Language::En, "1Z999AA10123456784"),
        ] {
            assert_eq!(orders(text, language), [number], "{text}");
        }
    }

    #[test]
    fn a_parcel_by_its_shape() {
        assert_eq!(orders("RR473124829GB has not come", Language::En), ["RR473124829GB"]);
        assert_eq!(orders("RR47312482GB has not come", Language::En), Vec::<String>::new());
    }

    #[test]
    fn quantities_and_prices_are_no_orders() {
        for text in [
            "I want to order 2 pizzas",
            "my order of 12000 euros",
            "order by 2018-11-19",
            "order 12.50",
        ] {
            assert_eq!(orders(text, Language::En), Vec::<String>::new(), "{text}");
        }
    }
}
