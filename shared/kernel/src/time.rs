//! Points in time, to the millisecond, always UTC.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time with millisecond precision; written as RFC 3339 in UTC with three decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema)]
#[schemars(extend("format" = "date-time", "pattern" = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"))]
pub struct Timestamp(#[schemars(with = "String")] jiff::Timestamp);

impl Timestamp {
    /// Reads the clock.
    pub fn now() -> Self {
        Self::from_millis(jiff::Timestamp::now().as_millisecond())
    }

    /// From milliseconds since 1970; what lies outside the representable years is moved to its edge.
    pub fn from_millis(ms: i64) -> Self {
        let edge = if ms < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        Self(jiff::Timestamp::from_millisecond(ms).unwrap_or(edge))
    }

    /// Milliseconds since 1970.
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Whole seconds since 1970, as DynamoDB's TTL and JWT claims count.
    pub fn as_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// This time and `span` more.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.as_millis().saturating_add(ms))
    }

    /// This time less `span`.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        let ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.as_millis().saturating_sub(ms))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        if !is_date_time(text) {
            return Err(NotATime);
        }
        let parsed: jiff::Timestamp = text.parse().map_err(|_| NotATime)?;
        // An offset can put the first day of the year 0 into the year before it, which RFC 3339 has no digits for: it could not be read back.
        if parsed.as_millisecond() < EARLIEST_MS {
            return Err(NotATime);
        }
        Ok(Self::from_millis(parsed.as_millisecond()))
    }
}

/// The first millisecond of the year 0000, since 1970.
const EARLIEST_MS: i64 = -62_167_219_200_000;

/// The rule for a time, for problems.
const TIME_RULE: &str = "must be a time as RFC 3339 writes it, such as 2026-11-21T09:30:00Z";

/// The text is no time in the form of RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotATime;

impl fmt::Display for NotATime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TIME_RULE)
    }
}

impl std::error::Error for NotATime {}

/// True when `text` has the form of a `date-time` (RFC 3339 section 5.6). The library also reads much of what ISO 8601
/// and RFC 9557 have besides: a space for the T, no hyphens, no seconds, longer years, a time zone in brackets. The
/// check that the day and the hour exist is left to it.
fn is_date_time(text: &str) -> bool {
    let Some((date_time, rest)) = text.split_at_checked("2026-11-21T09:30:00".len()) else { return false };
    let is_digit = |letter: char| letter.is_ascii_digit();
    let offset = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) if fraction.starts_with(is_digit) => fraction.trim_start_matches(is_digit),
        Some(_) => return false,
    };
    let has_form = |text: &str, form: &str| {
        let of_form = |(given, wanted): (u8, u8)| match wanted {
            b'0' => given.is_ascii_digit(),
            _ => given.eq_ignore_ascii_case(&wanted),
        };
        text.len() == form.len() && text.bytes().zip(form.bytes()).all(of_form)
    };
    let is_offset = has_form(offset, "Z")
        || ((has_form(offset, "+00:00") || has_form(offset, "-00:00")) && offset[1..] < *"24:00");
    has_form(date_time, "0000-00-00T00:00:00") && is_offset
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_written_with_milliseconds_in_utc() {
        assert_eq!(Timestamp::from_millis(1_700_000_000_000).to_string(), "2023-11-14T22:13:20.000Z");
        assert_eq!(Timestamp::from_millis(1_700_000_000_007).to_string(), "2023-11-14T22:13:20.007Z");
    }

    #[test]
    fn is_read_back_as_it_was_written() {
        let time = Timestamp::from_millis(1_700_000_000_123);
        assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        assert_eq!("2023-11-15T01:13:20.123+03:00".parse::<Timestamp>().unwrap(), time);
    }

    #[test]
    fn only_the_form_of_rfc_3339_is_read() {
        for text in [
            "2026-11-21T09:30:00Z",
            "2026-11-21T09:30:00.5Z",
            "2026-11-21T09:30:00.123456789+03:00",
            "2026-11-21T09:30:00-23:59",
            "2026-11-21t09:30:00z",
            "2016-12-31T23:59:60Z",
            "0001-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "0000-01-01T00:00:00-01:00",
        ] {
            assert!(text.parse::<Timestamp>().is_ok(), "{text}");
        }
        for text in [
            "",
            "2026-11-21",
            "2026-11-21 09:30:00Z",
            "20261121T093000Z",
            "2026-11-21T09:30Z",
            "2026-11-21T09:30:00",
            "2026-11-21T09:30:00.Z",
            "2026-11-21T09:30:00,5Z",
            "2026-11-21T09:30:00+03",
            "2026-11-21T09:30:00+0300",
            "2026-11-21T09:30:00+24:00",
            "2026-11-21T09:30:00+03:00:00",
            "2026-11-21T09:30:00+03:00[Europe/Moscow]",
            "2026-11-21T09:30:00Z[UTC]",
            "+002026-11-21T09:30:00Z",
            "2026-W47-6T09:30:00Z",
            "2026-11-31T09:30:00Z",
            "0000-01-01T00:00:00+01:00",
            "2026-11-21T24:00:00Z",
            "2026-11-21T09:60:00Z",
            " 2026-11-21T09:30:00Z",
            "2026-11-21T09:30:00Z ",
            "2026-11-21T09:30:0٣Z",
            "1700000000",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATime), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(ms in -62_135_596_800_000_i64..253_402_000_000_000) {
            let time = Timestamp::from_millis(ms);
            prop_assert_eq!(time.to_string().parse::<Timestamp>(), Ok(time));
            prop_assert_eq!(serde_json::from_value::<Timestamp>(serde_json::json!(time)).unwrap(), time);
        }

        #[test]
        fn no_text_makes_reading_fail(text in r"[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9](:[0-6][0-9])?(\.[0-9]{0,10})?(Z|[+-][0-9]{2}:?[0-9]{2})?|\PC{0,30}") {
            if text.parse::<Timestamp>().is_ok() {
                prop_assert!(text.len() >= 20 && text.as_bytes()[10].eq_ignore_ascii_case(&b'T'));
            }
        }
    }
}
