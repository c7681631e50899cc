//! One file for each route.

pub mod create_webhook_endpoint;
pub mod delete_webhook_endpoint;
pub mod get_webhook_endpoint;
pub mod list_webhook_deliveries;
pub mod list_webhook_endpoints;
pub mod resend_webhook;
pub mod rotate_webhook_secret;
pub mod update_webhook_endpoint;

use kernel::FieldError;
use kernel::text::{ONE_LINE_RULE, is_one_line};
use reqwest::Url;
use serde::{Deserialize, Deserializer};

use crate::endpoint::MAX_DESCRIPTION_LENGTH;
use crate::event_type::{EventType, EventTypes};
use crate::target::Rules;

/// A member that may be left out, and can't be taken away with `null`.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Reads members into what they mean, and collects what is wrong with them.
struct Reading {
    rules: Rules,
    errors: Vec<FieldError>,
}

impl Reading {
    fn new(rules: Rules) -> Self {
        Self { rules, errors: Vec::new() }
    }

    fn url(&mut self, text: &str) -> Option<Url> {
        let url = self.rules.read(text);
        self.note("/url", url)
    }

    fn event_types(&mut self, types: Vec<EventType>) -> Option<EventTypes> {
        self.note("/eventTypes", EventTypes::new(types))
    }

    /// A description; one of white space alone is none.
    fn description(&mut self, text: Option<String>) -> Option<String> {
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())?;
        let long = text.chars().count() > MAX_DESCRIPTION_LENGTH;
        let read = if long {
            Err(format!("must be at most {MAX_DESCRIPTION_LENGTH} characters long"))
        } else if !is_one_line(&text) {
            Err(ONE_LINE_RULE.to_owned())
        } else {
            Ok(text)
        };
        self.note("/description", read)
    }

    fn note<T, E: std::fmt::Display>(&mut self, pointer: &str, read: Result<T, E>) -> Option<T> {
        let wrong = |error: E| FieldError { pointer: pointer.to_owned(), detail: error.to_string() };
        read.map_err(|error| self.errors.push(wrong(error))).ok()
    }
}
