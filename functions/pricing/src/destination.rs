//! The place that goods are sent to, as far as shipping and taxes depend on it.

use std::fmt;
use std::str::FromStr;

use kernel::Problem;
pub use kernel::address::Country;
use kernel::address::{MAX_POSTAL_CODE_LENGTH, MAX_REGION_LENGTH, PostalAddress};
use kernel::text::is_one_line;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::text::{BadText, text_type};
use kernel::faults::Faults;

text_type! {
    /// A region of a country: the part of its ISO 3166-2 code after the country, such as `CA`, or a name. Trimmed and in upper case.
    Region
}

text_type! {
    /// A postal code or the beginning of one, in upper case without spaces and hyphens.
    PostalCode
}

impl FromStr for Region {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let region: String = text.trim().chars().map(upper).collect();
        if (1..=MAX_REGION_LENGTH).contains(&region.chars().count()) && is_one_line(&region) {
            return Ok(Self(region));
        }
        Err(BadText(format!("must be 1 to {MAX_REGION_LENGTH} characters on one line")))
    }
}

/// The letter in upper case, where that is one letter: a name keeps its length.
fn upper(letter: char) -> char {
    let mut letters = letter.to_uppercase();
    match (letters.next(), letters.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

impl Region {
    /// This region without its country: `US-CA` and `CA` are one region of `US`. Twice is the same as once, since terms are read back by it.
    #[must_use]
    pub fn within(self, country: &Country) -> Self {
        let mut region = self.0.as_str();
        while let Some(rest) = region.strip_prefix(country.as_str()).and_then(|rest| rest.strip_prefix('-')) {
            let rest = rest.trim();
            if rest.is_empty() {
                break;
            }
            region = rest;
        }
        Self(region.to_owned())
    }
}

impl FromStr for PostalCode {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let separator = |letter: &char| *letter == ' ' || *letter == '-';
        let code: String = text.trim().to_ascii_uppercase().chars().filter(|c| !separator(c)).collect();
        let fits = (1..=MAX_POSTAL_CODE_LENGTH).contains(&code.len());
        if fits && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(Self(code));
        }
        Err(BadText(format!(
            "must be 1 to {MAX_POSTAL_CODE_LENGTH} letters and digits; spaces and hyphens don't count"
        )))
    }
}

impl PostalCode {
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }
}

/// The parts of an address that prices depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    pub country: Country,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<PostalCode>,
}

impl Destination {
    /// Reads the members `country`, `region` and `postalCode`, and names those at fault. An empty region or postal code is none.
    pub fn parse(country: &str, region: Option<&str>, postal_code: Option<&str>) -> Result<Self, Problem> {
        let given = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(str::to_owned);
        let mut faults = Faults::default();
        let country: Option<Country> = faults.parse(country, "/country");
        let region: Option<Region> = given(region).and_then(|text| faults.parse(&text, "/region"));
        let postal_code = given(postal_code).and_then(|text| faults.parse(&text, "/postalCode"));
        let destination = country.map(|country| Self {
            region: region.map(|region| region.within(&country)),
            country,
            postal_code,
        });
        faults.finish(destination)
    }

    /// Reads the parts of `address`, which every checked address has in a form that is read here.
    pub fn of(address: &PostalAddress) -> Result<Self, Problem> {
        Self::parse(address.country().as_str(), address.region(), address.postal_code())
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.country.as_str())?;
        self.region.iter().try_for_each(|region| write!(f, "-{region}"))?;
        self.postal_code.iter().try_for_each(|code| write!(f, " {code}"))
    }
}

#[cfg(test)]
mod tests {
    use kernel::address::PostalAddressBody;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_place_are_equal() {
        let place = Destination::parse("US", Some("CA"), Some("94105-1234")).unwrap();
        assert_eq!(Destination::parse(" us ", Some("us-ca"), Some("94105 1234")), Ok(place.clone()));
        assert_eq!(place.to_string(), "US-CA 941051234");
        let bare = Destination::parse("EE", Some("  "), Some("")).unwrap();
        assert_eq!((bare.region, bare.postal_code), (None, None));
        let moscow = Destination::parse("RU", Some("Москва"), None).unwrap();
        assert_eq!(moscow.region.unwrap().as_str(), "МОСКВА");
    }

    #[test]
    fn a_region_is_the_same_when_it_is_read_back() {
        let us: Country = "US".parse().unwrap();
        for (text, kept) in
            [("us-ca", "CA"), ("US-US-CA", "CA"), ("CA", "CA"), ("US-", "US-"), ("US-US-", "US-")]
        {
            let once = text.parse::<Region>().unwrap().within(&us);
            assert_eq!(once.as_str(), kept, "{text}");
            assert_eq!(once.as_str().parse::<Region>().unwrap().within(&us), once, "{text}");
        }
        let longest = "ß".repeat(MAX_REGION_LENGTH);
        assert_eq!(longest.parse::<Region>().unwrap().as_str(), longest);
    }

    #[test]
    fn every_member_at_fault_is_named() {
        let problem = Destination::parse("Germany", Some(&"x".repeat(61)), Some("№ 1")).unwrap_err();
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/country", "/region", "/postalCode"]);
    }

    proptest! {
        #[test]
        fn every_address_is_a_destination(region in "\\PC{1,60}", postal_code in "[ A-Za-z0-9-]{1,14}", country in "AE|RU|FR|US") {
            let text = |text: &str| Some(text.to_owned());
            let body = PostalAddressBody {
                recipient_name: text("Ada"),
                recipient_phone: text("+79991234567"),
                country: text(&country),
                region: text(&region),
                city: text("City"),
                street: text("Street 1"),
                postal_code: text(&postal_code),
                ..PostalAddressBody::default()
            };
            if let Ok(address) = body.parse("") {
                let destination = Destination::of(&address).unwrap();
                prop_assert_eq!(destination.country.as_str(), country);
            }
        }
    }
}
