//! `DELETE /ops/session`.

use std::sync::Arc;

use http::header::SET_COOKIE;
use kernel::{Actor, Problem};
use platform::http::{BaseUrl, Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::routes::ops_session::{cookie_value, expired_cookie, require_own_page};
use crate::session::RefreshToken;
use crate::store::Store;

struct App {
    store: Store,
    base: BaseUrl,
}

/// Needs `IDENTITY_TABLE`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let base = BaseUrl::from_init(&init)?;
    Ok(handler(App { store: Store::connect(&init).await?, base }, handle))
}

/// The answer is the same without a session: the browser is to be signed out, and is (RFC 7009 section 2.2).
async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    require_own_page(&request, &app.base)?;
    if let Some(token) = cookie_value(request.headers()).and_then(RefreshToken::parse) {
        let call = request.call(Actor::Customer { id: token.user });
        app.store.end_session(&call, &token).await?;
    }
    Ok(Response::no_content().header(SET_COOKIE, &expired_cookie(&app.base.of(&request))))
}
