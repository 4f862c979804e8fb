//! Numbers in few bytes: seven bits a byte, the low ones first, the top bit for "more follow".

/// Appends a number.
pub(super) fn put_number(mut number: u64, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Appends a number that may be below nought.
pub(super) fn put_signed(number: i64, to: &mut Vec<u8>) {
    put_number((number << 1 ^ number >> 63) as u64, to);
}

/// Reads what was packed. It is this program's own, and whole: what comes from outside is checked before.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.bytes(1)[0]
    }

    pub(super) fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (taken, left) = self.0.split_at(length);
        self.0 = left;
        taken
    }

    pub(super) fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let byte = self.byte();
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                break;
            }
        }
        number
    }

    /// A number of things, each at least a byte.
    pub(super) fn count(&mut self) -> usize {
        usize::try_from(self.number()).expect("was a length when it was packed")
    }

    pub(super) fn signed(&mut self) -> i64 {
        let number = self.number();
        (number >> 1) as i64 ^ -((number & 1) as i64)
    }

    #[cfg(test)]
    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_were_written() {
        let numbers = [0, 1, -1, 63, -64, 64, i64::MAX, i64::MIN, 1_700_000_000_000];
        let mut bytes = Vec::new();
        for number in numbers {
            put_signed(number, &mut bytes);
            put_number(number as u64, &mut bytes);
        }
        let mut reader = Reader::new(&bytes);
        for number in numbers {
            assert_eq!((reader.signed(), reader.number()), (number, number as u64));
        }
        assert!(reader.is_at_end());
    }
}
