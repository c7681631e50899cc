//! Who may call: whoever has the scope `loms`.

use kernel::Problem;
use platform::auth::{Principal, Scope, Verifier};
use platform::http::Request;
use platform::{Init, InitError};
use serde::de::DeserializeOwned;

/// Lets in who has the scope `loms`.
pub struct Gate(Verifier);

impl Gate {
    /// The keys of `TOKEN_PUBLIC_KEYS`, and the issuer of `TOKEN_ISSUER`.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        Verifier::from_init(init).map(Self)
    }

    /// The caller, by the header `Authorization`.
    pub fn admit(&self, request: &Request) -> Result<Principal, Problem> {
        allowed(self.0.authenticate(request)?)
    }

    /// The body of `request`, whose caller is let in by the header `Authorization` or else by the access token that `token` finds in the
    /// body. That is not looked at beside a header: clients send a constant there that means nothing to us.
    pub fn admit_to<B: DeserializeOwned>(
        &self,
        request: &Request,
        token: impl Fn(&B) -> Option<&str>,
    ) -> Result<B, Problem> {
        if request.headers().contains_key("authorization") {
            self.admit(request)?;
            return request.json();
        }
        let body = request.json()?;
        match token(&body) {
            Some(token) => allowed(self.0.verify(token)?)?,
            None => self.admit(request)?,
        };
        Ok(body)
    }
}

fn allowed(caller: Principal) -> Result<Principal, Problem> {
    caller.require(Scope::Loms)?;
    Ok(caller)
}
