//! The phone numbers that the merchant pays to send SMS to.

use std::fmt;

use kernel::contact::Phone;
use kernel::numbering::{NumberKind, kind};

/// Countries whose numbers receive SMS when `SMS_COUNTRIES` is not set: that of numbers without a country code.
const HOME_COUNTRIES: &str = "RU";
/// Kinds of numbers that receive SMS when `SMS_NUMBER_TYPES` is not set.
const DEFAULT_KINDS: &str = "mobile";
/// In [`SmsNumbers`], every country that has numbers.
const EVERY_COUNTRY: &str = "*";

/// The reasons for which a number receives no SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSms {
    /// Its country is not one of `SMS_COUNTRIES`.
    Country,
    /// Its kind is not one of `SMS_NUMBER_TYPES`.
    Kind,
}

impl fmt::Display for NoSms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Country => "sms_country_not_allowed",
            Self::Kind => "sms_number_type_not_allowed",
        })
    }
}

/// The numbers that the merchant sends SMS to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsNumbers {
    countries: Vec<String>,
    kinds: Vec<NumberKind>,
}

impl SmsNumbers {
    /// Reads the country codes of ISO 3166-1 and the kinds, both with commas between. Empty means the default: [`HOME_COUNTRIES`] and
    /// [`DEFAULT_KINDS`].
    pub fn new(countries: &str, kinds: &str) -> Result<Self, &'static str> {
        let countries = if countries.is_empty() { HOME_COUNTRIES } else { countries };
        let kinds = if kinds.is_empty() { DEFAULT_KINDS } else { kinds };
        let is_country =
            |code: &str| code == EVERY_COUNTRY || code.parse::<phonenumber::country::Id>().is_ok();
        let countries: Vec<String> = countries.split(',').map(str::to_owned).collect();
        if !countries.iter().all(|code| is_country(code)) {
            return Err("must be country codes of ISO 3166-1 with commas between, or *");
        }
        Ok(Self { countries, kinds: kinds.split(',').map(str::parse).collect::<Result<_, _>>()? })
    }

    /// Returns why `phone` receives no SMS, if it does not.
    pub fn check(&self, phone: &Phone) -> Result<(), NoSms> {
        let number = phonenumber::parse(None, phone.as_str()).map_err(|_| NoSms::Kind)?;
        if !self.kinds.contains(&kind(&number)) {
            return Err(NoSms::Kind);
        }
        let country = number.country().id().ok_or(NoSms::Kind)?;
        let country: &str = country.as_ref();
        if self.countries.iter().any(|code| code == EVERY_COUNTRY || code == country) {
            return Ok(());
        }
        Err(NoSms::Country)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sms_go_to_allowed_countries_and_kinds_alone() {
        let check = |countries, kinds, phone: &str| {
            SmsNumbers::new(countries, kinds).unwrap().check(&phone.parse().unwrap())
        };
        assert_eq!(check("", "", "+79161234567"), Ok(()));
        assert_eq!(check("", "", "+74951234567"), Err(NoSms::Kind));
        assert_eq!(check("", "", "+77011234567"), Err(NoSms::Country), "Kazakhstan shares +7");
        assert_eq!(check("RU,KZ", "mobile", "+77011234567"), Ok(()));
        assert_eq!(check("*", "mobile,fixed", "+4930123456"), Ok(()));
        assert_eq!(check("DE", "mobile", "+4930123456"), Err(NoSms::Kind));
    }

    #[test]
    fn settings_that_mean_nothing_are_refused() {
        for (countries, kinds) in [("ru", ""), ("RUS", ""), ("RU,", ""), ("", "premium"), ("", "mobile,")] {
            assert!(SmsNumbers::new(countries, kinds).is_err(), "{countries:?} {kinds:?}");
        }
    }
}
