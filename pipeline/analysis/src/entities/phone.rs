//! Telephone numbers.
//!
//! What looks like a number is found by its digits and the marks between them; libphonenumber's metadata then says
//! what it is in E.164.

use phonenumber::country;

use super::lexicon::{Lexicon, Sense};
use super::region::Region;
use super::scan::{Kind, Token};
use super::{Candidate, EntityKind, MAX_ENTITIES};

/// A number has at least so many digits.
pub(super) const FEWEST_DIGITS: usize = 6;
/// E.164 allows fifteen digits; a trunk prefix or an international prefix may stand before them.
const MOST_DIGITS: usize = 18;
/// Digits and the marks between them.
const LONGEST: usize = 40;
/// How many tokens back a word that announces a phone number may stand.
const BACK: usize = 8;

/// Loads the metadata of phone numbers.
pub(super) fn warm_up() {
    // The parsed number is of no interest, only that parsing needs the metadata.
    drop(phonenumber::parse(None, "+12015550123"));
}

/// Digits and marks that may be a phone number.
struct Shape {
    start: usize,
    end: usize,
    /// Where the digits of an extension begin.
    main_end: usize,
    digits: usize,
    groups: Vec<(usize, char)>,
    plus: bool,
}

/// Finds all phone numbers.
pub(super) fn find(tokens: &[Token], folded: &[char], lexicon: &Lexicon, region: Region, all: &mut Vec<Candidate>) {
    let first = all.len();
    let mut done = 0;
    for (at, token) in tokens.iter().enumerate() {
        if all.len() - first >= MAX_ENTITIES {
            break;
        }
        if token.start < done || !matches!(token.kind, Kind::Number(_, 1..) | Kind::Mark('+' | '(')) {
            continue;
        }
        let Some(shape) = shape(folded, token.start) else {
            continue;
        };
        // What is no number as a whole is none in part: skipping it keeps the work linear.
        done = shape.end;
        if shape.digits > MOST_DIGITS || !stands_alone(folded, &shape) {
            continue;
        }
        let context = context(tokens, lexicon, at);
        let behind = tokens[at..].iter().take(LONGEST).find(|token| token.start >= shape.end);
        let price = behind.is_some_and(|token| token.start <= shape.end + 1 && is_currency(*token, lexicon))
            || at > 0 && tokens[at - 1].end + 1 >= shape.start && is_currency(tokens[at - 1], lexicon);
        if price || !plausible(folded, &shape, context) {
            continue;
        }
        let value = value(folded, &shape, region);
        if shape.groups.len() == 1
            && !shape.plus
            && context == Context::None
            && !likely(folded, &shape, value.is_some())
        {
            continue;
        }
        all.push(Candidate {
            kind: EntityKind::Phone,
            start: shape.start,
            end: shape.end,
            value,
        });
    }
}

fn is_currency(token: Token, lexicon: &Lexicon) -> bool {
    matches!(token.kind, Kind::Phrase(phrase) if lexicon.senses(phrase).iter().any(|sense| matches!(sense, Sense::Currency(_))))
}

/// What the words before the number say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    Telephone,
    OtherNumber,
    None,
}

fn context(tokens: &[Token], lexicon: &Lexicon, at: usize) -> Context {
    for token in tokens[at.saturating_sub(BACK)..at].iter().rev() {
        let Kind::Phrase(phrase) = token.kind else { continue };
        for sense in lexicon.senses(phrase) {
            match sense {
                Sense::Telephone => return Context::Telephone,
                Sense::OtherNumber => return Context::OtherNumber,
                _ => {}
            }
        }
    }
    Context::None
}

/// Reads digits with spaces, hyphens, full stops, slashes and brackets between them, and an extension.
fn shape(folded: &[char], start: usize) -> Option<Shape> {
    let mut groups: Vec<(usize, char)> = Vec::new();
    let mut digits = 0;
    let mut position = start;
    let mut end = start;
    let mut plus = false;
    let limit = folded.len().min(start + LONGEST);
    while position < limit {
        let from = position;
        while position < limit && matches!(folded[position], ' ' | '-' | '.' | '/' | '(' | ')' | '+' | '\0') {
            position += 1;
        }
        let marks = &folded[from..position];
        let length = folded[position..]
            .iter()
            .take(MOST_DIGITS + 1)
            .take_while(|c| c.is_ascii_digit())
            .count();
        if length == 0 {
            break;
        }
        if groups.is_empty() {
            plus = marks.contains(&'+');
            if marks.len() > 3 || marks.iter().any(|mark| matches!(mark, '-' | '.' | '/')) {
                return None;
            }
        } else {
            if !may_join(marks, folded, position, length, digits) {
                break;
            }
        }
        let mark = marks
            .iter()
            .copied()
            .find(|mark| *mark != ' ')
            .unwrap_or(if marks.is_empty() { '\0' } else { ' ' });
        groups.push((length, mark));
        digits += length;
        position += length;
        end = position;
        if digits > MOST_DIGITS {
            // Far too many: skip the whole run of digits.
            end += folded[end..].iter().take_while(|c| c.is_ascii_digit()).count();
            break;
        }
    }
    if digits < FEWEST_DIGITS {
        return None;
    }
    // A bracket that is never closed is not part of the number.
    let mut start = start;
    let inside = &folded[start..end];
    if folded[start] == '(' && !inside.contains(&')') {
        start += 1;
    }
    let main_end = end;
    let end = extension(folded, end);
    Some(Shape {
        start,
        end,
        main_end,
        digits,
        groups,
        plus,
    })
}

