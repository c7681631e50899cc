//! `POST /api/v1/auth/password/reset/request`.

use std::sync::Arc;

use kernel::{Actor, FieldError, Problem};
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::accepted;
use crate::contact::{Email, Login, Phone};
use crate::reset::RequestReset;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(default)]
    email: Option<Email>,
    #[serde(default)]
    phone: Option<Phone>,
}

impl Body {
    fn login(self) -> Result<Login, Problem> {
        match (self.email, self.phone) {
            (Some(email), None) => Ok(Login::Email(email)),
            (None, Some(phone)) => Ok(Login::Phone(phone)),
            _ => {
                let error = |pointer: &str| FieldError {
                    pointer: pointer.to_owned(),
                    detail: "exactly one of email and phone has to be given".to_owned(),
                };
                Err(Problem::invalid_all(vec![error("/email"), error("/phone")]))
            }
        }
    }
}

/// Needs `IDENTITY_TABLE` and `SECRETS_QUEUE_URL`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(RequestReset::connect(&init).await?, handle))
}

async fn handle(app: Arc<RequestReset>, request: Request) -> Result<Reply, Problem> {
    let login = request.json::<Body>()?.login()?;
    let call = request.call(Actor::system("request-password-reset"));
    app.send(&call, &login, request.source_ip()).await?;
    accepted()
}
