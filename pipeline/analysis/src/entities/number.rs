//! Amounts: digits with separators, words, Chinese and Korean numerals, and the scales behind them.

use super::lexicon::{Lexicon, Sense};
use super::scan::{Kind, Token};

/// How many millionths make one: an [`Amount`] has six decimals.
const ONE: u128 = 1_000_000;
/// No amount has more digits than this; what has is no amount of money.
const DIGITS: usize = 18;

/// A number of something, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Amount(u128);

impl Amount {
    /// A whole number.
    pub(super) fn whole(number: u64) -> Self {
        Self(u128::from(number).saturating_mul(ONE))
    }

    /// This divided by a whole number.
    pub(super) fn over(self, divisor: u32) -> Self {
        Self(self.0 / u128::from(divisor.max(1)))
    }

    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This multiplied by a scale named apart from it.
    pub(super) fn scaled(self, factor: u64) -> Self {
        self.times(factor)
    }

    fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(u128::from(factor)))
    }

    /// Whether there is nothing behind the decimal point.
    pub(super) fn is_whole(self) -> bool {
        self.0.is_multiple_of(ONE)
    }

    /// Whether less than the number.
    pub(super) fn below(self, number: u64) -> bool {
        self < Self::whole(number)
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0 / ONE, self.0 % ONE);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{part:06}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

/// A Chinese numeral: a digit below ten, or a power of ten.
pub(super) fn han_digit(c: char) -> Option<u64> {
    Some(match c {
        '〇' | '零' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '兩' | '贰' | '弐' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1000,
        '万' | '萬' => 10_000,
        '亿' | '億' => 100_000_000,
        '兆' => 1_000_000_000_000,
        _ => return None,
    })
}

/// The value of a run of Chinese numerals: with powers (二十九) or digit by digit (二〇一八). `None` when it is too
/// large, or begins with a power above a thousand, which belongs to digits before it.
pub(super) fn han_number(run: &[char]) -> Option<u64> {
    let (mut total, mut section, mut digit) = (0_u64, 0_u64, None);
    for c in run {
        match han_digit(*c)? {
            value @ 0..=9 => {
                digit = Some(digit.map_or(Some(value), |before: u64| before.checked_mul(10)?.checked_add(value))?)
            }
            power @ 10..=1000 => section = section.checked_add(digit.take().unwrap_or(1).checked_mul(power)?)?,
            power => {
                section = section.checked_add(digit.take().unwrap_or(0))?;
                if section == 0 {
                    return None;
                }
                total = total.checked_add(section.checked_mul(power)?)?;
                section = 0;
            }
        }
    }
    total.checked_add(section)?.checked_add(digit.unwrap_or(0))
}

