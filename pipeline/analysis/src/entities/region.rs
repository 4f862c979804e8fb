//! The country of a phone number.

use std::str::FromStr;

/// A text that is not a two-letter country code.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an ISO 3166-1 alpha-2 code")]
pub struct UnknownRegion(String);

/// A country or territory by its two-letter code (ISO 3166-1 alpha-2). Whether the code is assigned is not checked:
/// one that nobody uses selects nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; 2]);

impl Region {
    /// The code in capitals.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII letters are let in")
    }

    /// Whether dates in digits are written with the month first there. Of the countries that do, only those where
    /// that is the common form are listed (Unicode CLDR, short date formats of English).
    pub(super) fn writes_month_first(self) -> bool {
        matches!(
            &self.0,
            b"US" | b"PH" | b"PR" | b"GU" | b"AS" | b"VI" | b"FM" | b"MH" | b"PW"
        )
    }
}

impl FromStr for Region {
    type Err = UnknownRegion;

    /// Reads a code in either case.
    fn from_str(code: &str) -> Result<Self, UnknownRegion> {
        match code.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => Err(UnknownRegion(code.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters_and_nothing_else() {
        assert_eq!(
            "us".parse::<Region>().map(|region| region.as_str().to_owned()),
            Ok("US".to_owned())
        );
        assert!("USA".parse::<Region>().is_err());
        assert!("4x".parse::<Region>().is_err());
    }
}
