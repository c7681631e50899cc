//! `POST /ops/session/refresh`.

use std::sync::Arc;

use http::header::SET_COOKIE;
use kernel::{Actor, Problem};
use platform::http::{BaseUrl, Handler, Reply, Request, handler};
use platform::{Init, InitError};

use crate::ops_session::{OpsTokens, cookie, cookie_value, require_own_page};
use crate::refresh::{Refresh, refused};
use crate::session::RefreshToken;

struct App {
    refresh: Refresh,
    base: BaseUrl,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_SIGNING_SECRET_ARN`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let base = BaseUrl::from_init(&init)?;
    Ok(handler(App { refresh: Refresh::connect(&init).await?, base }, handle))
}

/// A browser without the cookie gets 204: it has no session, which is how every visit begins and no error.
///
/// A cookie that is refused is not taken away: this answer may come late, after another tab signed in and set a good one.
async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    require_own_page(&request, &app.base)?;
    let Some(text) = cookie_value(request.headers()) else { return Ok(Reply::no_content()) };
    let token = RefreshToken::parse(text).ok_or_else(refused)?;
    let call = request.call(Actor::system("refresh-ops-session"));
    let (body, refresh) = OpsTokens::split(app.refresh.refresh(&call, &token, None).await?)?;
    Ok(Reply::ok(&body)?.header(SET_COOKIE, &cookie(&refresh, &app.base.of(&request))))
}
