//! The token endpoint (RFC 6749 section 3.2).
//!
//! People come through public clients, which have no secret: their password or refresh token is all that counts, and a
//! client id without a secret is taken for a name. Machine clients have a secret and act for themselves alone, so that
//! there is no refresh token that would have to be bound to one.

use std::net::IpAddr;
use std::sync::Arc;

use kernel::{Problem, UserId};
use platform::auth::Scopes;
use platform::{Init, InitError, InvocationContext};
use serde::Serialize;

use crate::access::{ACCESS_TOKEN_LIFETIME, Issuer};
use crate::client::Client;
use crate::client_authentication::ClientAuthentication;
use crate::contact::Login;
use crate::log_in::{LogIn, TOKEN_TYPE, Tokens};
use crate::oauth::{Credentials, Grant, OAuthError, TokenRequest, refused, told};
use crate::password::PasswordAttempt;
use crate::refresh::Refresh;
use crate::refusal::{LoginError, LoginRefusal};
use crate::second_factor::SecondStep;
use crate::session::RefreshToken;
use crate::store::Store;
use crate::throttle::Throttle;

/// A token answer (section 5.1). Deliberately not `Debug`.
#[derive(Serialize)]
pub(crate) struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
    /// Seconds for which the access token is good.
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Left out where it would be empty: the parameter has at least one scope (RFC 6749 section 3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl From<Tokens> for TokenAnswer {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            token_type: tokens.token_type,
            expires_in: tokens.expires_in,
            refresh_token: Some(tokens.refresh_token),
            scope: tokens.scopes.to_parameter(),
        }
    }
}

/// Issues tokens.
pub(crate) struct TokenEndpoint {
    clients: ClientAuthentication,
    throttle: Throttle,
    issuer: Arc<Issuer>,
    log_in: LogIn,
    refresh: Refresh,
}

/// The reason why a request gets no token.
pub(crate) enum TokenRefusal {
    /// An error of the request, as OAuth names it.
    OAuth(OAuthError),
    /// A failure that is not the request's.
    Failed(Problem),
}

impl From<OAuthError> for TokenRefusal {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<Problem> for TokenRefusal {
    fn from(problem: Problem) -> Self {
        told(problem).map_or_else(Self::Failed, Self::OAuth)
    }
}

impl From<LoginRefusal> for TokenRefusal {
    fn from(refusal: LoginRefusal) -> Self {
        refused(refusal).map_or_else(Self::Failed, Self::OAuth)
    }
}

impl From<LoginError> for TokenRefusal {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Refused(refusal) => refusal.into(),
            LoginError::Failed(problem) => problem.into(),
        }
    }
}

impl TokenEndpoint {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`, and the signing key.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let issuer = Arc::new(Issuer::from_init(init).await?);
        let store = Store::connect(init).await?;
        Ok(Self {
            throttle: Throttle::from_init(init, store.clone())?,
            log_in: LogIn::with(init, Arc::clone(&issuer)).await?,
            refresh: Refresh::with(init, Arc::clone(&issuer)).await?,
            clients: ClientAuthentication::with(store),
            issuer,
        })
    }

    /// Answers `request`, which came from `source`.
    pub(crate) async fn issue(
        &self,
        call: &InvocationContext,
        request: TokenRequest,
        source: Option<IpAddr>,
    ) -> Result<TokenAnswer, TokenRefusal> {
        let client = match request.client {
            Some(Credentials { id, secret: Some(secret) }) => {
                Some(self.authenticate(call, &id, &secret, source).await?)
            }
            _ => None,
        };
        match (request.grant, client) {
            (Grant::ClientCredentials, Some((id, client))) => {
                let answer = self.for_client(call, id, &client, request.scopes.as_ref())?;
                Ok(answer)
            }
            (Grant::ClientCredentials, None) => Err(OAuthError::invalid_client().into()),
            (_, Some(_)) => {
                let description = "This client acts for itself alone, by client credentials.";
                Err(OAuthError::new("unauthorized_client", description).into())
            }
            (Grant::Password { username, password, otp }, None) => {
                let wrong = || OAuthError::new("invalid_grant", "The login or the password is wrong.");
                let login = Login::parse(&username).map_err(|_| wrong())?;
                let password = PasswordAttempt::new(password).map_err(|_| wrong())?;
                let step = SecondStep::with(otp.as_ref());
                let log_in = self.log_in.log_in(call, &login, &password, source, request.scopes, step);
                let tokens = Box::pin(log_in).await?;
                Ok(tokens.into())
            }
            (Grant::RefreshToken(text), None) => {
                let token = RefreshToken::parse(&text).ok_or(LoginRefusal::InvalidRefreshToken)?;
                Ok(self.refresh.refresh(call, &token, request.scopes.as_ref()).await?.into())
            }
        }
    }

    /// The client `id`, if `secret` is its secret. Failures count for their source alone: knowing the id of a client is not enough to lock it out.
    async fn authenticate(
        &self,
        call: &InvocationContext,
        id: &str,
        secret: &str,
        source: Option<IpAddr>,
    ) -> Result<(UserId, Client), TokenRefusal> {
        // What is no id of ours is no secret to guess at.
        let id: UserId = id.parse().map_err(|_| OAuthError::invalid_client())?;
        let admission = self.throttle.acquire_for_client(call, source).await?;
        match self.clients.find(call, id, secret).await {
            Ok(Some(client)) => {
                self.throttle.release(call, admission).await;
                Ok((id, client))
            }
            Ok(None) => {
                self.throttle.failed(call, admission).await;
                Err(OAuthError::invalid_client().into())
            }
            Err(problem) => {
                self.throttle.release(call, admission).await;
                Err(problem.into())
            }
        }
    }

    /// An access token for a client that acts for itself.
    fn for_client(
        &self,
        call: &InvocationContext,
        id: UserId,
        client: &Client,
        asked: Option<&Scopes>,
    ) -> Result<TokenAnswer, TokenRefusal> {
        let scopes = asked.map_or_else(|| client.scopes.clone(), |asked| asked.common(&client.scopes));
        if asked.is_some_and(|asked| *asked != scopes) {
            let description = "The client does not have every scope that was asked for.";
            return Err(OAuthError::new("invalid_scope", description).into());
        }
        Ok(TokenAnswer {
            access_token: self.issuer.issue_to_client(id, &scopes, call.now)?,
            token_type: TOKEN_TYPE,
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            refresh_token: None,
            scope: scopes.to_parameter(),
        })
    }
}
