//! Sessions of the operator's page: the refresh token in a cookie that no script reads, and the defence against requests that other sites forge.
//!
//! The browser sends the cookie by itself, so the routes that take it need what routes with a bearer token do not: proof that the page itself made the
//! request. There are three layers, and each holds alone:
//!
//! 1. `SameSite=Strict`: the browser leaves the cookie out of requests that another site causes (RFC 6265bis section 5.6.7.1). It does not separate
//!    subdomains of one site.
//! 2. [`CSRF_HEADER`]: a form or link sets no header, and a script of another origin needs a CORS preflight for it, which the gateway never grants.
//! 3. `Sec-Fetch-Site`, or `Origin` from browsers without it: scripts can set neither (Fetch standard, forbidden request-headers).

use http::HeaderMap;
use http::header::{COOKIE, ORIGIN};
use kernel::{Problem, UserId};
use platform::http::{BaseUrl, Request, UnclearHeader};
use serde::Serialize;

use crate::log_in::Tokens;
use crate::refusal::CrossSiteRequest;
use crate::session::RefreshToken;

/// The cookie that carries the refresh token. Browsers take a name with `__Secure-` from secure origins alone (RFC 6265bis section 4.1.3.1), so that
/// no plain-HTTP page of the domain can plant one.
const COOKIE_NAME: &str = "__Secure-holdfast-ops";
/// The route below which browsers send the cookie, and no other. The routes with it are this one and those below it.
const COOKIE_ROUTE: &str = "/ops/session";
/// No `Max-Age`: the cookie goes when the browser is closed. The session itself ends on the server after its lifetime.
const COOKIE_ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Strict";
/// The header that every request of the page to these routes has.
const CSRF_HEADER: &str = "x-csrf-protection";
/// The header's only value.
const CSRF_VALUE: &str = "1";
/// The header by which a browser says where a request comes from (Fetch Metadata).
const FETCH_SITE: &str = "sec-fetch-site";
/// The only origin that may send these requests.
const SAME_ORIGIN: &str = "same-origin";

/// The access token as the page gets it; the refresh token is in the cookie alone. Deliberately not `Debug`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpsTokens {
    access_token: String,
    token_type: &'static str,
    /// Seconds for which the access token is good.
    expires_in: u64,
    /// The account, by which a page sees that another tab signed somebody else in.
    user_id: UserId,
    /// The access token's scopes with spaces between them; left out where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl OpsTokens {
    /// Takes `tokens` apart: the body for the page and the refresh token for the cookie.
    pub(crate) fn split(tokens: Tokens) -> Result<(Self, String), Problem> {
        let refresh = tokens.refresh_token;
        let user = RefreshToken::parse(&refresh).map(|token| token.user);
        let body = Self {
            access_token: tokens.access_token,
            token_type: tokens.token_type,
            expires_in: tokens.expires_in,
            user_id: user.ok_or_else(|| Problem::internal("a refresh token of our own can't be read"))?,
            scope: tokens.scopes.to_parameter(),
        };
        Ok((body, refresh))
    }
}

/// The `Set-Cookie` value that gives `refresh` to a page below `base`.
pub(crate) fn cookie(refresh: &str, base: &str) -> String {
    format!("{COOKIE_NAME}={refresh}; Path={}; {COOKIE_ATTRIBUTES}", cookie_path(base))
}

/// The `Set-Cookie` value that takes it away. The attributes have to be those that it was set with.
pub(crate) fn expired_cookie(base: &str) -> String {
    format!("{COOKIE_NAME}=; Path={}; Max-Age=0; {COOKIE_ATTRIBUTES}", cookie_path(base))
}

/// The path of the cookie's route as browsers see it: behind the path of `base`, such as `https://shop.example/api`.
fn cookie_path(base: &str) -> String {
    let host = base.split_once("://").map_or(base, |(_, rest)| rest);
    let prefix = host.find('/').map_or("", |start| &host[start..]);
    format!("{prefix}{COOKIE_ROUTE}")
}

/// The value of the request's cookie; `None` without one. Two cookies of the name give `None` too: one of them was planted from elsewhere, and
/// we can't know which.
pub(crate) fn cookie_value(headers: &HeaderMap) -> Option<&str> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value);
    let first = values.next().filter(|value| !value.is_empty());
    if values.next().is_some() { None } else { first }
}

/// Refuses a request that the page at `base` did not make itself.
pub(crate) fn require_own_page(request: &Request, base: &BaseUrl) -> Result<(), CrossSiteRequest> {
    let by_domain = format!("https://{}", request.domain());
    is_own_page(request, [&base.of(request), &by_domain])
        .map_err(|inside| CrossSiteRequest { header: (CSRF_HEADER, CSRF_VALUE), inside })
}

/// `Ok` when a page of one of `bases` made the request; otherwise the reason, for the log. A client that sends neither `Sec-Fetch-Site` nor
/// `Origin` is no present-day browser, and holds no cookies of another person: its header is enough.
fn is_own_page(request: &Request, bases: [&str; 2]) -> Result<(), &'static str> {
    let unclear = |UnclearHeader| "a header is not clear";
    if request.only_header(CSRF_HEADER).map_err(unclear)? != Some(CSRF_VALUE) {
        return Err("the header is missing");
    }
    if let Some(site) = request.only_header(FETCH_SITE).map_err(unclear)? {
        return if site == SAME_ORIGIN { Ok(()) } else { Err("the browser says that another site asks") };
    }
    match request.only_header(ORIGIN.as_str()).map_err(unclear)? {
        None => Ok(()),
        Some(origin) if bases.iter().any(|base| origin == origin_of(base)) => Ok(()),
        Some(_) => Err("the origin is another one"),
    }
}

/// The origin of an address (RFC 6454 section 6.2).
fn origin_of(base: &str) -> &str {
    let host = base.find("://").map_or(0, |scheme| scheme + "://".len());
    base[host..].find('/').map_or(base, |path| &base[..host + path])
}

#[cfg(test)]
#[path = "ops_session_tests.rs"]
mod tests;
