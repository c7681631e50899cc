//! Machine clients: programs that act for themselves, by client credentials (RFC 6749 section 4.4).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{Problem, Timestamp};
use platform::auth::Scopes;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// Random bytes in a client's secret.
const SECRET_BYTES: usize = 32;
/// Hours for which the secret before is good after a rotation, when the request says nothing else.
pub const CLIENT_SECRET_OVERLAP_HOURS: u32 = 24;
/// The most hours for which it is.
pub const MAX_CLIENT_SECRET_OVERLAP_HOURS: u32 = 168;
/// The precision of the time at which a client was last used: it is written at most once in this time.
pub const LAST_USE_PRECISION: Duration = Duration::from_hours(1);
/// The longest name of a client, in characters.
pub const MAX_CLIENT_NAME: usize = 100;

/// A machine client as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// The name that operators gave it.
    pub(crate) name: String,
    /// The hash of its secret.
    pub(crate) secret: SecretHash,
    /// The secret before, which may still be good.
    pub(crate) previous: Option<OldSecret>,
    pub(crate) scopes: Scopes,
    pub(crate) created_at: Timestamp,
    pub(crate) rotated_at: Option<Timestamp>,
    /// The time at which it last got a token, to the hour.
    pub(crate) last_used_at: Option<Timestamp>,
    /// Counts the client's journalled changes.
    pub(crate) version: u64,
}

/// A secret that was replaced.
#[derive(Debug, Clone)]
pub(crate) struct OldSecret {
    pub(crate) hash: SecretHash,
    /// The moment from which it is refused.
    pub(crate) until: Timestamp,
}

impl Client {
    /// A client made at `now`.
    pub(crate) fn new(name: String, secret: SecretHash, scopes: Scopes, now: Timestamp) -> Self {
        Self {
            name,
            secret,
            previous: None,
            scopes,
            created_at: now,
            rotated_at: None,
            last_used_at: None,
            version: 1,
        }
    }

    /// True when `secret` is one of the client's at `now`.
    pub(crate) fn knows(&self, secret: &str, now: Timestamp) -> bool {
        let current = self.secret.is_of(secret);
        let previous = self.previous.as_ref();
        current | previous.is_some_and(|old| now < old.until && old.hash.is_of(secret))
    }

    /// The client with the secret `new` from `now` on; the one before is good for `overlap` more hours.
    pub(crate) fn rotated(&self, new: SecretHash, overlap: u32, now: Timestamp) -> Self {
        let until = now.plus(Duration::from_hours(overlap.into()));
        let previous = (overlap > 0).then(|| OldSecret { hash: self.secret.clone(), until });
        Self { secret: new, previous, rotated_at: Some(now), version: self.version + 1, ..self.clone() }
    }

    /// True when its use at `now` is to be recorded: the last recorded one is at least [`LAST_USE_PRECISION`] ago.
    pub(crate) fn is_use_news(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| now >= last.plus(LAST_USE_PRECISION))
    }
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

    /// The hash that is stored in place of the secret.
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

    /// True when `secret` is the secret of this hash. Compares in constant time.
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
    fn two_secrets_are_good_while_one_takes_the_place_of_the_other() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let later = |hours| now.plus(Duration::from_hours(hours));
        let [first, second, third] = [(); 3].map(|()| ClientSecret::generate().unwrap());
        let client = Client::new("warehouse".to_owned(), first.hash(), Scopes::default(), now);
        let rotated = client.rotated(second.hash(), 24, now);
        for (hours, good) in [(0, true), (23, true), (24, false)] {
            assert_eq!(rotated.knows(&first.text(), later(hours)), good, "{hours}");
            assert!(rotated.knows(&second.text(), later(hours)));
        }
        let again = rotated.rotated(third.hash(), 24, now);
        assert!(!again.knows(&first.text(), now), "two are good, never three");
        let leaked = rotated.rotated(third.hash(), 0, now);
        assert!(!leaked.knows(&second.text(), now) && leaked.knows(&third.text(), now));
        assert_eq!((client.version, leaked.version), (1, 3));
    }

    #[test]
    fn use_is_noted_once_an_hour() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let mut client =
            Client::new(String::new(), ClientSecret::generate().unwrap().hash(), Scopes::default(), now);
        assert!(client.is_use_news(now));
        client.last_used_at = Some(now);
        assert!(!client.is_use_news(now.plus(Duration::from_mins(59))));
        assert!(client.is_use_news(now.plus(LAST_USE_PRECISION)));
    }

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