/// Whether the marks before the next group join it to the number.
fn may_join(marks: &[char], folded: &[char], group: usize, length: usize, digits: usize) -> bool {
    let spaces = marks.iter().filter(|mark| **mark == ' ').count();
    let other = marks.iter().filter(|mark| !matches!(mark, ' ' | '(' | ')')).count();
    if marks.len() > 4 || spaces > 2 || other > 1 || marks.contains(&'+') {
        return false;
    }
    // Two numbers side by side, or a number and a date.
    let next = &folded[group + length..(group + length + 4).min(folded.len())];
    let date = spaces > 0 && matches!(next.first(), Some('/' | ':')) && digits >= 7;
    let another = spaces > 0
        && digits >= 7
        && (digits >= 9 && length >= 7 || (digits >= 9 && length >= 4 && matches!(next.first(), Some('-'))));
    !(date || another || spaces > 0 && other == 0 && !marks.contains(&'(') && digits >= 10 && length >= 5)
}

/// "x123", "ext. 123" right behind the number.
fn extension(folded: &[char], end: usize) -> usize {
    let rest = &folded[end..folded.len().min(end + 12)];
    let spaces = rest.iter().take_while(|c| **c == ' ').count().min(1);
    let rest = &rest[spaces..];
    let word = if rest.starts_with(&['e', 'x', 't', '.']) {
        4
    } else if rest.starts_with(&['e', 'x', 't']) {
        3
    } else if rest.starts_with(&['x']) {
        1
    } else {
        return end;
    };
    let gap = usize::from(rest.get(word) == Some(&' '));
    let digits = rest[word + gap..].iter().take_while(|c| c.is_ascii_digit()).count();
    if (2..=6).contains(&digits) {
        end + spaces + word + gap + digits
    } else {
        end
    }
}

/// Whether the number is not a part of something longer: a word, a sum, an address.
fn stands_alone(folded: &[char], shape: &Shape) -> bool {
    let before = |back: usize| shape.start.checked_sub(back).map(|at| folded[at]);
    let joined = match before(1) {
        // "is+45 12…": the plus sign says that a number begins.
        Some(c) if shape.plus => c.is_ascii_digit() || matches!(c, ')' | '+' | '_' | '#' | '*' | '='),
        Some('-') => match before(2) {
            Some(c) => c.is_ascii_digit() || c == ' ',
            None => true,
        },
        Some('.' | ',') => before(2).is_some_and(|c| c.is_ascii_digit()),
        Some('/') => before(2).is_none_or(|c| c != ' '),
        Some(c) => {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '#' | '*' | '=' | '+' | '$' | '€' | '£' | '¥' | '@' | '\\')
        }
        None => false,
    };
    let after = |ahead: usize| folded.get(shape.end + ahead).copied();
    let goes_on = match after(0) {
        Some(c) if c.is_ascii_alphanumeric() => true,
        Some('%' | '*' | '=' | '_' | '€' | '$' | '£') => true,
        Some('-') => after(1).is_some_and(|c| c.is_ascii_alphanumeric()) && after(1).is_none_or(|c| c.is_ascii_digit()),
        Some('+' | '/' | ':') => after(1).is_some_and(|c| c.is_ascii_digit()),
        _ => false,
    };
    !joined && !goes_on
}

/// Whether digits grouped so can be a phone number and are not more likely something else.
fn plausible(folded: &[char], shape: &Shape, context: Context) -> bool {
    let lengths: Vec<usize> = shape.groups.iter().map(|(length, _)| *length).collect();
    let marks: Vec<char> = shape.groups.iter().skip(1).map(|(_, mark)| *mark).collect();
    let all = |mark: char| !marks.is_empty() && marks.iter().all(|m| *m == mark);
    if shape.plus {
        return shape.digits >= 7;
    }
    if context == Context::OtherNumber {
        return false;
    }
    let first: String = folded[shape.start..shape.main_end]
        .iter()
        .filter(|c| c.is_ascii_digit())
        .collect();
    let trunk = first.starts_with('0');
    let fewest = match context {
        Context::Telephone if trunk => 6,
        Context::Telephone if marks.is_empty() => 7,
        _ => 8,
    };
    if shape.digits < fewest || shape.digits > 15 && !first.starts_with("00") {
        return false;
    }
    // Dates, social security numbers, decimals, addresses of computers, cards.
    let date = matches!(lengths.as_slice(), [4, 1..=2, 1..=2] | [1..=2, 1..=2, 4])
        && (all('-') || all('/') || all('.') || all(' '));
    let years = lengths == [4, 4] && (all('/') || all('-')) && context != Context::Telephone;
    let security = lengths == [3, 2, 4] && all('-');
    let decimal = marks == ['.'] && context != Context::Telephone;
    let computer = lengths.len() == 4 && all('.') && lengths.iter().all(|length| *length <= 3);
    let card = lengths.len() >= 4 && lengths[..3] == [4, 4, 4] && shape.digits >= 15;
    let groups_of_three = all('.')
        && lengths[1..].iter().all(|length| *length == 3)
        && lengths[0] <= 3
        && context != Context::Telephone
        && !trunk
        && shape.digits != 9;
    let too_broken = lengths.iter().filter(|length| **length == 1).count() > 2;
    let mut open = 0_i32;
    let nested = folded[shape.start..shape.main_end].iter().any(|c| {
        open += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        open > 1
    });
    let long_first = lengths.len() > 1 && lengths[0] >= 9 && lengths[1] >= 5;
    !(date || years || security || decimal || computer || card || groups_of_three || too_broken || nested || long_first)
}

