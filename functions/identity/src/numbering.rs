//! Kinds of phone numbers: which of them a person has, and which of them the merchant pays to send to.
//!
//! Premium-rate, shared-cost and satellite numbers pay the party that rents them for each call and message. A form that sends to any number is
//! worth money to such a person ("SMS pumping"), so those numbers are refused before anything is sent.

use std::fmt;
use std::str::FromStr;

use phonenumber::metadata::DATABASE;
use phonenumber::{PhoneNumber, Type};

use crate::contact::Phone;

/// Countries whose numbers receive SMS when `SMS_COUNTRIES` is not set: that of numbers without a country code.
const HOME_COUNTRIES: &str = "RU";
/// Kinds of numbers that receive SMS when `SMS_NUMBER_TYPES` is not set.
const DEFAULT_KINDS: &str = "mobile";
/// Codes that belong to no country (ITU-T E.164, list of assigned codes): free phone, shared cost, satellites, networks, paging, premium rate.
const GLOBAL_CODES: [u16; 9] = [800, 808, 870, 878, 881, 882, 883, 888, 979];
/// In [`SmsNumbers`], every country that has numbers.
const EVERY_COUNTRY: &str = "*";

/// A kind of number that may be allowed to receive SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberKind {
    /// A mobile number, or one of a plan that does not tell mobile numbers from others, such as +1.
    Mobile,
    /// A fixed line, or a valid number of a kind that is not known.
    Fixed,
    /// An internet telephone.
    Voip,
    /// A personal number (`+44 70`), which forwards at the caller's expense.
    Personal,
    /// Any kind that no person is reached by: premium rate, shared cost, toll free, pagers, voice mail, companies' access numbers, and all
    /// of the codes that belong to no country, such as satellites (+870, +881, +882, +883) and +979.
    Impersonal,
}

impl FromStr for NumberKind {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "mobile" => Ok(Self::Mobile),
            "fixed" => Ok(Self::Fixed),
            "voip" => Ok(Self::Voip),
            _ => Err("must be mobile, fixed or voip"),
        }
    }
}

/// Returns the kind of `number` by libphonenumber's data.
pub(crate) fn kind(number: &PhoneNumber) -> NumberKind {
    // They have kinds of their own that mean nothing here: +882 has "mobile" ones.
    if GLOBAL_CODES.contains(&number.country().code()) {
        return NumberKind::Impersonal;
    }
    match number.number_type(&DATABASE) {
        Type::Mobile | Type::FixedLineOrMobile => NumberKind::Mobile,
        // The library drops the zero that Italian fixed lines begin with, and then knows no kind for what is left.
        Type::FixedLine | Type::Unknown => NumberKind::Fixed,
        Type::Voip => NumberKind::Voip,
        Type::PersonalNumber => NumberKind::Personal,
        _ => NumberKind::Impersonal,
    }
}

/// Returns whether `number` can be a person's, so that an account may log in by it. Fixed lines are, although they receive no SMS.
pub(crate) fn is_personal(number: &PhoneNumber) -> bool {
    matches!(kind(number), NumberKind::Mobile | NumberKind::Fixed | NumberKind::Voip)
}

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

    fn parsed(text: &str) -> PhoneNumber {
        phonenumber::parse(None, text).unwrap()
    }

    #[test]
    fn numbers_that_cost_are_nobodys() {
        for text in [
            "+979 1 234 5678",
            "+44 909 879 0879",
            "+1 900 234 5678",
            "+882 13 300 655",
            "+882 16 123 45678",
            "+870 773 111 632",
            "+881 6 1234 5678",
            "+883 5100 1234 5678",
            "+808 1234 5678",
            "+44 845 464 0000",
            "+1 800 234 5678",
            "+44 70 1234 5678",
        ] {
            assert!(!is_personal(&parsed(text)), "{text} is {:?}", kind(&parsed(text)));
            assert!(text.parse::<Phone>().is_err(), "{text}");
        }
    }

    #[test]
    fn kinds_are_told_apart() {
        for (text, expected) in [
            ("+7 916 123 45 67", NumberKind::Mobile),
            ("+7 701 123 45 67", NumberKind::Mobile),
            ("+1 212 555 0123", NumberKind::Mobile),
            ("+44 7400 123456", NumberKind::Mobile),
            ("+7 495 123 45 67", NumberKind::Fixed),
            ("+49 30 123456", NumberKind::Fixed),
            ("+39 06 6982", NumberKind::Fixed),
        ] {
            assert_eq!(kind(&parsed(text)), expected, "{text}");
        }
    }

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
