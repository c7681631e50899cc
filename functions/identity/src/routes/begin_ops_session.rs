//! `POST /ops/session`.

use std::sync::Arc;

use http::header::SET_COOKIE;
use kernel::{Actor, Problem};
use platform::http::{BaseUrl, Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::{Deserialize, Deserializer, de};

use crate::contact::Login;
use crate::log_in::LogIn;
use crate::password::PasswordAttempt;
use crate::routes::ops_session::{OpsTokens, cookie, require_own_page};
use crate::second_factor::{OpsPolicy, SecondFactorCode, SecondStep};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(deserialize_with = "login")]
    login: Login,
    password: PasswordAttempt,
    /// Of the second factor, for accounts that have one.
    #[serde(default)]
    code: Option<SecondFactorCode>,
}

struct App {
    log_in: LogIn,
    base: BaseUrl,
    policy: OpsPolicy,
}

/// Reads an email address or a phone number.
fn login<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Login, D::Error> {
    Login::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_SIGNING_SECRET_ARN`, `SECOND_FACTOR_SECRET_ARN`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`;
/// `OPS_SECOND_FACTOR` may be `required`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let base = BaseUrl::from_init(&init)?;
    let policy = init.optional("OPS_SECOND_FACTOR", OpsPolicy::Optional)?;
    Ok(handler(App { log_in: LogIn::connect(&init).await?, base, policy }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    require_own_page(&request, &app.base)?;
    let body: Body = request.json()?;
    let call = request.call(Actor::system("begin-ops-session"));
    let (source, step) = (request.source_ip(), SecondStep { code: body.code.as_ref(), policy: app.policy });
    let tokens = Box::pin(app.log_in.log_in(&call, &body.login, &body.password, source, None, step)).await?;
    let (body, refresh) = OpsTokens::split(tokens)?;
    Ok(Response::ok(&body)?.header(SET_COOKIE, &cookie(&refresh, &app.base.of(&request))))
}
