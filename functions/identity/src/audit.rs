//! Failed logins in the log, so that an attack can be looked into.
//!
//! A login is an address or a number of a person, and logs hold neither. It is written as a keyed hash: operators, who hold the key, find what
//! was tried for a login they know (`make failed-logins`), and no one can recover a login from a line.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use platform::{Init, InitError};
use sha2::Sha256;

use crate::contact::Login;
use crate::refusal::{LoginError, LoginRefusal};

/// The variable that holds the ARN of the key's secret.
const SETTING: &str = "LOGIN_HASH_SECRET_ARN";
/// The shortest key, in bytes: as long as the hash (RFC 2104 section 3).
const MIN_KEY_BYTES: usize = 32;
/// The length of the hash that is logged, in bytes: enough to distinguish the logins of one merchant.
const SHOWN_BYTES: usize = 16;

/// Writes failed logins into the log. Deliberately neither `Debug` nor serialisable.
pub(crate) struct Audit(Hmac<Sha256>);

/// The reason for which a login failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Failed {
    /// There is no such login, or the password is another one.
    Credentials,
    /// Too many have failed before.
    Throttled,
    /// The password is right, and the code of the second factor is not.
    SecondFactor,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Credentials => "credentials",
            Self::Throttled => "throttled",
            Self::SecondFactor => "second_factor",
        })
    }
}

impl Audit {
    /// With the key in the secret that `LOGIN_HASH_SECRET_ARN` names.
    pub(crate) async fn from_init(init: &Init) -> Result<Self, InitError> {
        Self::with_key(&init.secret(SETTING).await?).map_err(|reason| InitError::new(SETTING, reason))
    }

    fn with_key(key: &str) -> Result<Self, &'static str> {
        if key.len() < MIN_KEY_BYTES {
            return Err("the key is shorter than 32 bytes");
        }
        Hmac::new_from_slice(key.as_bytes()).map(Self).map_err(|_| "the key can't be used")
    }

    /// Logs a failed login with `login`. The request's line and the gateway's have the same request id and hold the other details.
    pub(crate) fn failed(&self, login: &Login, why: Failed) {
        tracing::warn!(login_hash = self.hash(login), %why, "login failed");
    }

    /// Logs a step of a login that failed with `error`. A code that was not given yet is no failure: that is how a login learns that it needs one.
    pub(crate) fn step_failed(&self, login: &Login, error: &LoginError) {
        match error {
            LoginError::Refused(LoginRefusal::InvalidSecondFactor) => {
                self.failed(login, Failed::SecondFactor);
            }
            LoginError::Refused(LoginRefusal::TooManyAttempts(_)) => self.failed(login, Failed::Throttled),
            LoginError::Refused(_) | LoginError::Failed(_) => {}
        }
    }

    fn hash(&self, login: &Login) -> String {
        let hash = self.0.clone().chain_update(login.to_string()).finalize().into_bytes();
        hex::encode(&hash[..SHOWN_BYTES])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Email;

    fn email(text: &str) -> Login {
        Login::Email(text.parse::<Email>().unwrap())
    }

    /// `make failed-logins` makes the same of the same key and login; so does
    /// `printf email:anna@example.com | openssl dgst -sha256 -hmac <key>`.
    #[test]
    fn a_login_is_hashed_with_the_key() {
        let key = "0123456789abcdef0123456789abcdef";
        let audit = Audit::with_key(key).unwrap();
        assert_eq!(audit.hash(&email("Anna@Example.com")), audit.hash(&email("anna@example.com")));
        assert_ne!(audit.hash(&email("anna@example.com")), audit.hash(&email("anne@example.com")));
        let other = Audit::with_key("another key of 32 bytes or more..").unwrap();
        assert_ne!(audit.hash(&email("anna@example.com")), other.hash(&email("anna@example.com")));
        assert_eq!(audit.hash(&email("anna@example.com")), "88f35648a7385e4dc3061a20b6a4aa09");
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(Audit::with_key("short").is_err());
    }
}
