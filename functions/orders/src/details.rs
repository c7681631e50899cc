//! Data that a client attaches to an order: a note of the customer, metadata of the storefront, and the page to return to after payment.

use std::collections::BTreeMap;

use kernel::text::{LINES_RULE, ONE_LINE_RULE, is_lines, is_one_line};
use kernel::{FieldError, Problem};
use platform::origins::{ORIGIN_RULE, Origins};
use serde::{Deserialize, Serialize};

/// The variable with the origins that a customer may return to after payment, with commas between.
pub const RETURN_ORIGINS: &str = "RETURN_ORIGINS";
/// The longest note, in characters.
pub const MAX_NOTE_LENGTH: usize = 500;
/// The most pairs of metadata.
pub const MAX_METADATA: usize = 20;
/// The longest name of a pair, in characters.
pub const MAX_METADATA_NAME: usize = 40;
/// The longest text of a pair, in characters.
pub const MAX_METADATA_TEXT: usize = 200;
/// The longest address to return to, in characters.
pub const MAX_RETURN_URL: usize = 2_000;

/// The details of an order, as it stores them. They identify the customer, or may do so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The customer's words, such as where to leave the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Pairs of text of the storefront's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The page that the customer reaches after the provider's, at one of the merchant's origins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
}

/// Details as they stand in a request body.
#[derive(Debug, Clone, Default)]
pub struct DetailsBody {
    pub note: Option<String>,
    pub metadata: Option<BTreeMap<String, String>>,
    pub return_url: Option<String>,
}

impl Details {
    /// Returns true when there are any.
    pub fn take_off(&mut self) -> bool {
        std::mem::take(self) != Self::default()
    }
}

impl DetailsBody {
    /// The details. Every bad member is named.
    pub fn parse(self, origins: &Origins) -> Result<Details, Problem> {
        let mut errors = Vec::new();
        let mut refuse = |pointer: String, detail: String| errors.push(FieldError { pointer, detail });
        let note = free_text(self.note, MAX_NOTE_LENGTH).unwrap_or_else(|detail| {
            refuse("/note".to_owned(), detail);
            None
        });
        let metadata = self.metadata.unwrap_or_default();
        if metadata.len() > MAX_METADATA {
            refuse("/metadata".to_owned(), format!("must have at most {MAX_METADATA} pairs"));
        }
        for (name, text) in metadata.iter().take(MAX_METADATA) {
            if let Some(detail) = pair_fault(name, text) {
                refuse(format!("/metadata/{}", name.replace('~', "~0").replace('/', "~1")), detail);
            }
        }
        if self.return_url.as_deref().is_some_and(|url| !returns_to(url, origins)) {
            refuse("/returnUrl".to_owned(), format!("{ORIGIN_RULE}, of at most {MAX_RETURN_URL} characters"));
        }
        if errors.is_empty() {
            Ok(Details { note, metadata, return_url: self.return_url })
        } else {
            Err(Problem::invalid_all(errors))
        }
    }
}

/// A person's words as they are stored: trimmed, and none when nothing is left. They may have line breaks, and at most `longest` characters. An error
/// is the rule that they break.
pub fn free_text(given: Option<String>, longest: usize) -> Result<Option<String>, String> {
    let text = given.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    match text.as_deref() {
        Some(text) if text.chars().count() > longest => Err(format!("must be at most {longest} characters")),
        Some(text) if !is_lines(text) => Err(LINES_RULE.to_owned()),
        _ => Ok(text),
    }
}

fn pair_fault(name: &str, text: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    if name.is_empty() || name.len() > MAX_METADATA_NAME || !name.chars().all(allowed) {
        return Some(format!(
            "must have a name of 1 to {MAX_METADATA_NAME} Latin letters, digits, dots, hyphens and underscores"
        ));
    }
    if text.chars().count() > MAX_METADATA_TEXT {
        return Some(format!("must be at most {MAX_METADATA_TEXT} characters"));
    }
    (!is_one_line(text)).then(|| ONE_LINE_RULE.to_owned())
}

fn returns_to(url: &str, origins: &Origins) -> bool {
    url.chars().count() <= MAX_RETURN_URL && is_one_line(url) && origins.allow(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: DetailsBody) -> Result<Details, Vec<String>> {
        let origins = Origins::parse("https://shop.example").0;
        let pointers =
            |problem: Problem| problem.errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>();
        body.parse(&origins).map_err(pointers)
    }

    fn pairs(count: usize) -> BTreeMap<String, String> {
        (0..count).map(|number| (format!("name-{number}"), "text".to_owned())).collect()
    }

    #[test]
    fn details_are_trimmed_and_kept() {
        let body = DetailsBody {
            note: Some("  At the door.\nRing twice. ".to_owned()),
            metadata: Some(pairs(MAX_METADATA)),
            return_url: Some("https://shop.example/thanks?order={number}".to_owned()),
        };
        let details = parse(body).unwrap();
        assert_eq!(details.note.as_deref(), Some("At the door.\nRing twice."));
        assert_eq!(details.metadata.len(), MAX_METADATA);
        assert_eq!(details.return_url.as_deref(), Some("https://shop.example/thanks?order={number}"));
        let blank = DetailsBody { note: Some("  ".to_owned()), ..DetailsBody::default() };
        assert_eq!(parse(blank), Ok(Details::default()));
    }

    #[test]
    fn every_bad_member_is_named() {
        let mut metadata = pairs(1);
        metadata.insert("a/b".to_owned(), "text".to_owned());
        metadata.insert("long".to_owned(), "я".repeat(MAX_METADATA_TEXT + 1));
        metadata.insert("line".to_owned(), "a\nb".to_owned());
        let body = DetailsBody {
            note: Some("я".repeat(MAX_NOTE_LENGTH + 1)),
            metadata: Some(metadata),
            return_url: Some("https://shop.example@evil.example/".to_owned()),
        };
        let named = ["/note", "/metadata/a~1b", "/metadata/line", "/metadata/long", "/returnUrl"];
        assert_eq!(parse(body), Err(named.map(str::to_owned).to_vec()));
        let many = DetailsBody { metadata: Some(pairs(MAX_METADATA + 1)), ..DetailsBody::default() };
        assert_eq!(parse(many), Err(vec!["/metadata".to_owned()]));
        for url in ["", "/thanks", "https://shop.example/\r\nx", "javascript:alert(1)", "http://shop.example"]
        {
            let body = DetailsBody { return_url: Some(url.to_owned()), ..DetailsBody::default() };
            assert_eq!(parse(body), Err(vec!["/returnUrl".to_owned()]), "{url}");
        }
    }

    #[test]
    fn taking_them_off_leaves_none() {
        let mut details = Details { note: Some("At the door".to_owned()), ..Details::default() };
        assert!(details.take_off());
        assert_eq!(details, Details::default());
        assert!(!details.take_off());
    }
}
