//! The responses of the token endpoint (RFC 6749 section 5).

use http::StatusCode;
use http::header::{PRAGMA, WWW_AUTHENTICATE};
use kernel::Problem;
use platform::http::Response;
use serde::Serialize;

use crate::oauth::OAuthError;

/// The response of section 5.2 for `error`.
pub(super) fn refusal(error: &OAuthError) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Body<'a> {
        error: &'a str,
        error_description: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'a str>,
    }
    let unauthenticated = error.error == "invalid_client";
    let status = if unauthenticated { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let body = Body { error: error.error, error_description: &error.description, code: error.code };
    let reply = uncached(Response::json(status, &body)?);
    let challenge = "Basic realm=\"holdfast\", charset=\"UTF-8\"";
    Ok(if unauthenticated { reply.header(WWW_AUTHENTICATE, challenge) } else { reply })
}

/// Adds the header that keeps a token out of caches (section 5.1); `Cache-Control: no-store` is on every response.
pub(super) fn uncached(reply: Response) -> Response {
    reply.header(PRAGMA, "no-cache")
}