/// An amount that begins at token `first`: its value and the token behind it.
///
/// Reads at most 24 tokens. `1.234,56`, `1,234.56`, `1 234,56`, `2.5 million`, `3千`, `2억 4천 7백만`, `five hundred`.
pub(super) fn amount(tokens: &[Token], folded: &[char], lexicon: &Lexicon, first: usize) -> Option<(Amount, usize)> {
    let (mut total, mut section) = (Amount::default(), Amount::default());
    let mut open: Option<Amount> = None;
    let mut at = first;
    let mut used = first;
    let mut scaled = false;
    while at < tokens.len() && at < first + 24 {
        let token = tokens[at];
        let mut next = at + 1;
        if at > first && token.start > tokens[at - 1].end + 2 {
            break;
        }
        if let Kind::Number(value, digits) = token.kind {
            if digits == 0 {
                // Chinese numerals, perhaps only powers that scale what is before them.
                let run = &folded[token.start..token.end];
                let power = run.iter().all(|c| han_digit(*c).is_some_and(|value| value >= 10));
                match (open, power) {
                    (Some(number), true) => {
                        let factor = run.iter().try_fold(1_u64, |all, c| all.checked_mul(han_digit(*c)?))?;
                        open = Some(number.times(factor));
                        scaled = true;
                    }
                    (Some(number), false) => {
                        let (head, rest) = run
                            .iter()
                            .position(|c| han_digit(*c).is_some_and(|v| v < 10))
                            .map(|cut| run.split_at(cut))?;
                        if head.is_empty() {
                            break;
                        }
                        let factor = head.iter().try_fold(1_u64, |all, c| all.checked_mul(han_digit(*c)?))?;
                        open = Some(number.times(factor).plus(Amount::whole(han_number(rest)?)));
                    }
                    (None, _) => {
                        open = Some(Amount::whole(if value == u32::MAX {
                            han_number(run)?
                        } else {
                            u64::from(value)
                        }));
                    }
                }
            } else {
                if open.is_some() {
                    // After Chinese powers more digits may follow: 30万9千.
                    if !scaled || tokens[at - 1].end != token.start {
                        break;
                    }
                    section = section.plus(open.take()?);
                }
                let (number, behind) = digits_with_separators(tokens, folded, at)?;
                open = Some(number);
                next = behind;
            }
        } else if let Some(number) = word(token, lexicon) {
            // The article of what follows is no number: "$2 billion a year".
            let article = scaled && number == 1 && token.end - token.start <= 2 && folded[token.start].is_ascii();
            match open {
                _ if article => break,
                None => open = Some(Amount::whole(u64::from(number))),
                Some(before) if at > first && before.is_whole() && fits_behind(before, number) => {
                    open = Some(before.plus(Amount::whole(u64::from(number))));
                }
                Some(_) => break,
            }
        } else if let Some(scale) = scale(token, lexicon, open.is_some() || section != Amount::default()) {
            if at == first && scale < 100 {
                break;
            }
            let glued_letter = token.end - token.start == 1 && folded[token.start].is_ascii_alphabetic();
            if glued_letter && (at == first || tokens[at - 1].end != token.start) {
                break;
            }
            if at == first && open.is_none() && token.end - token.start == 1 && folded[token.start].is_ascii() {
                break;
            }
            scaled = true;
            if scale < 10_000 && small_scale(folded[token.start], scale) {
                section = section.plus(open.take().unwrap_or(Amount::whole(1)).times(scale));
            } else {
                let number = section.plus(open.take().unwrap_or_default());
                let number = if number == Amount::default() {
                    Amount::whole(1)
                } else {
                    number
                };
                total = total.plus(number.times(scale));
                section = Amount::default();
            }
        } else if at > first && has(token, lexicon, |sense| *sense == Sense::And)
            || hyphen(token, folded) && open.is_some()
        {
            // "two hundred and fifty", "twenty-five": only if a number in words follows, checked by going on.
            let follows = tokens.get(at + 1).is_some_and(|next| word(*next, lexicon).is_some());
            if !follows {
                break;
            }
            at += 1;
            continue;
        } else {
            break;
        }
        at = next;
        used = next;
    }
    if used == first {
        return None;
    }
    Some((total.plus(section).plus(open.unwrap_or_default()), used))
}

fn hyphen(token: Token, folded: &[char]) -> bool {
    folded[token.start] == '-' && token.end == token.start + 1
}

/// Whether a spoken number goes on with a smaller one: "twenty" "five", "hundred" "five".
fn fits_behind(before: Amount, number: u32) -> bool {
    let before = before.0 / ONE;
    let number = u128::from(number);
    (20..100).contains(&before) && before.is_multiple_of(10) && number < 10
        || (100..1000).contains(&before) && before.is_multiple_of(100) && number < 100
        || (20..100).contains(&(before % 100)) && before.is_multiple_of(10) && number < 10
}

/// East Asian and western small powers add up within a section; western thousands multiply all before them.
fn small_scale(first: char, scale: u64) -> bool {
    scale < 1000 || ('\u{ac00}'..='\u{d7a3}').contains(&first)
}

fn has(token: Token, lexicon: &Lexicon, wanted: impl Fn(&Sense) -> bool) -> bool {
    matches!(token.kind, Kind::Phrase(phrase) if lexicon.senses(phrase).iter().any(wanted))
}

fn word(token: Token, lexicon: &Lexicon) -> Option<u32> {
    let Kind::Phrase(phrase) = token.kind else { return None };
    lexicon.senses(phrase).iter().find_map(|sense| match sense {
        Sense::Number(number) => Some(*number),
        _ => None,
    })
}

fn scale(token: Token, lexicon: &Lexicon, _after_number: bool) -> Option<u64> {
    let Kind::Phrase(phrase) = token.kind else { return None };
    lexicon.senses(phrase).iter().find_map(|sense| match sense {
        Sense::Scale(scale) => Some(*scale),
        _ => None,
    })
}

