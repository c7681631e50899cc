//! The second factor: one-time passwords of an authenticator app (TOTP, RFC 6238), and recovery codes for its loss.
//!
//! | what | figure | source |
//! |---|---|---|
//! | secret | 160 random bits | RFC 4226 section 4, R6 |
//! | code | 6 digits, HMAC-SHA-1, a new one every 30 seconds | RFC 6238 section 4; what every authenticator app supports |
//! | accepted | the current step and one on each side | RFC 6238 section 5.2 |
//! | use | once: no step at or before the last one that was used | RFC 6238 section 5.2 |
//! | wrong codes | 5 in 15 minutes, then 429 | RFC 4226 section 7.3 |
//! | recovery codes | 10 of 80 random bits, each for one use | ASVS 2.5.6, 2.6.1, 2.6.2 |
//!
//! # How the secret is kept
//! A code is computed from the secret, so the secret cannot be hashed. It is sealed with AES-256-GCM under a key from Secrets Manager, with the account's
//! id as associated data: a copy of the table, such as a backup or an export, does not produce codes, and a sealed secret does not work in another
//! account's item. Recovery codes are hashed. A plain hash is enough for 80 random bits.

mod challenge;
mod manage;
mod seal;
mod totp;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::BASE32_NOPAD;
use kernel::{Problem, Timestamp, UserId};
use serde::{Deserialize, Deserializer, Serialize, de};
use sha2::{Digest as _, Sha256};

pub(crate) use challenge::{Challenge, SecondStep};
pub(crate) use manage::SecondFactors;
pub(crate) use seal::SealingKey;
pub(crate) use totp::TotpSecret;

/// Wrong codes of one account in a window of the throttle, after which it waits for the next one.
pub const SECOND_FACTOR_TRIES: u32 = 5;
/// Recovery codes that an account gets.
pub const RECOVERY_CODES: usize = 10;
/// Random bytes in a recovery code; a whole number of base32 letters.
const RECOVERY_BYTES: usize = 10;
/// Letters of a recovery code that stand together.
const RECOVERY_GROUP: usize = 4;
/// Digits of an authenticator's code.
const DIGITS: usize = 6;
/// The rule that is returned for a malformed code.
const CODE_RULE: &str = "must be the 6 digits of the authenticator app, or a recovery code";

/// A second factor as its item holds it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecondFactor {
    /// The secret under the sealing key.
    pub(crate) sealed_secret: String,
    pub(crate) created_at: Timestamp,
    /// The time at which a code proved that the app has the secret; before that, no login requires a code.
    #[serde(default)]
    pub(crate) confirmed_at: Option<Timestamp>,
    /// The step of the last code that was used; codes of steps up to it are refused.
    #[serde(default)]
    pub(crate) last_step: u64,
    /// Hashes of the recovery codes that are left.
    #[serde(default)]
    pub(crate) recovery_hashes: Vec<String>,
    /// Counts the item's changes.
    pub(crate) version: u64,
}

impl SecondFactor {
    /// A factor whose secret no app has confirmed yet.
    pub(crate) fn pending(sealed_secret: String, now: Timestamp) -> Self {
        let (confirmed_at, recovery_hashes) = (None, Vec::new());
        Self { sealed_secret, created_at: now, confirmed_at, last_step: 0, recovery_hashes, version: 1 }
    }

    /// True when logins need a code.
    pub(crate) fn is_enabled(&self) -> bool {
        self.confirmed_at.is_some()
    }

    /// The factor after `code` of `user` was used at `now`; none for a wrong or used code.
    pub(crate) fn spent(
        &self,
        key: &SealingKey,
        user: UserId,
        code: &SecondFactorCode,
        now: Timestamp,
    ) -> Result<Option<Self>, Problem> {
        let next = Self { version: self.version + 1, ..self.clone() };
        match code {
            SecondFactorCode::Totp(digits) => {
                let secret = key.open(user, &self.sealed_secret)?;
                let step = secret.matching_step(digits, now, self.last_step);
                Ok(step.map(|step| Self { last_step: step, ..next }))
            }
            SecondFactorCode::Recovery(_) => {
                let hash = code.recovery_hash(user);
                let left: Vec<String> =
                    self.recovery_hashes.iter().filter(|kept| **kept != hash).cloned().collect();
                let known = left.len() < self.recovery_hashes.len();
                Ok(known.then_some(Self { recovery_hashes: left, ..next }))
            }
        }
    }
}

/// A code that was typed as the second step. Deliberately not `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum SecondFactorCode {
    /// Six digits of the app.
    Totp(String),
    /// A recovery code without its dashes.
    Recovery(String),
}

impl SecondFactorCode {
    /// A new recovery code.
    fn generate_recovery() -> Result<Self, Problem> {
        let mut noise = [0; RECOVERY_BYTES];
        getrandom::fill(&mut noise).map_err(Problem::internal)?;
        Ok(Self::Recovery(BASE32_NOPAD.encode(&noise)))
    }

    /// Reads a code as it was typed: spaces, dashes and case are not part of it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let typed: String = text.chars().filter(|letter| !matches!(letter, ' ' | '-')).collect();
        if typed.len() == DIGITS && typed.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::Totp(typed));
        }
        let letters = typed.to_ascii_uppercase();
        let bytes = BASE32_NOPAD.decode(letters.as_bytes()).map_err(|_| CODE_RULE)?;
        if bytes.len() == RECOVERY_BYTES { Ok(Self::Recovery(letters)) } else { Err(CODE_RULE) }
    }

    /// The code as it is shown, in groups.
    fn shown(&self) -> String {
        let (Self::Totp(text) | Self::Recovery(text)) = self;
        let groups: Vec<&str> =
            text.as_bytes().chunks(RECOVERY_GROUP).filter_map(|it| str::from_utf8(it).ok()).collect();
        groups.join("-")
    }

    /// The hash that is stored of a recovery code of `user`. Equal codes of two accounts have different hashes.
    fn recovery_hash(&self, user: UserId) -> String {
        let (Self::Totp(text) | Self::Recovery(text)) = self;
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{user} {text}")))
    }
}

impl<'de> Deserialize<'de> for SecondFactorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// The rule of the operator's page for accounts with scopes that have no second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpsPolicy {
    /// They may log in.
    Optional,
    /// They may not log in.
    Required,
}

impl std::str::FromStr for OpsPolicy {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "optional" => Ok(Self::Optional),
            "required" => Ok(Self::Required),
            _ => Err("must be optional or required"),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
