//! E-mail and web addresses.

use super::fold::in_word;
use super::{Candidate, EntityKind, MAX_ENTITIES};

/// A local part is no longer than 64 characters and a domain no longer than 255 (RFC 5321, 4.5.3.1).
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 255;
/// No browser takes a longer address.
const LONGEST_URL: usize = 2048;

/// Top-level domains of more than two letters that people write without a scheme. Those of two letters are taken as
/// they come: nearly all are countries (ISO 3166-1).
const LONG_DOMAINS: &str = include_str!("lexicon/domains.txt");

/// Two letters behind a full stop that are words far more often than countries, in lower-case running text.
const WORDS_OF_TWO: [&str; 20] = [
    "am", "as", "at", "be", "do", "hi", "id", "if", "in", "is", "it", "me", "my", "no", "of", "on", "or", "so", "to",
    "we",
];

/// Finds all addresses.
pub(super) fn find(folded: &[char], all: &mut Vec<Candidate>) {
    let first = all.len();
    let mut at = 0;
    let mut done = 0;
    while at < folded.len() && all.len() - first < MAX_ENTITIES {
        let found = match folded[at] {
            ':' if folded[at..].starts_with(&[':', '/', '/']) => url_with_scheme(folded, at, done),
            '@' => email(folded, at, done),
            '.' => bare_domain(folded, at, done),
            _ => None,
        };
        match found {
            Some(candidate) => {
                done = candidate.end;
                at = candidate.end.max(at + 1);
                all.push(candidate);
            }
            None => at += 1,
        }
    }
}

/// The address with its domain in lower case; the local part may tell case apart (RFC 5321, 2.4).
pub(super) fn email_value(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => text.to_owned(),
    }
}

fn text(folded: &[char]) -> String {
    folded.iter().collect()
}

