//! Short texts in few bytes: what is digits or hexadecimal in them takes half a byte a character, what began like an earlier one
//! is not said again, and Meta's message ids are taken for the bytes they are the base64 of.
//!
//! A text is a row of runs. Each begins with a byte: two bits for what it is of, one for the last, five for how much.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::bytes::Reader;

/// What a run is of: bytes as they are; decimal digits; pairs of hexadecimal digits, in capitals; those and a zero byte.
const AS_IT_IS: u8 = 0;
const DIGITS: u8 = 1 << 6;
const PAIRS: u8 = 2 << 6;
const PAIRS_AND_ZERO: u8 = 3 << 6;
const KIND: u8 = 3 << 6;
const LAST: u8 = 1 << 5;
/// The most of a run.
const MOST: usize = 31;
/// Fewer digits are not worth a run of their own.
const WORTH: usize = 4;

/// What message ids begin with before their base64.
const SCHEME: &str = "wamid.";
/// Of the byte before an id: that it is [`SCHEME`] and base64; which of those before it has the same beginning; of what length.
const IS_BASE64: u8 = 1 << 7;
const BACK: u8 = 3 << 5;
const BACK_MAX: usize = 3;
const SHARED: u8 = MOST as u8;

/// Appends a text.
pub(super) fn put(text: &[u8], to: &mut Vec<u8>) {
    let mut rest = text;
    loop {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let figures = hexadecimals(rest);
        let (kind, length, taken) = if digits >= WORTH && digits == figures {
            let length = digits.min(MOST);
            (DIGITS, length, length)
        } else if figures >= WORTH {
            let length = (figures / 2).min(MOST);
            let is_all = 2 * length == figures && rest.get(figures) == Some(&0);
            let kind = if is_all { PAIRS_AND_ZERO } else { PAIRS };
            (kind, length, 2 * length + usize::from(is_all))
        } else {
            let starts = (1..rest.len()).find(|start| hexadecimals(&rest[*start..]) >= WORTH);
            let length = starts.unwrap_or(rest.len()).min(MOST);
            (AS_IT_IS, length, length)
        };
        let (run, left) = rest.split_at(taken);
        let last = if left.is_empty() { LAST } else { 0 };
        to.push(kind | last | length as u8);
        match kind {
            AS_IT_IS => to.extend_from_slice(run),
            DIGITS => to.extend(
                run.chunks(2)
                    .map(|pair| figure(pair[0]) << 4 | pair.get(1).map_or(0, |low| figure(*low))),
            ),
            _ => to.extend(
                run[..2 * length]
                    .chunks(2)
                    .map(|pair| figure(pair[0]) << 4 | figure(pair[1])),
            ),
        }
        if left.is_empty() {
            return;
        }
        rest = left;
    }
}

/// Reads a text that [`put`] wrote, to the end of `to`.
pub(super) fn take(from: &mut Reader<'_>, to: &mut Vec<u8>) {
    loop {
        let head = from.byte();
        let length = usize::from(head & MOST as u8);
        match head & KIND {
            AS_IT_IS => to.extend_from_slice(from.bytes(length)),
            DIGITS => {
                let end = to.len() + length;
                for pair in from.bytes(length.div_ceil(2)) {
                    to.extend([digit(pair >> 4), digit(pair & 15)]);
                }
                to.truncate(end);
            }
            kind => {
                for pair in from.bytes(length) {
                    to.extend([digit(pair >> 4), digit(pair & 15)]);
                }
                if kind == PAIRS_AND_ZERO {
                    to.push(0);
                }
            }
        }
        if head & LAST != 0 {
            return;
        }
    }
}

/// How many bytes of a beginning are hexadecimal digits in capitals.
fn hexadecimals(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_hexadecimal(**byte)).count()
}

fn is_hexadecimal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'F')
}

fn figure(digit: u8) -> u8 {
    if digit.is_ascii_digit() {
        digit - b'0'
    } else {
        digit - b'A' + 10
    }
}

fn digit(figure: u8) -> u8 {
    if figure < 10 { b'0' + figure } else { b'A' + figure - 10 }
}

/// Message ids, one after the other: each may begin as one of the three before it does.
#[derive(Default)]
pub(super) struct Ids {
    /// Of all so far, what each is without its scheme and base64.
    bare: Vec<u8>,
    /// Where each ends in it.
    ends: Vec<usize>,
    written: String,
}

