//! The types of personal data: names, email addresses, phone numbers.
//!
//! Each type is made at the edge, normalised and checked; from then on it is trusted. Equal people, addresses and
//! numbers have equal values, so that uniqueness can be kept by key.

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};
use phonenumber::Mode;
use phonenumber::country::Id as Region;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::faults::Faults;
use crate::numbering;
use crate::problem::Problem;
use crate::text::{is_forbidden, phone_spelling};

/// The longest name of a person, in characters.
pub const MAX_NAME_LENGTH: usize = 100;
/// The longest email address, in characters: what fits the forward path of SMTP (RFC 5321 section 4.5.3.1.3, erratum
/// 1690 of RFC 3696).
pub const MAX_EMAIL_LENGTH: usize = 254;
/// The longest spelling of a phone number that is looked at, in characters: the 15 digits of E.164, punctuated.
pub const MAX_PHONE_SPELLING: usize = 40;
/// The digits that an international number has at most (E.164, section 6.2.1).
const E164_DIGITS: usize = 15;
/// The longest text that is looked at for a phone number, in bytes: [`MAX_PHONE_SPELLING`] characters, each with marks of direction beside it.
const MAX_PASTED_PHONE: usize = 10 * MAX_PHONE_SPELLING;
/// The region of a phone number that does not begin with `+` and a country code.
const HOME_REGION: Region = Region::RU;

/// The rule that is returned for a refused name.
pub const NAME_RULE: &str =
    "must be 1 to 100 characters, with at least one letter or digit and no control characters";
/// The rule that is returned for a refused email address.
pub const EMAIL_RULE: &str =
    "must be an email address of at most 254 ASCII characters, such as name@example.com";
/// The rule that is returned for a refused phone number.
pub const PHONE_RULE: &str =
    "must be a person's phone number, with + and its country code, or a Russian one beginning with 8";

/// The text breaks the rule that it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenRule(pub &'static str);