fn ascii_word(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// `https://…`: up to the first character that cannot stand in an address.
fn url_with_scheme(folded: &[char], colon: usize, done: usize) -> Option<Candidate> {
    let scheme = ["https", "http", "ftp"].into_iter().find(|scheme| {
        let length = scheme.len();
        colon >= done + length && folded[colon - length..colon].iter().copied().eq(scheme.chars())
    })?;
    let start = colon - scheme.len();
    if start > 0 && folded[start - 1].is_ascii_alphanumeric() {
        return None;
    }
    let host = colon + 3;
    if !folded.get(host).is_some_and(|c| ascii_word(*c) || *c == '[') {
        return None;
    }
    // The host first: what has none is not read any further.
    let longest = folded.len().min(host + LONGEST_DOMAIN);
    let host_end = folded[host..longest]
        .iter()
        .position(|c| matches!(c, '/' | '?' | '#' | ':' | ' '))
        .map_or(longest, |n| host + n);
    let named = folded[host..host_end].contains(&'.') || folded[host..host_end].iter().copied().eq("localhost".chars());
    if !named {
        return None;
    }
    let end = trim(folded, host, address_end(folded, host));
    folded[host..end].iter().any(|c| ascii_word(*c)).then_some(Candidate {
        kind: EntityKind::Url,
        start,
        end,
        value: None,
    })
}

fn address_end(folded: &[char], from: usize) -> usize {
    let longest = folded.len().min(from + LONGEST_URL);
    let stop = |c: &char| {
        !(c.is_ascii_graphic() || (in_word(*c) && !c.is_ascii()))
            || matches!(c, '<' | '>' | '"' | '\'' | '`' | '{' | '}' | '|' | '\\' | '^')
    };
    folded[from..longest]
        .iter()
        .position(stop)
        .map_or(longest, |length| from + length)
}

/// Leaves off what ends the sentence and not the address.
fn trim(folded: &[char], from: usize, mut end: usize) -> usize {
    let count = |mark: char, end: usize| folded[from..end].iter().filter(|c| **c == mark).count();
    // Counted once and kept up to date, so that a long tail of brackets stays linear.
    let (mut open, mut close) = (count('(', end), count(')', end));
    let (mut square, mut square_close) = (count('[', end), count(']', end));
    while end > from {
        match folded[end - 1] {
            '.' | ',' | ';' | ':' | '!' | '?' | '*' | '~' | '_' => {}
            ')' if close > open => close -= 1,
            ']' if square_close > square => square_close -= 1,
            '(' => open -= 1,
            '[' => square -= 1,
            _ => break,
        }
        end -= 1;
    }
    end
}

/// The domain that begins here: labels with dots between them; its end, if its last label can be a top-level one.
fn domain(folded: &[char], start: usize) -> Option<(usize, usize)> {
    let longest = folded.len().min(start + LONGEST_DOMAIN);
    let mut at = start;
    let mut labels = 0;
    let mut last = start;
    let mut good = None;
    loop {
        let end = folded[at..longest]
            .iter()
            .position(|c| !(ascii_word(*c) || *c == '-'))
            .map_or(longest, |n| at + n);
        let label = &folded[at..end];
        if label.is_empty() || label.len() > 63 || label[0] == '-' || label[label.len() - 1] == '-' {
            break;
        }
        labels += 1;
        last = at;
        if labels > 1 && label.len() >= 2 && label.iter().all(char::is_ascii_alphabetic) {
            good = Some((last, end));
        }
        if folded.get(end) != Some(&'.') {
            break;
        }
        at = end + 1;
        if at >= longest {
            break;
        }
    }
    let (last_good, end) = good?;
    (last_good == last || folded.get(end) == Some(&'.')).then_some((last_good, end))
}

fn local(c: char) -> bool {
    ascii_word(c) || matches!(c, '.' | '_' | '%' | '+' | '-')
}

fn email(folded: &[char], sign: usize, done: usize) -> Option<Candidate> {
    let first = sign.saturating_sub(LONGEST_LOCAL).max(done);
    let length = folded[first..sign].iter().rev().take_while(|c| local(**c)).count();
    let start = sign - length;
    let name = &folded[start..sign];
    if name.is_empty()
        || name[0] == '.'
        || name[name.len() - 1] == '.'
        || name.windows(2).any(|pair| pair == ['.', '.'])
    {
        return None;
    }
    let literal = folded.get(sign + 1) == Some(&'[');
    let end = if literal {
        let close = folded[sign + 2..].iter().take(46).position(|c| *c == ']')?;
        let inside = &folded[sign + 2..sign + 2 + close];
        let address: String = inside.iter().collect();
        address.parse::<std::net::IpAddr>().ok()?;
        sign + 3 + close
    } else {
        let (_, end) = domain(folded, sign + 1)?;
        end
    };
    Some(Candidate {
        kind: EntityKind::Email,
        start,
        end,
        value: None,
    })
}

/// `www.…` and `name.tld`, the latter only for domains people know.
fn bare_domain(folded: &[char], dot: usize, done: usize) -> Option<Candidate> {
    let first = dot.saturating_sub(64).max(done);
    let length = folded[first..dot]
        .iter()
        .rev()
        .take_while(|c| ascii_word(**c) || **c == '-')
        .count();
    let start = dot - length;
    if length == 0 || folded[start] == '-' {
        return None;
    }
    if start > 0 && (matches!(folded[start - 1], '@' | '.' | '/' | '_' | ':' | '\\') || in_word(folded[start - 1])) {
        return None;
    }
    let (top, host_end) = domain(folded, start)?;
    if matches!(folded.get(host_end), Some('@')) || folded.get(host_end).is_some_and(|c| in_word(*c)) {
        return None;
    }
    let www = folded[start..dot] == ['w', 'w', 'w'];
    let label = text(&folded[top..host_end]);
    let known = match label.len() {
        2 => known_country(&label, folded, start, dot, top),
        _ => LONG_DOMAINS
            .lines()
            .any(|line| line.split(' ').any(|word| word == label)),
    };
    if !(www || known) {
        return None;
    }
    let path = folded.get(host_end).is_some_and(|c| matches!(c, '/' | '?' | '#'))
        || (folded.get(host_end) == Some(&':') && folded.get(host_end + 1).is_some_and(char::is_ascii_digit));
    let end = if path {
        trim(folded, host_end, address_end(folded, host_end)).max(host_end)
    } else {
        host_end
    };
    Some(Candidate {
        kind: EntityKind::Url,
        start,
        end,
        value: None,
    })
}

/// Whether two letters behind a full stop end an address and do not begin a sentence.
fn known_country(label: &str, folded: &[char], start: usize, dot: usize, top: usize) -> bool {
    let name = &folded[start..dot];
    let digits = name.iter().all(char::is_ascii_digit);
    if digits
        && matches!(
            label,
            "am" | "st" | "th" | "nd" | "rd" | "kg" | "cm" | "mm" | "km" | "hr"
        )
    {
        return false;
    }
    let labels = folded[start..top].iter().filter(|c| **c == '.').count();
    if WORDS_OF_TWO.contains(&label) && labels == 1 {
        // "done.it" is two sentences more often than an Italian shop; with a path it is an address.
        return folded.get(top + 2) == Some(&'/') && !digits;
    }
    name.len() > 1 && name.iter().any(char::is_ascii_alphanumeric) && label != "eg" && label != "ie"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::fold::fold;

    fn addresses(text: &str) -> Vec<String> {
        let (mut folded, mut all) = (Vec::new(), Vec::new());
        fold(text, &mut folded);
        find(&folded, &mut all);
        all.iter()
            .map(|found| text.chars().skip(found.start).take(found.end - found.start).collect())
            .collect()
    }

    #[test]
    fn addresses_end_before_the_sentence_does() {
        assert_eq!(
            addresses("See https://shop.example.com/a?b=1."),
            ["https://shop.example.com/a?b=1"]
        );
        assert_eq!(addresses("(http://a.org/x_(y))"), ["http://a.org/x_(y)"]);
        assert_eq!(addresses("详情 www.my-site.io/a，谢谢"), ["www.my-site.io/a"]);
        assert_eq!(addresses("寄到info@web.de谢谢"), ["info@web.de"]);
        assert_eq!(addresses("write to Ana.Perez@mail.co.jp!"), ["Ana.Perez@mail.co.jp"]);
    }

    #[test]
    fn bare_domains_are_those_people_know() {
        assert_eq!(
            addresses("bit.ly/2x and tienda.mx, microsoft.com"),
            ["bit.ly/2x", "tienda.mx", "microsoft.com"]
        );
        assert_eq!(addresses("I paid.it is done.please answer"), Vec::<String>::new());
        assert_eq!(addresses("at 7.am or 8.8.8.8 or e.g. v1.2"), Vec::<String>::new());
    }

    #[test]
    fn broken_addresses_are_none() {
        for text in [
            "Bob@abc",
            "a..bc@outlook.com is wrong",
            "https:// is none",
            "httt://",
            "@carol",
            "a@b.c",
        ] {
            assert!(
                !addresses(text)
                    .iter()
                    .any(|found| found.contains('@') || found.contains(':')),
                "{text}"
            );
        }
    }
}