/// Whether a plain run of digits that nothing announces is a phone number rather than any other number.
fn likely(folded: &[char], shape: &Shape, valid: bool) -> bool {
    match shape.digits {
        9..=12 => true,
        8 => valid,
        13..=15 => folded[shape.start..].starts_with(&['0', '0']),
        _ => false,
    }
}

/// The number in E.164, if it is one of the region or of the country it names.
fn value(folded: &[char], shape: &Shape, region: Region) -> Option<String> {
    let mut digits = String::with_capacity(MOST_DIGITS + 1);
    if shape.plus {
        digits.push('+');
    }
    let main = &folded[shape.start..shape.main_end];
    // "+44 (0)20": the trunk zero in brackets is dialled at home only.
    let mut at = 0;
    while at < main.len() {
        if shape.plus && main[at..].starts_with(&['(', '0', ')']) {
            at += 3;
            continue;
        }
        if main[at].is_ascii_digit() {
            digits.push(main[at]);
        }
        at += 1;
    }
    if let Some(international) = digits.strip_prefix("00") {
        digits = format!("+{international}");
    }
    // With a region the parser takes a leading 1 behind a foreign country code for a trunk prefix.
    let country = if digits.starts_with('+') {
        None
    } else {
        region.as_str().parse::<country::Id>().ok()
    };
    let number = phonenumber::parse(country, &digits).ok()?;
    let national = number.national().to_string();
    let known = phonenumber::metadata::DATABASE.by_code(&number.country().code())?;
    known
        .iter()
        .any(|metadata| metadata.descriptors().general().is_match(&national))
        .then(|| number.format().mode(phonenumber::Mode::E164).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::fold::fold;
    use crate::entities::scan::scan;
    use parlance_schemas::labels::Language;

    fn numbers(text: &str, region: &str) -> Vec<(String, Option<String>)> {
        let (mut folded, mut tokens, mut all) = (Vec::new(), Vec::new(), Vec::new());
        fold(text, &mut folded);
        let lexicon = Lexicon::of(Language::En);
        scan(&folded, lexicon, Language::En, &mut tokens);
        find(&tokens, &folded, lexicon, region.parse().expect("a region"), &mut all);
        let shown = |found: Candidate| {
            (
                text.chars().skip(found.start).take(found.end - found.start).collect(),
                found.value,
            )
        };
        all.into_iter().map(shown).collect()
    }

    #[test]
    fn national_numbers_are_of_the_region() {
        for (text, region, number, value) in [
            ("call (510) 797-3941 now", "US", "(510) 797-3941", "+15107973941"),
            ("reach me at 030 901820", "DE", "030 901820", "+4930901820"),
            ("my number is +49 (0)30 901820", "US", "+49 (0)30 901820", "+4930901820"),
            ("0044 20 7946 0958", "ES", "0044 20 7946 0958", "+442079460958"),
            ("tel 11 96907-3422", "BR", "11 96907-3422", "+5511969073422"),
            ("٠٥١٢٣٤٥٦٧٨", "SA", "٠٥١٢٣٤٥٦٧٨", "+966512345678"),
            ("13125951300", "CN", "13125951300", "+8613125951300"),
        ] {
            assert_eq!(
                numbers(text, region),
                [(number.to_owned(), Some(value.to_owned()))],
                "{text}"
            );
        }
    }

    #[test]
    fn other_numbers_are_none() {
        for text in [
            "2018-11-19",
            "19/11/2018",
            "200.38294427",
            "192.168.100.100",
            "card 4111 1111 1111 1111",
            "account 12345678",
            "s666666666",
            "1,234,567",
            "3333*2=6666",
            "45000000 euros",
            "1546300800000",
        ] {
            assert_eq!(numbers(text, "US"), [], "{text}");
        }
    }

    #[test]
    fn two_numbers_side_by_side_stay_two() {
        let found = numbers("13604779660 13604770960", "CN");
        assert_eq!(found.len(), 2);
    }
}
