//! The owner of a cart: an account, or the holder of a cart token.
//!
//! A cart token is the whole of an anonymous cart's protection: 256 random bits, of which only the SHA-256 is kept, as the key. A
//! token that finds nothing reads as an empty cart, so that no caller learns by trying which tokens there are.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::{Problem, UserId};
use platform::http::Request;
use serde::{Deserialize, Deserializer, de};
use sha2::{Digest as _, Sha256};

use crate::refusal::VisitorRefusal;

/// The header that carries the token of an anonymous cart.
pub(crate) const CART_TOKEN: &str = "x-cart-token";
/// Random bytes in a cart token.
const TOKEN_BYTES: usize = 32;
/// The rule that is returned for a malformed token.
pub(crate) const TOKEN_RULE: &str = "must be a cart token: the 43 characters that this API answered";

/// The secret that finds an anonymous cart. Deliberately neither `Debug` nor `Serialize`: there is one place where it is returned.
#[derive(Clone)]
pub struct CartToken([u8; TOKEN_BYTES]);

impl CartToken {
    /// A new token.
    pub(crate) fn generate() -> Result<Self, Problem> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(Problem::internal)?;
        Ok(Self(bytes))
    }

    /// Reads what a client sent; `None` when it can't be one of ours. A token has one spelling.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The token of a request without an access token; `None` where there is none, or where the request has an access token. 400 when it can't be one
    /// of ours.
    pub fn of_anonymous(request: &Request) -> Result<Option<Self>, VisitorRefusal> {
        let invalid = VisitorRefusal::InvalidToken;
        if request.headers().contains_key("authorization") {
            return Ok(None);
        }
        let Some(token) = request.only_header(CART_TOKEN).map_err(|_| invalid)? else { return Ok(None) };
        Self::parse(token).map(Some).ok_or(invalid)
    }

    /// 256 bits for `purpose` that only the token's holder can compute: the HMAC-SHA256 of it under the token.
    pub fn derived(&self, purpose: &str) -> Result<[u8; 32], Problem> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(Problem::internal)?;
        Ok(mac.chain_update(purpose).finalize().into_bytes().into())
    }

    /// The text that the client carries.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl<'de> Deserialize<'de> for CartToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(TOKEN_RULE))
    }
}

/// The owner of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// An account.
    Customer(UserId),
    /// The holder of a cart token.
    Anonymous(TokenHash),
}

/// The SHA-256 of a cart token, in hex. A plain hash is enough: there is nothing to guess in 256 random bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHash(String);

impl TokenHash {
    /// Takes over what an order stores of the cart that it was placed from.
    pub fn stored(hash: &str) -> Self {
        Self(hash.to_owned())
    }

    /// The hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Owner {
    /// The partition of the owner's cart.
    pub(crate) fn partition(&self) -> String {
        match self {
            Self::Customer(user) => format!("USER#{user}"),
            Self::Anonymous(TokenHash(hash)) => format!("ANON#{hash}"),
        }
    }
}

impl From<UserId> for Owner {
    fn from(user: UserId) -> Self {
        Self::Customer(user)
    }
}

impl From<&CartToken> for TokenHash {
    fn from(token: &CartToken) -> Self {
        Self(hex::encode(Sha256::digest(token.0)))
    }
}

impl From<&CartToken> for Owner {
    fn from(token: &CartToken) -> Self {
        Self::Anonymous(token.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_what_they_were() {
        let user: UserId = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        assert_eq!(Owner::from(user).partition(), "USER#6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0");
        // The digest of 32 zero bytes, by sha256sum.
        let token = CartToken::parse(&"A".repeat(43)).unwrap();
        let hash = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";
        assert_eq!(Owner::from(&token).partition(), format!("ANON#{hash}"));
    }

    #[test]
    fn what_is_derived_is_of_one_token_and_one_purpose() {
        let (one, other) = (CartToken([1; 32]), CartToken([2; 32]));
        let derived = one.derived("order/1").unwrap();
        assert_eq!(derived, CartToken([1; 32]).derived("order/1").unwrap());
        assert_ne!(derived, one.derived("order/2").unwrap());
        assert_ne!(derived, other.derived("order/1").unwrap());
    }

    #[test]
    fn a_token_has_256_bits_and_one_spelling() {
        let token = CartToken::generate().unwrap();
        let text = token.text();
        assert_eq!(text.len(), 43);
        assert_eq!(Owner::from(&CartToken::parse(&text).unwrap()), Owner::from(&token));
        assert_ne!(CartToken::generate().unwrap().text(), text);
        let zeros = "A".repeat(43);
        let wrong = [
            String::new(),
            "A".repeat(42),
            "A".repeat(44),
            format!("{zeros}="),
            format!("{}B", &zeros[1..]),
            format!("{} ", &zeros[1..]),
            format!("{}+", &zeros[1..]),
        ];
        for text in wrong {
            assert!(CartToken::parse(&text).is_none(), "{text:?}");
        }
    }
}