/// Digits with group and decimal separators.
///
/// One separator with three digits behind it groups, as prices do; the last of two kinds is the decimal one.
pub(super) fn digits_with_separators(tokens: &[Token], folded: &[char], first: usize) -> Option<(Amount, usize)> {
    let mut groups: Vec<(char, Token)> = Vec::new();
    let mut at = first + 1;
    while groups.len() < 8 {
        let before = tokens[at - 1];
        let Some(mark) = tokens.get(at) else { break };
        let (separator, number) = match mark.kind {
            Kind::Mark(mark_char @ ('.' | ',' | '\'')) if mark.start == before.end => {
                let Some(number) = tokens.get(at + 1).filter(|number| number.start == mark.end) else {
                    break;
                };
                (mark_char, *number)
            }
            Kind::Number(_, 3) if mark.start == before.end + 1 && tokens[first].end - tokens[first].start <= 3 => {
                at -= 1;
                (' ', *mark)
            }
            _ => break,
        };
        if !matches!(number.kind, Kind::Number(_, 1..)) {
            break;
        }
        // Once decimals have begun, nothing follows; a new kind of separator begins them.
        let length = number.end - number.start;
        let kinds_before = groups.iter().any(|(kind, _)| *kind != separator);
        if kinds_before
            && groups
                .last()
                .is_some_and(|(last, _)| *last != separator && groups[0].0 != *last)
        {
            break;
        }
        if separator == ' ' && length != 3 {
            break;
        }
        groups.push((separator, number));
        at += 2;
        if length != 3 {
            break;
        }
    }
    let decimal = match groups.as_slice() {
        [] => false,
        [(separator, number)] => {
            let zero_ahead = tokens[first].end - tokens[first].start == 1 && folded[tokens[first].start] == '0';
            let long_ahead = tokens[first].end - tokens[first].start > 3;
            number.end - number.start != 3 || zero_ahead || (long_ahead && *separator != ' ')
        }
        [.., (before, _), (last, number)] => before != last || number.end - number.start != 3,
    };
    let whole_groups = if decimal {
        &groups[..groups.len() - 1]
    } else {
        &groups[..]
    };
    let mut value: u128 = 0;
    let mut count = 0;
    let pieces = std::iter::once(tokens[first]).chain(whole_groups.iter().map(|(_, token)| *token));
    for piece in pieces {
        for c in &folded[piece.start..piece.end] {
            value = value.saturating_mul(10).saturating_add(u128::from(c.to_digit(10)?));
            count += 1;
            if count > DIGITS {
                return None;
            }
        }
    }
    value = value.saturating_mul(ONE);
    if let (true, Some((_, last))) = (decimal, groups.last()) {
        let mut weight = ONE;
        for c in folded[last.start..last.end].iter().take(6) {
            weight /= 10;
            value = value.saturating_add(u128::from(c.to_digit(10)?).saturating_mul(weight));
        }
    }
    Some((Amount(value), at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::fold::fold;
    use crate::entities::scan::scan;
    use parlance_schemas::labels::Language;

    fn read(text: &str, language: Language) -> Option<String> {
        let (mut folded, mut tokens) = (Vec::new(), Vec::new());
        fold(text, &mut folded);
        let lexicon = Lexicon::of(language);
        scan(&folded, lexicon, language, &mut tokens);
        amount(&tokens, &folded, lexicon, 0).map(|(amount, _)| amount.to_string())
    }

    #[test]
    fn separators_of_both_conventions() {
        for (text, value) in [
            ("1.234,56", "1234.56"),
            ("1,234.56", "1234.56"),
            ("1 234,56", "1234.56"),
            ("1'234.50", "1234.5"),
            ("48.000", "48000"),
            ("12,5", "12.5"),
            ("0.125", "0.125"),
            ("21,000,000", "21000000"),
            ("٣٫٥", "3.5"),
        ] {
            assert_eq!(read(text, Language::En).as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn words_and_scales() {
        for (text, language, value) in [
            ("five hundred", Language::En, "500"),
            ("two hundred and fifty", Language::En, "250"),
            ("twenty-five", Language::En, "25"),
            ("2.38 billion", Language::En, "2380000000"),
            ("2 lakh", Language::En, "200000"),
            ("5k", Language::En, "5000"),
            ("6,65 mil millones", Language::Es, "6650000000"),
            ("cinque milioni", Language::It, "5000000"),
            ("3千", Language::Ja, "3000"),
            ("五百", Language::Zh, "500"),
            ("3만", Language::Ko, "30000"),
            ("2억 4천 7백만", Language::Ko, "247000000"),
            ("30만9천381", Language::Ko, "309381"),
            ("四十九兆九千五百九十二億", Language::Ja, "49959200000000"),
        ] {
            assert_eq!(read(text, language).as_deref(), Some(value), "{text}");
        }
    }
}
