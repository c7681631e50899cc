//! `POST /ops/session/refresh`.

use std::sync::Arc;

use http::header::SET_COOKIE;
use kernel::{Actor, Problem};
use platform::http::{BaseUrl, Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::refresh::Refresh;
use crate::refusal::LoginRefusal;
use crate::routes::ops_session::{OpsTokens, cookie, cookie_value, require_own_page};
use crate::second_factor::{OpsPolicy, SecondFactor};
use crate::session::RefreshToken;
use crate::store::Store;

struct App {
    refresh: Refresh,
    base: BaseUrl,
    store: Store,
    policy: OpsPolicy,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_SIGNING_SECRET_ARN`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`; `OPS_SECOND_FACTOR`
/// may be `required`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let base = BaseUrl::from_init(&init)?;
    let policy = init.optional("OPS_SECOND_FACTOR", OpsPolicy::Optional)?;
    let (refresh, store) = (Refresh::connect(&init).await?, Store::connect(&init).await?);
    Ok(handler(App { refresh, base, store, policy }, handle))
}

/// A browser without the cookie gets 204: it has no session, which is how every visit begins and no error.
///
/// A cookie that is refused is not taken away: this answer may come late, after another tab signed in and set a good one.
async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    require_own_page(&request, &app.base)?;
    request.no_body()?;
    let Some(text) = cookie_value(request.headers()) else { return Ok(Response::no_content()) };
    let token = RefreshToken::parse(text).ok_or(LoginRefusal::InvalidRefreshToken)?;
    let call = request.call(Actor::system("refresh-ops-session"));
    let tokens = app.refresh.refresh(&call, &token, None).await?;
    // Sessions that began before the second factor was required do not go on without one.
    if app.policy == OpsPolicy::Required && !tokens.scopes.0.is_empty() {
        let factor = app.store.second_factor(token.user).await?;
        factor.filter(SecondFactor::is_enabled).ok_or(LoginRefusal::SecondFactorNotEnrolled)?;
    }
    let (body, refresh) = OpsTokens::split(tokens)?;
    Ok(Response::ok(&body)?.header(SET_COOKIE, &cookie(&refresh, &app.base.of(&request))))
}
