//! One-time codes and reset tokens: what is sent to an address or number to see whose it is.
//!
//! | what | figure | source |
//! |---|---|---|
//! | code | 6 digits, drawn evenly | ASVS 4.0.3, 2.7.6 (at least 20 random bits would be 6.02 digits: the tries make up for it) |
//! | good for | 10 minutes, once | ASVS 2.7.2, 2.7.3 |
//! | tries | 5 for each code, then another one has to be asked for | NIST SP 800-63B section 5.2.2 |
//! | pause before the next one | 1 minute | |
//! | reset token | 128 random bits, good for as long | ASVS 2.5.6, 6.3.1 |
//!
//! # Why a code is kept as a salted hash and no more
//! There are a million codes: an attacker with the hash and the salt finds the code in no time, however slow the hash is made
//! within reason. What protects a code is that it is gone after ten minutes or five tries. The hash keeps it out of the
//! sight of those who look at items, exports and backups (ASVS 2.7.5), and for that a fast one will do. The salt is the
//! code's own id and the login is part of what is hashed, so equal codes look different and none fits another account.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::{Problem, UserId};
use serde::{Deserialize, Deserializer, de};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::contact::Login;

/// The time for which a code or reset token is valid.
pub const CODE_LIFETIME: Duration = Duration::from_mins(10);
/// The most attempts at a code.
pub const CODE_TRIES: u32 = 5;
/// The pause before another code or reset token is sent to the same address or number.
pub const RESEND_PAUSE: Duration = Duration::from_mins(1);
/// Digits in a code.
const DIGITS: usize = 6;
/// Codes that there are.
const CODES: u32 = 1_000_000;
/// Random bytes in a reset token.
const RESET_BYTES: usize = 16;

/// The rule that is returned for a malformed code.
const CODE_RULE: &str = "must be the 6 digits that were sent";

/// The purpose for which a code is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To verify that an address or number is its owner's.
    Verify,
    /// To reset a forgotten password.
    Reset,
    /// To verify that an address or number, which the owner of this account wants to add to it, is theirs.
    Add(UserId),
}

impl Purpose {
    /// The purpose as it stands in keys.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::Add(_) => "add",
        }
    }
}

/// Six digits. Deliberately not `Debug`.
pub(crate) struct Code(String);

impl Code {
    /// A new code, each as likely as any other.
    pub(crate) fn generate() -> Result<Self, Problem> {
        // The numbers above the last whole multiple would make some codes likelier: they are drawn again.
        let fair = u32::MAX - u32::MAX % CODES;
        loop {
            let mut noise = [0; 4];
            getrandom::fill(&mut noise).map_err(Problem::internal)?;
            let drawn = u32::from_le_bytes(noise);
            if drawn < fair {
                return Ok(Self(format!("{:0>DIGITS$}", drawn % CODES)));
            }
        }
    }

    /// Reads what somebody typed.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.trim();
        let well_formed = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        well_formed.then(|| Self(digits.to_owned()))
    }

    /// The digits, for the message.
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }

    /// The hash that is stored of the code `id`, which was sent to `login`.
    pub(crate) fn hash(&self, id: Uuid, login: &Login) -> Result<CodeHash, Problem> {
        let mut mac = Hmac::<Sha256>::new_from_slice(id.as_bytes()).map_err(Problem::internal)?;
        mac.update(format!("{login} {}", self.0).as_bytes());
        Ok(CodeHash(mac.finalize().into_bytes().into()))
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| de::Error::custom(CODE_RULE))
    }
}

/// The stored hash of a code.
#[derive(Clone)]
pub(crate) struct CodeHash([u8; 32]);

impl CodeHash {
    /// The text for the item.
    pub(crate) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// True when `text`, from an item, is this hash. Compares in constant time.
    pub(crate) fn is(&self, text: &str) -> bool {
        let kept = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        self.0.ct_eq(kept.as_slice()).into()
    }
}

/// Opens the way to a new password, once. Deliberately not `Debug`.
pub(crate) struct ResetToken([u8; RESET_BYTES]);

impl ResetToken {
    /// A new token.
    pub(crate) fn generate() -> Result<Self, Problem> {
        let mut secret = [0; RESET_BYTES];
        getrandom::fill(&mut secret).map_err(Problem::internal)?;
        Ok(Self(secret))
    }

    /// Reads what somebody sent; `None` when it can't be one of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }

    /// The text for the message.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The hash that is stored of it. A plain hash is enough: there is nothing to guess in 128 random bits.
    pub(crate) fn hash(&self) -> ResetHash {
        ResetHash(Sha256::digest(self.0).into())
    }
}

/// The stored hash of a reset token, which is also its key.
pub(crate) struct ResetHash([u8; 32]);

impl ResetHash {
    /// The text for the key.
    pub(crate) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Debug for ResetHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResetHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn login(text: &str) -> Login {
        Login::Email(text.parse().unwrap())
    }

    #[test]
    fn a_code_is_six_digits_and_seldom_the_same() {
        let codes: Vec<Code> = (0..2_000).map(|_| Code::generate().unwrap()).collect();
        for code in &codes {
            assert!(Code::parse(code.digits()).is_some(), "{}", code.digits());
        }
        let distinct: BTreeSet<&str> = codes.iter().map(Code::digits).collect();
        assert!(distinct.len() > 1_950, "{} of 2,000", distinct.len());
        let first_digits: BTreeSet<&str> = codes.iter().map(|code| &code.digits()[..1]).collect();
        assert_eq!(first_digits.len(), 10, "leading zeros are kept");
    }

    #[test]
    fn only_six_digits_are_read() {
        assert_eq!(Code::parse(" 012345\n").unwrap().digits(), "012345");
        for text in ["", "12345", "1234567", "12345a", "１２３４５６", "+12345", "12 456"] {
            assert!(Code::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_hash_fits_one_code_of_one_login() {
        let (code, other) = (Code::parse("012345").unwrap(), Code::parse("012346").unwrap());
        let (id, another) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (ada, bob) = (login("ada@example.com"), login("bob@example.com"));
        let kept = code.hash(id, &ada).unwrap().to_text();
        assert!(code.hash(id, &ada).unwrap().is(&kept));
        for hash in [other.hash(id, &ada), code.hash(another, &ada), code.hash(id, &bob)] {
            assert!(!hash.unwrap().is(&kept));
        }
        assert!(!code.hash(id, &ada).unwrap().is(""));
        assert!(!kept.contains("012345"));
    }

    #[test]
    fn a_reset_token_is_found_by_its_hash_alone() {
        let token = ResetToken::generate().unwrap();
        assert_eq!(token.text().len(), 22);
        let read = ResetToken::parse(&token.text()).unwrap();
        assert_eq!(read.hash().to_text(), token.hash().to_text());
        assert_ne!(token.hash().to_text(), ResetToken::generate().unwrap().hash().to_text());
        for text in ["", "short", &"A".repeat(23), "%%%%%%%%%%%%%%%%%%%%%%"] {
            assert!(ResetToken::parse(text).is_none(), "{text}");
        }
    }
}
