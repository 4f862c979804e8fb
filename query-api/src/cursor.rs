//! Where a page ended: the sort key of its last row, opaque to clients.
//!
//! A cursor is a key and not a number of rows, so that rows that arrive meanwhile neither repeat nor hide any.

use std::str::FromStr;

use crate::time::Moment;

/// The key of the last row of a page: its time, then what makes the order total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor<const N: usize> {
    pub(crate) at: Moment,
    pub(crate) ids: [String; N],
}

impl<const N: usize> std::fmt::Display for Cursor<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let json = serde_json::to_vec(&(self.at.0, &self.ids[..])).map_err(|_| std::fmt::Error)?;
        f.write_str(&hex::encode(json))
    }
}

impl<const N: usize> FromStr for Cursor<N> {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = "not a cursor of this list; give next_cursor as it came";
        let json = hex::decode(text).map_err(|_| refused)?;
        let (at, ids): (i64, Vec<String>) = serde_json::from_slice(&json).map_err(|_| refused)?;
        let ids = ids.try_into().map_err(|_| refused)?;
        Ok(Self { at: Moment(at), ids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_and_a_foreign_one_is_refused() {
        let cursor = Cursor {
            at: Moment(1_764_000_000_123),
            ids: ["wamid.A/=+ü".to_owned(), "1".to_owned()],
        };
        assert_eq!(cursor.to_string().parse::<Cursor<2>>().unwrap(), cursor);
        assert!(cursor.to_string().parse::<Cursor<1>>().is_err());
        assert!("zz".parse::<Cursor<2>>().is_err());
        assert!(hex::encode("[1]").parse::<Cursor<2>>().is_err());
    }
}
