//! The logins of accounts and the languages of their owners, made of the kernel's email addresses and phone numbers.

use std::fmt;

pub use kernel::contact::{
    BrokenRule, EMAIL_RULE, Email, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH, PHONE_RULE, PersonName, Phone,
};
use serde::{Deserialize, Serialize};

/// The rule that is returned for a refused language.
pub const LOCALE_RULE: &str = "must be en or ru";

/// The email address or phone number by which a person names their account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// By email address.
    Email(Email),
    /// By phone number.
    Phone(Phone),
}

impl Login {
    /// The kind of login: `email` or `phone`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
        }
    }

    /// The address or the number.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Email(email) => email.as_str(),
            Self::Phone(phone) => phone.as_str(),
        }
    }

    /// Reads the text that stands in keys, which this context wrote.
    pub(crate) fn stored(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("email", email) => Some(Self::Email(Email::stored(email.to_owned()))),
            ("phone", phone) => Some(Self::Phone(Phone::stored(phone.to_owned()))),
            _ => None,
        }
    }

    /// Reads what somebody typed who may log in either way.
    pub(crate) fn parse(text: &str) -> Result<Self, BrokenRule> {
        if text.contains('@') { text.parse().map(Self::Email) } else { text.parse().map(Self::Phone) }
    }
}

/// As it stands in keys: what it is, and its text.
impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(email) => write!(f, "email:{}", email.as_str()),
            Self::Phone(phone) => write!(f, "phone:{}", phone.as_str()),
        }
    }
}

/// A language that messages are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
}

impl Locale {
    /// The language's tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }

    /// The language that an `Accept-Language` header (RFC 9110 section 12.5.4) likes best among those we have; English
    /// where it names none of them. A tie goes to the one named first.
    pub fn negotiated(header: Option<&str>) -> Self {
        let mut best: Option<(Self, u32)> = None;
        for range in header.unwrap_or_default().split(',') {
            let (tag, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
            let Some(locale) = Self::of_tag(tag) else { continue };
            let weight = thousandths(parameter);
            if weight > best.map_or(0, |(_, heaviest)| heaviest) {
                best = Some((locale, weight));
            }
        }
        best.map_or(Self::default(), |(locale, _)| locale)
    }

    /// The language that a tag or a range of tags (RFC 4647 section 2.1) names.
    fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split('-').next().unwrap_or(tag).trim();
        [Self::En, Self::Ru].into_iter().find(|locale| language.eq_ignore_ascii_case(locale.tag()))
    }
}

impl TryFrom<String> for Locale {
    type Error = BrokenRule;

    fn try_from(tag: String) -> Result<Self, BrokenRule> {
        let named = [Self::En, Self::Ru].into_iter().find(|locale| locale.tag() == tag);
        named.ok_or(BrokenRule(LOCALE_RULE))
    }
}

/// The weight `q=` of a language range in thousandths (RFC 9110 section 12.4.2); 0, "not acceptable", when it is none.
fn thousandths(parameter: &str) -> u32 {
    let Some((name, value)) = parameter.split_once('=') else { return 0 };
    if !name.trim().eq_ignore_ascii_case("q") {
        return 0;
    }
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match whole {
        "1" => 1_000,
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
#[path = "contact_tests.rs"]
mod tests;
