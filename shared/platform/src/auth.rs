//! Access tokens and scopes: who is calling, and what they may do.
//!
//! Tokens are JWTs (RFC 7519) signed with Ed25519. Here they are only verified, with public keys; the private key is
//! read by the identity context alone.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use kernel::{Actor, Kind, Problem, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::http::Request;
use crate::{Init, InitError};

/// The audience of access tokens (`aud`).
pub const AUDIENCE: &str = "holdfast-api";
/// The code of a token that is not taken.
const INVALID_TOKEN: &str = "invalid_token";
/// Seconds by which the clocks of two functions may differ.
const CLOCK_SKEW_SECONDS: u64 = 5;

/// A right that goes beyond one's own things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// See every order.
    #[serde(rename = "orders:read")]
    OrdersRead,
    /// Change every order.
    #[serde(rename = "orders:write")]
    OrdersWrite,
    /// Set stock and make reservations.
    #[serde(rename = "stock:write")]
    StockWrite,
    /// Change products and prices.
    #[serde(rename = "catalog:write")]
    CatalogWrite,
    /// Change shipping methods, tax rates and promotions.
    #[serde(rename = "pricing:write")]
    PricingWrite,
    /// Make payments and refunds.
    #[serde(rename = "payments:write")]
    PaymentsWrite,
    /// Configure which systems receive events.
    #[serde(rename = "webhooks:write")]
    WebhooksWrite,
    /// Send messages.
    #[serde(rename = "notifications:write")]
    NotificationsWrite,
    /// Take back what was given out, such as machine clients, and send again what consumers gave up.
    #[serde(rename = "operations:write")]
    OperationsWrite,
    /// Use the LOMS routes.
    #[serde(rename = "loms")]
    Loms,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 10] = [
        Self::OrdersRead,
        Self::OrdersWrite,
        Self::StockWrite,
        Self::CatalogWrite,
        Self::PricingWrite,
        Self::PaymentsWrite,
        Self::WebhooksWrite,
        Self::NotificationsWrite,
        Self::OperationsWrite,
        Self::Loms,
    ];

    /// The scope's name as tokens spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrdersRead => "orders:read",
            Self::OrdersWrite => "orders:write",
            Self::StockWrite => "stock:write",
            Self::CatalogWrite => "catalog:write",
            Self::PricingWrite => "pricing:write",
            Self::PaymentsWrite => "payments:write",
            Self::WebhooksWrite => "webhooks:write",
            Self::NotificationsWrite => "notifications:write",
            Self::OperationsWrite => "operations:write",
            Self::Loms => "loms",
        }
    }
}

/// The text names no scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownScope(pub String);

impl fmt::Display for UnknownScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no scope called {:?}", self.0)
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.name() == text).ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// A set of scopes; written as one text with spaces between them (RFC 6749 section 3.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(pub BTreeSet<Scope>);

impl Scopes {
    /// True when `scope` is in the set.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// The set as a `scope` parameter; none for the empty set, since the parameter has at least one scope (RFC 6749 section 3.3).
    pub fn to_parameter(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.to_string())
    }

    /// The scopes that are in both sets.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).copied().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|scope| scope.name()).collect();
        f.write_str(&names.join(" "))
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        text.split_whitespace().map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// The claims of an access token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The recipient that it is meant for: [`AUDIENCE`].
    pub aud: String,
    /// The account.
    pub sub: UserId,
    /// The account's scopes, separated by spaces.
    pub scope: String,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Refused from then on, seconds since 1970.
    pub exp: i64,
    /// The token's own id.
    pub jti: String,
    /// The machine client that the token was issued to for itself (RFC 9068 section 2.2); a person's token has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<UserId>,
}

/// The caller, known by a verified token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub user: UserId,
    /// The scopes, which allow more than access to the account's own resources.
    pub scopes: Scopes,
    /// The id of the token itself (`jti`).
    pub token_id: String,
    /// True when the caller is a machine client and no person.
    pub is_client: bool,
}

impl Principal {
    /// Refuses a caller without `scope`.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(scope) {
            return Ok(());
        }
        let detail = format!("This needs the scope {}.", scope.name());
        Err(Problem::new(Kind::Forbidden, "insufficient_scope", detail).with("scope", scope.name()))
    }

    /// Refuses a machine client that was not given orders to write: it is no customer, and has no cart, profile or orders of its own.
    pub fn require_customer(&self) -> Result<(), Problem> {
        if self.is_client { self.require(Scope::OrdersWrite) } else { Ok(()) }
    }

    /// The caller as the author of a change to something that belongs to `owner`.
    pub fn acting_on(&self, owner: UserId) -> Actor {
        if self.user == owner { Actor::Customer { id: self.user } } else { Actor::Operator { id: self.user } }
    }

    /// The caller as the author of a change to something of their own.
    pub fn customer(&self) -> Actor {
        Actor::Customer { id: self.user }
    }

    /// The caller as the author of a change made by right of a scope.
    pub fn operator(&self) -> Actor {
        Actor::Operator { id: self.user }
    }
}

