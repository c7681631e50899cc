//! Kinds of phone numbers: which of them a person has.
//!
//! Premium-rate, shared-cost and satellite numbers pay the party that rents them for each call and message. A form that sends to any number is
//! worth money to such a person ("SMS pumping"), so those numbers are refused before anything is sent.

use std::str::FromStr;

use phonenumber::metadata::DATABASE;
use phonenumber::{PhoneNumber, Type};

/// Codes that belong to no country (ITU-T E.164, list of assigned codes): free phone, shared cost, satellites, networks, paging, premium rate.
const GLOBAL_CODES: [u16; 9] = [800, 808, 870, 878, 881, 882, 883, 888, 979];

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
pub fn kind(number: &PhoneNumber) -> NumberKind {
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
pub fn is_personal(number: &PhoneNumber) -> bool {
    matches!(kind(number), NumberKind::Mobile | NumberKind::Fixed | NumberKind::Voip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Phone;

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
}
