//! Where a business is, as far as its number says it.

use crate::entities::Region;

/// The country of a business's number as Meta formats it (`display_phone_number`: `+1 555-010-0000`, `15550100000`), and the
/// region `ZZ`, which selects nothing, where it is no number of any country.
pub fn region_of(display_phone_number: &str) -> Region {
    let digits: String = display_phone_number.chars().filter(char::is_ascii_digit).collect();
    let number = phonenumber::parse(None, format!("+{digits}")).ok();
    let country = number.and_then(|number| number.country().id());
    let code = country.as_ref().map_or("ZZ", AsRef::as_ref);
    code.parse().expect("two letters are a region")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_country_is_read_off_the_number_however_it_is_written() {
        for (number, region) in [
            ("+49 30 901820", "DE"),
            ("49 30 901820", "DE"),
            ("+44 20 7946 0018", "GB"),
            ("16505551234", "US"),
            ("971 4 123 4567", "AE"),
            ("+81 3-1234-5678", "JP"),
            ("", "ZZ"),
            ("12", "ZZ"),
            ("not a number", "ZZ"),
        ] {
            assert_eq!(region_of(number).as_str(), region, "{number}");
        }
    }
}
