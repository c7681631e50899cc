//! `GET /.well-known/jwks.json`.

use std::future::ready;
use std::sync::Arc;

use http::header::CACHE_CONTROL;
use jsonwebtoken::jwk::JwkSet;
use kernel::Problem;
use platform::auth::public_keys;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

/// The time for which the keys may be cached. A new key is published at least this long before it signs anything.
const CACHED: &str = "public, max-age=300";

/// Needs `TOKEN_PUBLIC_KEYS`.
#[expect(clippy::needless_pass_by_value, reason = "every route is started alike")]
pub fn init(init: Init) -> impl Future<Output = Result<Handler, InitError>> {
    ready(public_keys(&init).map(|keys| handler(JwkSet { keys }, handle)))
}

async fn handle(keys: Arc<JwkSet>, _: Request) -> Result<Response, Problem> {
    Ok(Response::ok(&*keys)?.header(CACHE_CONTROL, CACHED))
}
