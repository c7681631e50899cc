//! `POST /api/v1/orders/lookup`: sends a guest a link that opens their order, if the number and the contact belong together.

use std::sync::Arc;

use http::StatusCode;
use kernel::faults::Faults;
use kernel::{Actor, OrderNumber, Problem};
use notifications::Recipient;
use notifications::order_link::OrderLinks;
use platform::http::{Handler, Request, Response, handler};
use platform::source::Source;
use platform::{Init, InitError};
use serde::Deserialize;
use serde_json::json;

/// The rule that is returned for a body with no contact, or with two.
const ONE_CONTACT: &str = "exactly one of email and phone has to be given";
/// The rule that is returned for a number that no order can have.
const NUMBER_RULE: &str = "must be the number of an order";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    number: u64,
    email: Option<String>,
    phone: Option<String>,
}

impl Body {
    fn parse(self) -> Result<(OrderNumber, Recipient), Problem> {
        let mut faults = Faults::default();
        let number = OrderNumber::try_from(self.number).ok();
        faults.require(number.is_some(), "/number", NUMBER_RULE);
        faults.require(self.email.is_some() != self.phone.is_some(), "/email", ONE_CONTACT);
        let email = self.email.and_then(|text| faults.parse(&text, "/email")).map(Recipient::Email);
        let phone = self.phone.and_then(|text| faults.parse(&text, "/phone")).map(Recipient::Phone);
        faults.finish(number.zip(email.or(phone)))
    }
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(OrderLinks::connect(&init).await?, handle))
}

async fn handle(links: Arc<OrderLinks>, request: Request) -> Result<Response, Problem> {
    let (number, to) = request.json_as(Body::parse)?;
    let call = request.call(Actor::system("guest"));
    links.request(&call, Source(request.source_ip()), number, &to).await?;
    Response::json(StatusCode::ACCEPTED, &json!({"status": "accepted"}))
}
