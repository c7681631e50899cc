//! `GET /.well-known/oauth-authorization-server`: the metadata of RFC 8414.

use std::future::ready;
use std::sync::Arc;

use http::header::CACHE_CONTROL;
use kernel::Problem;
use platform::auth::Scope;
use platform::http::{BaseUrl, Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Serialize;

use crate::oauth::GRANT_TYPES;

/// The time for which the metadata may be cached: the same as for the keys that it names.
const CACHED: &str = "public, max-age=300";
/// The methods by which a client authenticates: by a secret in the header or in the form, or not at all (RFC 7591 section 2).
const AUTH_METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// The members of RFC 8414 section 2 that apply to a server with a token endpoint and no authorization endpoint.
#[derive(Serialize)]
struct Metadata<'a> {
    /// Exactly the `iss` of the access tokens, which is the stack's name and no URL.
    issuer: &'a str,
    token_endpoint: String,
    jwks_uri: String,
    scopes_supported: [&'static str; Scope::ALL.len()],
    /// Empty, since nothing is ever authorized by a redirect. Section 3.2 would leave an empty list out, but section 2 requires the member and
    /// clients refuse metadata without it.
    response_types_supported: [&'static str; 0],
    grant_types_supported: [&'static str; GRANT_TYPES.len()],
    token_endpoint_auth_methods_supported: [&'static str; AUTH_METHODS.len()],
    service_documentation: String,
}

struct App {
    issuer: String,
    base: BaseUrl,
}

/// Needs `TOKEN_ISSUER`.
#[expect(clippy::needless_pass_by_value, reason = "every route is started alike")]
pub fn init(init: Init) -> impl Future<Output = Result<Handler, InitError>> {
    ready(app(&init).map(|app| handler(app, handle)))
}

fn app(init: &Init) -> Result<App, InitError> {
    Ok(App { issuer: init.required("TOKEN_ISSUER")?, base: BaseUrl::from_init(init)? })
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    Ok(Response::ok(&metadata(&app.issuer, &app.base.of(&request)))?.header(CACHE_CONTROL, CACHED))
}

fn metadata<'a>(issuer: &'a str, base: &str) -> Metadata<'a> {
    Metadata {
        issuer,
        token_endpoint: format!("{base}/token"),
        jwks_uri: format!("{base}/.well-known/jwks.json"),
        scopes_supported: Scope::ALL.map(Scope::name),
        response_types_supported: [],
        grant_types_supported: GRANT_TYPES,
        token_endpoint_auth_methods_supported: AUTH_METHODS,
        service_documentation: format!("{base}/docs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_names_what_the_token_endpoint_takes() {
        let metadata = serde_json::to_value(metadata("holdfast", "https://api.example/shop")).unwrap();
        assert_eq!(metadata["issuer"], "holdfast");
        assert_eq!(metadata["token_endpoint"], "https://api.example/shop/token");
        assert_eq!(metadata["jwks_uri"], "https://api.example/shop/.well-known/jwks.json");
        assert_eq!(metadata["response_types_supported"], serde_json::json!([]));
        let scopes = metadata["scopes_supported"].as_array().unwrap();
        assert!(scopes.iter().all(|scope| scope.as_str().unwrap().parse::<Scope>().is_ok()));
    }
}