impl Ids {
    /// The bytes of the id that is so many before the next, 1 for the last.
    fn back(&self, back: usize) -> &[u8] {
        let Some(place) = self.ends.len().checked_sub(back) else {
            return &[];
        };
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bare[begin..self.ends[place]]
    }

    /// Appends the next id.
    pub(super) fn put(&mut self, id: &str, to: &mut Vec<u8>) {
        let begin = self.bare.len();
        let base64 = id.strip_prefix(SCHEME);
        // Only what would be written alike again is read.
        let is_base64 = base64.is_some_and(|base64| STANDARD.decode_vec(base64, &mut self.bare).is_ok());
        if !is_base64 {
            self.bare.truncate(begin);
            self.bare.extend_from_slice(id.as_bytes());
        }
        let bare = &self.bare[begin..];
        let shared = |back: &usize| {
            let pairs = self.back(*back).iter().zip(bare);
            pairs.take_while(|(a, b)| a == b).count().min(MOST)
        };
        let back = (1..=BACK_MAX)
            .max_by_key(|back| (shared(back), BACK_MAX - back))
            .expect("there are some");
        let mut same = shared(&back);
        // Pairs stay pairs.
        if same > 0 && is_hexadecimal(bare[same - 1]) && hexadecimals(&bare[same..]) % 2 == 1 {
            same -= 1;
        }
        let back = if same == 0 { 0 } else { back as u8 };
        let kind = if is_base64 { IS_BASE64 } else { 0 };
        to.push(kind | back << 5 | same as u8);
        put(&bare[same..], to);
        self.ends.push(self.bare.len());
    }

    /// Reads the next id.
    pub(super) fn take(&mut self, from: &mut Reader<'_>) -> &str {
        let head = from.byte();
        let (begin, back) = (self.bare.len(), usize::from((head & BACK) >> 5));
        if back > 0 {
            let earlier = self.ends.len() - back;
            let start = earlier.checked_sub(1).map_or(0, |before| self.ends[before]);
            self.bare.extend_from_within(start..start + usize::from(head & SHARED));
        }
        take(from, &mut self.bare);
        self.ends.push(self.bare.len());
        let bare = &self.bare[begin..];
        if head & IS_BASE64 == 0 {
            return std::str::from_utf8(bare).expect("was a text when it was packed");
        }
        self.written.clear();
        self.written.push_str(SCHEME);
        STANDARD.encode_string(bare, &mut self.written);
        &self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(ids: &[&str]) -> Vec<u8> {
        let (mut packed, mut writing, mut reading) = (Vec::new(), Ids::default(), Ids::default());
        ids.iter().for_each(|id| writing.put(id, &mut packed));
        let mut reader = Reader::new(&packed);
        for id in ids {
            assert_eq!(reading.take(&mut reader), *id);
        }
        assert!(reader.is_at_end());
        packed
    }

    #[test]
    fn ids_are_read_as_they_were_written_and_those_of_meta_take_little() {
        let meta = [
            "wamid.HBgNNDkxNTUxMjM0NTY3OBUCABIYFDNBN0JGNUY1NThFMkIzNDBEQjMwAA==",
            "wamid.HBgNNDkxNTUxMjM0NTY3OBUCABEYFDAwN0JGNUY1NThFMkIzNDBEQjMxAA==",
            "wamid.HBgNNDkxNTUxMjM0NTY3OBUCABIYFDNBN0JGNUY1NThFMkIzNDBEQjMyAA==",
        ];
        let bytes: Vec<usize> = (1..=3).map(|count| packed(&meta[..count]).len()).collect();
        assert!(bytes[0] <= 34, "{bytes:?}");
        assert!(bytes[1] - bytes[0] <= 20, "{bytes:?}");
    }

    #[test]
    fn whatever_an_id_is_it_is_read_as_it_was_written() {
        packed(&[
            "",
            "wamid.",
            "wamid.====",
            "wamid.7",
            "wamid.AA",
            "wamid.AB==",
            "wamid.AA==",
            "a\0b\u{1F600}",
            "12345",
            "12345",
            "123456",
            "ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789",
            "ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF012345678",
            "ABCDE\0",
            "ABCD\0\0",
            "abcd and more than thirty-one characters that are nothing but text, 0123456789 times",
            "0123456789012345678901234567890123456789",
        ]);
    }
}
