//! The authorizer of this surface: callers need the scope `loms`, by an access token or by a client's id and secret.
//!
//! Clients of this surface are configured by an address alone, and fetch no tokens. So they may send the id and the secret of a machine client with
//! every request: as HTTP Basic (RFC 7617), which HTTP clients derive from an address such as `https://id:secret@host`, or as `id:secret` in the
//! member `token`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use identity::ClientAuthentication;
use kernel::{Actor, Problem};
use platform::auth::{Principal, Scope, Verifier};
use platform::http::Request;
use platform::{Init, InitError};
use serde::de::DeserializeOwned;

/// Authorizes callers that have the scope `loms`.
pub struct LomsAuth {
    verifier: Verifier,
    clients: ClientAuthentication,
}

impl LomsAuth {
    /// The keys of `TOKEN_PUBLIC_KEYS`, the issuer of `TOKEN_ISSUER`, and the clients in the table named by `IDENTITY_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { verifier: Verifier::from_init(init)?, clients: ClientAuthentication::connect(init).await? })
    }

    /// Authorizes the caller by the header `Authorization`.
    pub async fn authorize(&self, request: &Request) -> Result<Principal, Problem> {
        let header = request.only_header("authorization").ok().flatten();
        let caller = match header.and_then(basic) {
            Some((id, secret)) => self.client(request, &id, &secret).await?,
            None => self.verifier.authenticate(request)?,
        };
        allowed(caller)
    }

    /// Returns the body of `request` once its caller is authorized by the header `Authorization`, or else by the credential that `token` finds in the
    /// body: an access token, or the id and secret of a client. The body's credential is ignored beside a header: clients send a constant there that
    /// means nothing to us.
    pub async fn authorize_body<B: DeserializeOwned>(
        &self,
        request: &Request,
        token: impl Fn(&B) -> Option<&str>,
    ) -> Result<B, Problem> {
        if request.headers().contains_key("authorization") {
            self.authorize(request).await?;
            return request.json();
        }
        let body = request.json()?;
        match token(&body) {
            Some(token) => {
                let caller = match token.split_once(':') {
                    Some((id, secret)) => self.client(request, id, secret).await?,
                    None => self.verifier.verify(token)?,
                };
                allowed(caller)?
            }
            None => self.authorize(request).await?,
        };
        Ok(body)
    }

    async fn client(&self, request: &Request, id: &str, secret: &str) -> Result<Principal, Problem> {
        self.clients.principal(&request.call(Actor::system("loms")), id, secret).await
    }
}

/// Reads `Basic` credentials. A client's id and secret have no character that form encoding would change.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    // Unreadable credentials are a wrong secret, and no token either.
    let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.unwrap_or_default();
    let (id, secret) = decoded.split_once(':').unwrap_or((decoded.as_str(), ""));
    Some((id.to_owned(), secret.to_owned()))
}

fn allowed(caller: Principal) -> Result<Principal, Problem> {
    caller.require(Scope::Loms)?;
    Ok(caller)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_an_id_and_a_secret() {
        let header = |text: &str| format!("basic {}", STANDARD.encode(text));
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(basic(&header("i:s")), pair("i", "s"));
        assert_eq!(basic(&header("i:s:t")), pair("i", "s:t"));
        assert_eq!(basic(&header("i")), pair("i", ""));
        assert_eq!(basic("Basic %%"), pair("", ""));
        assert_eq!((basic("Bearer x"), basic("Basic")), (None, None));
    }
}
