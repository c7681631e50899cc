//! `POST /register` and `POST /api/register`: registration for clients of surface B.

use std::sync::Arc;

use kernel::{FieldError, Problem};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::registering::{App, locale};
use crate::contact::{Email, PersonName, Phone};
use crate::password::Password;
use crate::register::Registration;
use crate::time_zone::TimeZoneName;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    first_name: PersonName,
    last_name: PersonName,
    #[serde(default)]
    email: Option<Email>,
    #[serde(default)]
    phone: Option<Phone>,
    password: Password,
    #[serde(default)]
    time_zone: Option<TimeZoneName>,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE` and `IDEMPOTENCY_TABLE`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(App::connect(&init).await?, handle))
}

/// Refuses a body without a login.
fn with_login(body: Body) -> Result<Body, Problem> {
    if body.email.is_some() || body.phone.is_some() {
        return Ok(body);
    }
    let error = |pointer: &str| FieldError {
        pointer: pointer.to_owned(),
        detail: "one of email and phone has to be given".to_owned(),
    };
    Err(Problem::invalid_all(vec![error("/email"), error("/phone")]))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let body: Body = request.json_as(with_login)?;
    let registration = Registration {
        first_name: body.first_name,
        last_name: body.last_name,
        email: body.email,
        phone: body.phone,
        password: body.password,
        locale: locale(&request),
        time_zone: body.time_zone,
    };
    Box::pin(app.answer(&request, registration)).await
}
