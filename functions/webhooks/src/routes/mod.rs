//! One file for each route.

mod access;
mod answer;
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
use platform::function::Function;
use reqwest::Url;

use crate::endpoint::MAX_DESCRIPTION_LENGTH;
use crate::event_type::EventTypes;
use crate::target::Rules;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("create-webhook-endpoint", |init| Box::pin(create_webhook_endpoint::init(init))),
    Function::http("delete-webhook-endpoint", |init| Box::pin(delete_webhook_endpoint::init(init))),
    Function::http("get-webhook-endpoint", |init| Box::pin(get_webhook_endpoint::init(init))),
    Function::http("list-webhook-deliveries", |init| Box::pin(list_webhook_deliveries::init(init))),
    Function::http("list-webhook-endpoints", |init| Box::pin(list_webhook_endpoints::init(init))),
    Function::http("resend-webhook", |init| Box::pin(resend_webhook::init(init))),
    Function::http("rotate-webhook-secret", |init| Box::pin(rotate_webhook_secret::init(init))),
    Function::http("update-webhook-endpoint", |init| Box::pin(update_webhook_endpoint::init(init))),
];

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

    fn event_types(&mut self, names: &[String]) -> Option<EventTypes> {
        let wrong = |(at, detail): (Option<usize>, String)| {
            let place = at.map(|at| format!("/{at}")).unwrap_or_default();
            FieldError { pointer: format!("/eventTypes{place}"), detail }
        };
        EventTypes::of_names(names).map_err(|faults| self.errors.extend(faults.into_iter().map(wrong))).ok()
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
