//! `POST /token` and `POST /api/token`: the token endpoint of RFC 6749.

use std::sync::Arc;

use kernel::{Actor, Problem};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use super::token_response::{refusal, uncached};
use crate::oauth::{Form, OAuthError, TokenRequest};
use crate::token::{TokenAnswer, TokenEndpoint, TokenRefusal};

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_SIGNING_SECRET_ARN`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(TokenEndpoint::connect(&init).await?, handle))
}

async fn handle(app: Arc<TokenEndpoint>, request: Request) -> Result<Response, Problem> {
    match answer(&app, &request).await {
        Ok(answer) => Ok(uncached(Response::ok(&answer)?)),
        Err(TokenRefusal::OAuth(error)) => refusal(&error),
        Err(TokenRefusal::Failed(problem)) => Err(problem),
    }
}

async fn answer(app: &TokenEndpoint, request: &Request) -> Result<TokenAnswer, TokenRefusal> {
    let form: Form = request.form()?;
    let authorization = request.only_header("authorization").map_err(|_| OAuthError::invalid_client())?;
    let asked = TokenRequest::read(form, authorization)?;
    let call = request.call(Actor::system("issue-token"));
    app.issue(&call, asked, request.source_ip()).await
}
