//! Who may call: whoever has the scope `loms`.

use kernel::Problem;
use platform::auth::{Principal, Scope, Verifier};
use platform::http::Request;
use platform::{Init, InitError};

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

    /// The caller, by the header `Authorization` or else by `token`, the access token that stands in the body. A body's token is not looked at
    /// beside a header: clients send a constant there that means nothing to us.
    pub fn admit_with(&self, request: &Request, token: Option<&str>) -> Result<Principal, Problem> {
        match token {
            Some(token) if !has_header(request) => allowed(self.0.verify(token)?),
            _ => self.admit(request),
        }
    }
}

/// Whether the caller is to be known by the header `Authorization`.
pub fn has_header(request: &Request) -> bool {
    request.headers().contains_key("authorization")
}

fn allowed(caller: Principal) -> Result<Principal, Problem> {
    caller.require(Scope::Loms)?;
    Ok(caller)
}