impl fmt::Display for BrokenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The implementations that these types share: read from text by their `FromStr`, shown in logs by their name alone, since they are personal
/// data (see `platform::telemetry`).
macro_rules! personal_text {
    ($($name:ident),+) => {$(
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Takes over what a context stored earlier, when it was checked; parsing again would only cost time,
            /// and a rule that became stricter since then would lock its owner out.
            pub fn stored(text: String) -> Self {
                Self(text)
            }

            /// Reads what was stored, as [`Self::stored`] does. For `#[serde(deserialize_with)]`.
            pub fn deserialize_stored<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::stored)
            }

            /// As [`Self::deserialize_stored`], of what may be left out.
            pub fn deserialize_stored_option<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Option<Self>, D::Error> {
                Ok(Option::<String>::deserialize(deserializer)?.map(Self::stored))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

personal_text!(PersonName, Email, Phone);

/// A first or last name in any script: 1 to [`MAX_NAME_LENGTH`] characters after trimming.
///
/// Control characters are refused, and with them those that turn the direction of text around, which make a message
/// read differently from what it says (Unicode Technical Report 36, section 2.10).
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PersonName(String);

impl FromStr for PersonName {
    type Err = BrokenRule;

    fn from_str(text: &str) -> Result<Self, BrokenRule> {
        let name = text.trim();
        let length = name.chars().count();
        let legible = name.chars().any(char::is_alphanumeric);
        if (1..=MAX_NAME_LENGTH).contains(&length) && legible && !name.chars().any(is_forbidden) {
            Ok(Self(name.to_owned()))
        } else {
            Err(BrokenRule(NAME_RULE))
        }
    }
}

/// An email address in lower case.
///
/// Addresses are compared without regard to case: RFC 5321 section 2.4 lets a host tell `Ada@` from `ada@`, hosts that
/// do are not found any more, and people type their own address in either way. Only ASCII is taken, with the domain in
/// its `xn--` form where it is an international one: mail to anything else can't be handed to SES (its `SendEmail` has
/// no SMTPUTF8). Quoted local parts are refused for the same practical reason.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

impl FromStr for Email {
    type Err = BrokenRule;

    fn from_str(text: &str) -> Result<Self, BrokenRule> {
        let address = text.trim().to_ascii_lowercase();
        let options =
            Options { minimum_sub_domains: 2, allow_domain_literal: false, allow_display_text: false };
        let plain = address.len() <= MAX_EMAIL_LENGTH && address.is_ascii() && !address.starts_with('"');
        let (_, domain) = address.rsplit_once('@').unwrap_or_default();
        if plain && is_host_name(domain) && EmailAddress::parse_with_options(&address, options).is_ok() {
            Ok(Self(address))
        } else {
            Err(BrokenRule(EMAIL_RULE))
        }
    }
}

/// True when each label of `domain` is one of a host (RFC 1123 section 2.1). The library checks the domain by the grammar of RFC 5322, which
/// allows letters there that no host has.
fn is_host_name(domain: &str) -> bool {
    // Two hyphens in the third and fourth place are kept for labels with a prefix, of which `xn--` alone is in use (RFC 5890 section 2.3.1).
    let is_reserved = |label: &str| label.get(2..4) == Some("--") && !label.starts_with("xn--");
    let is_label = |label: &str| {
        !label.starts_with('-')
            && !label.ends_with('-')
            && !is_reserved(label)
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    domain.split('.').all(is_label)
}

/// A phone number in the E.164 form: `+`, the country code, the national number, nothing else.
///
/// It is checked against the numbering plan of its country by `phonenumber`, which carries the data of Google's
/// libphonenumber.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Phone(String);

impl FromStr for Phone {
    type Err = BrokenRule;

    fn from_str(text: &str) -> Result<Self, BrokenRule> {
        let refused = BrokenRule(PHONE_RULE);
        if text.len() > MAX_PASTED_PHONE {
            return Err(refused);
        }
        let spelling = phone_spelling(text);
        // The library also reads vanity letters, extensions and `tel:` URIs; none of those is a number to send to.
        let punctuation = |letter: char| matches!(letter, '+' | ' ' | '-' | '(' | ')' | '.');
        let plain = spelling.chars().all(|letter| letter.is_ascii_digit() || punctuation(letter));
        if !plain || !is_punctuated(&spelling) || spelling.chars().count() > MAX_PHONE_SPELLING {
            return Err(refused);
        }
        let number = phonenumber::parse(Some(HOME_REGION), spelling).map_err(|_| refused)?;
        if !number.is_valid() || !numbering::is_personal(&number) {
            return Err(refused);
        }
        let written = number.format().mode(Mode::E164).to_string();
        // E.164, section 6.2.1: with the plus sign. The library's plans of some countries have longer ones.
        if written.len() > "+".len() + E164_DIGITS { Err(refused) } else { Ok(Self(written)) }
    }
}

/// True when a plus sign comes first or not at all, and parentheses stand in pairs that are not within each other.
fn is_punctuated(spelling: &str) -> bool {
    let mut open = false;
    let in_pairs = spelling.chars().all(|letter| match letter {
        '(' => !std::mem::replace(&mut open, true),
        ')' => std::mem::replace(&mut open, false),
        _ => true,
    });
    let plus = spelling.trim_start().trim_start_matches('(').rfind('+');
    in_pairs && !open && plus.is_none_or(|place| place == 0)
}

/// A person who is reached by email, by phone or by both, and who needs no account. Deserialising takes over what was stored, without checking it again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Contact {
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "Email::deserialize_stored_option")]
    pub email: Option<Email>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "Phone::deserialize_stored_option")]
    pub phone: Option<Phone>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "PersonName::deserialize_stored_option"
    )]
    pub first_name: Option<PersonName>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "PersonName::deserialize_stored_option"
    )]
    pub last_name: Option<PersonName>,
}

/// A [`Contact`] as it stands in a request body.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ContactBody {
    pub email: Option<String>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

impl ContactBody {
    /// Reads the contact, which stands at the JSON Pointer `at`; the problem names every member at fault.
    pub fn parse(self, at: &str) -> Result<Contact, Problem> {
        let mut faults = Faults::default();
        if self.email.is_none() && self.phone.is_none() {
            for member in ["email", "phone"] {
                faults.add(format!("{at}/{member}"), "at least one of email and phone has to be given");
            }
        }
        let contact = Contact {
            email: self.email.and_then(|text| faults.parse(&text, format!("{at}/email"))),
            phone: self.phone.and_then(|text| faults.parse(&text, format!("{at}/phone"))),
            first_name: self.first_name.and_then(|text| faults.parse(&text, format!("{at}/firstName"))),
            last_name: self.last_name.and_then(|text| faults.parse(&text, format!("{at}/lastName"))),
        };
        faults.finish(Some(contact))
    }
}

#[cfg(test)]
#[path = "contact_tests.rs"]
mod tests;
