//! `POST /api/v1/auth/register/email`.

use std::sync::Arc;

use kernel::Problem;
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
    email: Email,
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

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let body: Body = request.json()?;
    let registration = Registration {
        first_name: body.first_name,
        last_name: body.last_name,
        email: Some(body.email),
        phone: body.phone,
        password: body.password,
        locale: locale(&request),
        time_zone: body.time_zone,
    };
    Box::pin(app.answer(&request, registration)).await
}