/// Verifies access tokens against the public keys of `TOKEN_PUBLIC_KEYS`.
pub struct Verifier {
    keys: Vec<(String, DecodingKey)>,
    validation: Validation,
}

impl Verifier {
    /// The keys of `TOKEN_PUBLIC_KEYS`, and the issuer of `TOKEN_ISSUER`.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        Self::new(&public_keys(init)?, &init.required("TOKEN_ISSUER")?)
    }

    /// Accepts tokens of `issuer` signed with one of `keys`.
    pub fn new(keys: &[Jwk], issuer: &str) -> Result<Self, InitError> {
        let keys = keys
            .iter()
            .map(|jwk| {
                let wrong = |reason| InitError::new("TOKEN_PUBLIC_KEYS", reason);
                let kid = jwk.common.key_id.clone().unwrap_or_default();
                Ok((kid, DecodingKey::from_jwk(jwk).map_err(wrong)?))
            })
            .collect::<Result<_, InitError>>()?;
        // The algorithm is pinned: a token never chooses how it is verified (RFC 8725 section 3.1).
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = CLOCK_SKEW_SECONDS;
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        Ok(Self { keys, validation })
    }

    /// The caller, by the request's `Authorization: Bearer` header.
    pub fn authenticate(&self, request: &Request) -> Result<Principal, Problem> {
        let header = request.only_header("authorization");
        let header = header.map_err(|_| invalid_token("the header is not clear"))?.ok_or_else(|| {
            Problem::new(
                Kind::Unauthenticated,
                "token_required",
                "This needs an access token: Authorization: Bearer.",
            )
        })?;
        // The gateway joins headers of one name; no token has a comma.
        if header.contains(',') {
            let detail = "The header Authorization has to be there once.";
            return Err(Problem::new(Kind::Unauthenticated, INVALID_TOKEN, detail));
        }
        let token = header
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| invalid_token("the scheme is not Bearer"))?;
        self.verify(token)
    }

    /// The caller named by `token`.
    pub fn verify(&self, token: &str) -> Result<Principal, Problem> {
        let header = decode_header(token).map_err(invalid_token)?;
        let kid = header.kid.ok_or_else(|| invalid_token("no kid"))?;
        let (_, key) =
            self.keys.iter().find(|(known, _)| *known == kid).ok_or_else(|| invalid_token("unknown kid"))?;
        let claims = decode::<Claims>(token, key, &self.validation).map_err(invalid_token)?.claims;
        let latest = Timestamp::now().as_seconds() + CLOCK_SKEW_SECONDS.cast_signed();
        if claims.iat > latest {
            return Err(invalid_token("issued in the future"));
        }
        let scopes = claims.scope.parse().map_err(invalid_token)?;
        let is_client = claims.client_id.is_some();
        Ok(Principal { user: claims.sub, scopes, token_id: claims.jti, is_client })
    }
}

fn invalid_token(inside: impl fmt::Display) -> Problem {
    Problem::new(Kind::Unauthenticated, INVALID_TOKEN, "The access token is not valid, or no longer.")
        .with_internal_detail(inside)
}

/// The public keys of `TOKEN_PUBLIC_KEYS`: Ed25519 keys in unpadded base64url, separated by commas, the newest first.
/// More than one is live while keys rotate. Each key's id is its thumbprint (RFC 7638).
pub fn public_keys(init: &Init) -> Result<Vec<Jwk>, InitError> {
    let text = init.required("TOKEN_PUBLIC_KEYS")?;
    text.split(',').map(|x| public_key(x.trim())).collect()
}

/// The public key whose unpadded base64url form is `x`.
pub fn public_key(x: &str) -> Result<Jwk, InitError> {
    let wrong = |reason: &dyn fmt::Display| InitError::new("TOKEN_PUBLIC_KEYS", reason);
    let key = serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": x, "use": "sig", "alg": "EdDSA"});
    let mut jwk: Jwk = serde_json::from_value(key).map_err(|error| wrong(&error))?;
    let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|error| wrong(&error))?;
    DecodingKey::from_jwk(&jwk).map_err(|error| wrong(&error))?;
    jwk.common.key_id = Some(thumbprint);
    Ok(jwk)
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
