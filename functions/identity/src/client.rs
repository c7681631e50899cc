//! Machine clients: programs that act for themselves, by client credentials (RFC 6749 section 4.4).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::Problem;
use platform::auth::Scopes;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// Random bytes in a client's secret.
const SECRET_BYTES: usize = 32;
/// The longest name of a client, in characters.
pub const MAX_CLIENT_NAME: usize = 100;

/// A machine client as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// What operators call it.
    pub(crate) name: String,
    /// What is kept of its secret.
    pub(crate) secret: SecretHash,
    /// What it may do.
    pub(crate) scopes: Scopes,
}

/// A new client's secret: shown once, kept by the client alone. Deliberately not `Debug`.
pub(crate) struct ClientSecret([u8; SECRET_BYTES]);

impl ClientSecret {
    /// A new secret.
    pub(crate) fn generate() -> Result<Self, Problem> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret).map_err(Problem::internal)?;
        Ok(Self(secret))
    }

    /// The text that the client sends. No letter of it is spelled differently in a form or a header.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> SecretHash {
        SecretHash::of(&self.text())
    }
}

/// The SHA-256 of a client's secret. A plain hash is enough: there is nothing to guess in 256 random bits.
#[derive(Clone)]
pub(crate) struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of what somebody sent as their secret.
    pub(crate) fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Whether `secret` is the secret of this hash. Takes as long wherever they differ.
    pub(crate) fn is_of(&self, secret: &str) -> bool {
        self.0.ct_eq(&Self::of(secret).0).into()
    }

    /// The text for the item.
    pub(crate) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads the item's text.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_hash() {
        let secret = ClientSecret::generate().unwrap();
        assert_eq!(secret.text().len(), 43);
        let kept = SecretHash::from_text(&secret.hash().to_text()).unwrap();
        assert!(kept.is_of(&secret.text()));
        for other in ["", &secret.text()[1..], &ClientSecret::generate().unwrap().text()] {
            assert!(!kept.is_of(other), "{other}");
        }
        assert!(!format!("{kept:?}").contains(&kept.to_text()));
    }
}
