//! `POST /api/v1/auth/logout`.

use std::sync::Arc;

use kernel::{Actor, Problem};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::session::RefreshToken;
use crate::store::Store;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    refresh_token: String,
}

/// Needs `IDENTITY_TABLE`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Store::connect(&init).await?, handle))
}

/// The answer is the same for a token that is no good: the client wants to be logged out, and is (RFC 7009
/// section 2.2).
async fn handle(store: Arc<Store>, request: Request) -> Result<Response, Problem> {
    let body: Body = request.json()?;
    if let Some(token) = RefreshToken::parse(&body.refresh_token) {
        let call = request.call(Actor::Customer { id: token.user });
        store.end_session(&call, &token).await?;
    }
    Ok(Response::no_content())
}
