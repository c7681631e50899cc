//! Postal addresses, complete by the rules of their countries.

mod countries;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

use self::countries::Needs;
use crate::contact::{BrokenRule, PersonName, Phone};
use crate::faults::Faults;
use crate::problem::Problem;
use crate::text::{ONE_LINE_RULE, is_one_line};

/// The longest line of an address, in characters.
pub const MAX_ADDRESS_LINE: usize = 200;
/// The longest region, in characters.
pub const MAX_REGION_LENGTH: usize = 60;
/// The longest postal code, in characters, without its spaces and hyphens.
pub const MAX_POSTAL_CODE_LENGTH: usize = 12;

/// The rule that is returned for a refused country.
pub const COUNTRY_RULE: &str = "must be a country code of ISO 3166-1 alpha-2, such as DE";

/// A country by its code of ISO 3166-1 alpha-2, in upper case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Country(String);

impl Country {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Country {
    type Err = BrokenRule;

    fn from_str(text: &str) -> Result<Self, BrokenRule> {
        let code = text.trim().to_ascii_uppercase();
        if code.len() == 2 && iso_currency::Country::from_str(&code).is_ok() {
            return Ok(Self(code));
        }
        Err(BrokenRule(COUNTRY_RULE))
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A trimmed text on one line, of 1 to `MAX` characters. Deserialising takes over what was stored, without checking it again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Line<const MAX: usize>(String);

/// A line of an address.
pub type AddressLine = Line<MAX_ADDRESS_LINE>;
/// A region, state or province, by its name or the part of its ISO 3166-2 code after the country.
pub type RegionLine = Line<MAX_REGION_LENGTH>;

impl<const MAX: usize> FromStr for Line<MAX> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if !(1..=MAX).contains(&text.chars().count()) {
            return Err(format!("must be 1 to {MAX} characters on one line"));
        }
        if !is_one_line(text) {
            return Err(ONE_LINE_RULE.to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl<const MAX: usize> From<Line<MAX>> for String {
    fn from(line: Line<MAX>) -> Self {
        line.0
    }
}

/// A postal code as it was written, trimmed and in upper case. Deserialising takes over what was stored, without checking it again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct PostalCode(String);

impl FromStr for PostalCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let code = text.trim().to_ascii_uppercase();
        let mut parts = code.split([' ', '-']);
        let is_plain =
            parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if is_plain && compact(&code).len() <= MAX_POSTAL_CODE_LENGTH {
            return Ok(Self(code));
        }
        Err(format!(
            "must be 1 to {MAX_POSTAL_CODE_LENGTH} letters and digits of ASCII, with single spaces or hyphens between them"
        ))
    }
}

fn compact(code: &str) -> String {
    code.replace([' ', '-'], "")
}

/// A postal address. It was complete by the rules of its country when it was checked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostalAddress {
    #[serde(deserialize_with = "PersonName::deserialize_stored")]
    recipient_name: PersonName,
    #[serde(deserialize_with = "Phone::deserialize_stored")]
    recipient_phone: Phone,
    country: Country,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<RegionLine>,
    city: AddressLine,
    street: AddressLine,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    street2: Option<AddressLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postal_code: Option<PostalCode>,
}

impl PostalAddress {
    pub fn recipient_name(&self) -> &PersonName {
        &self.recipient_name
    }

    pub fn recipient_phone(&self) -> &Phone {
        &self.recipient_phone
    }

    pub fn country(&self) -> &Country {
        &self.country
    }

    pub fn city(&self) -> &str {
        &self.city.0
    }

    pub fn street(&self) -> &str {
        &self.street.0
    }

    pub fn street2(&self) -> Option<&str> {
        self.street2.as_ref().map(|line| line.0.as_str())
    }

    pub fn region(&self) -> Option<&str> {
        self.region.as_ref().map(|region| region.0.as_str())
    }

    pub fn postal_code(&self) -> Option<&str> {
        self.postal_code.as_ref().map(|code| code.0.as_str())
    }
}

/// Shows no member: they are personal data.
impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalAddress(..)")
    }
}

/// A [`PostalAddress`] as it stands in a request body.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PostalAddressBody {
    pub recipient_name: Option<String>,
    pub recipient_phone: Option<String>,
    pub country: Option<String>,
    pub region: Option<String>,
    pub city: Option<String>,
    pub street: Option<String>,
    pub street2: Option<String>,
    pub postal_code: Option<String>,
}

impl PostalAddressBody {
    /// Reads the address, which stands at the JSON Pointer `at`; the problem names every member at fault. Region and postal code are required where
    /// the country needs them, and a postal code has one of its country's forms.
    pub fn parse(self, at: &str) -> Result<PostalAddress, Problem> {
        let mut members = Members { at, faults: Faults::default() };
        let recipient_name = members.required("recipientName", self.recipient_name);
        let recipient_phone = members.required("recipientPhone", self.recipient_phone);
        let country: Option<Country> = members.required("country", self.country);
        if let Some(country) = &country {
            members.check_need(country, Needs::region, "region", self.region.as_ref());
            members.check_need(country, Needs::postal_code, "postalCode", self.postal_code.as_ref());
        }
        let region = members.optional("region", self.region);
        let city = members.required("city", self.city);
        let street = members.required("street", self.street);
        let street2 = members.optional("street2", self.street2);
        let postal_code: Option<PostalCode> = members.optional("postalCode", self.postal_code);
        if let (Some(country), Some(code)) = (&country, &postal_code) {
            members.check_form(country, code);
        }
        let required = (recipient_name, recipient_phone, country, city, street);
        let (Some(recipient_name), Some(recipient_phone), Some(country), Some(city), Some(street)) = required
        else {
            return members.faults.finish(None);
        };
        members.faults.finish(Some(PostalAddress {
            recipient_name,
            recipient_phone,
            country,
            region,
            city,
            street,
            street2,
            postal_code,
        }))
    }
}

/// The members of a body that stands at `at`, and their faults.
struct Members<'a> {
    at: &'a str,
    faults: Faults,
}

impl Members<'_> {
    fn required<T: FromStr<Err: fmt::Display>>(&mut self, name: &str, text: Option<String>) -> Option<T> {
        if text.is_none() {
            self.faults.add(format!("{}/{name}", self.at), "is required");
        }
        self.optional(name, text)
    }

    fn optional<T: FromStr<Err: fmt::Display>>(&mut self, name: &str, text: Option<String>) -> Option<T> {
        text.and_then(|text| self.faults.parse(&text, format!("{}/{name}", self.at)))
    }

    /// Adds a fault when addresses of `country` need the member `name`, which was not given.
    fn check_need(
        &mut self,
        country: &Country,
        is_needed: fn(Needs) -> bool,
        name: &str,
        given: Option<&String>,
    ) {
        let is_missing = given.is_none() && is_needed(countries::needs(country));
        let rule = format!("is required in an address of {country}");
        self.faults.require(!is_missing, format!("{}/{name}", self.at), rule);
    }

    /// Adds a fault when no postal code of `country` has the form of `code`.
    fn check_form(&mut self, country: &Country, code: &PostalCode) {
        let (forms, code) = (countries::forms(country), compact(&code.0));
        let fits = forms.is_empty() || forms.iter().any(|form| countries::has_form(&code, form));
        let rule = format!(
            "must have a form of {country}: {} (# is a digit, @ a letter, * either; spaces and hyphens don't count)",
            forms.join(", ")
        );
        self.faults.require(fits, format!("{}/postalCode", self.at), rule);
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
