//! Passwords: how they are hashed, how an attempt is compared. Which are taken: [`crate::password_rules`].
//!
//! | what | figure | source |
//! |---|---|---|
//! | hash | Argon2id, 19 MiB, 2 passes, 1 lane | OWASP Password Storage Cheat Sheet, "Argon2id" |
//! | salt | 16 random bytes for each password | RFC 9106 section 3.1 |
//!
//! Nothing here shows a password: the types have no `Serialize`, and their `Debug` says only what they are.

use std::fmt;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use kernel::Problem;
use serde::{Deserialize, Deserializer, de};
use sha2::{Digest, Sha256};

use crate::contact::{Email, Phone};
use crate::password_rules::{MAX_PASSWORD_LENGTH, OWN_RULE, is_made_of, judge};
use crate::store::Profile;

/// Digits of a phone number without its country code, in most countries.
const NATIONAL_DIGITS: usize = 10;
/// Argon2id memory in KiB.
const MEMORY_KIB: u32 = 19_456;
/// Argon2id passes over the memory.
const PASSES: u32 = 2;
/// Argon2id lanes.
const LANES: u32 = 1;
/// Bytes of hash (RFC 9106 section 4).
const HASH_BYTES: usize = 32;

/// A hash of 32 random bytes that were thrown away, made with the parameters above. An attempt on an account that isn't
/// there is compared with it, so that the answer takes as long as for one that is.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$UjnekL9OnKCfxROaXypYZw$1OxwNvIhwnhLZfD7dyQwXnNITAYEgGzDW6Rsj390KRE";

/// A password that somebody chose for an account and that may become its password.
pub struct Password(String);

impl Password {
    /// Takes `text` as it is: no trimming, no change of case (ASVS 2.1.3).
    pub fn new(text: String) -> Result<Self, &'static str> {
        judge(&text)?;
        Ok(Self(text))
    }

    /// Refuses a password that is made of what the account of `profile` is called; `pointer` is where it stands in the request.
    pub(crate) fn check_own(&self, profile: &Profile, pointer: &str) -> Result<(), Problem> {
        let mut names = vec![profile.first_name.as_str().to_owned(), profile.last_name.as_str().to_owned()];
        if let Some(email) = profile.email.as_ref().map(Email::as_str) {
            names.push(email.to_owned());
            names.extend(email.split_once('@').map(|(name, _)| name.to_owned()));
        }
        if let Some(phone) = profile.phone.as_ref().map(Phone::as_str) {
            names.push(phone.to_owned());
            // Without its country code, as people write it at home.
            names.extend(phone.len().checked_sub(NATIONAL_DIGITS).map(|start| phone[start..].to_owned()));
        }
        if is_made_of(&self.0, &names) { Err(Problem::invalid(pointer, OWN_RULE)) } else { Ok(()) }
    }

    /// The hash to be kept, under a new random salt.
    pub(crate) fn hash(&self) -> Result<PasswordHash, Problem> {
        let hash = argon2()?.hash_password(self.0.as_bytes()).map_err(Problem::internal)?;
        Ok(PasswordHash(hash.to_string()))
    }

    /// Stands for the password in the fingerprint of a request: always the same for the same `context`, and as costly
    /// to guess as the hash that is kept.
    pub(crate) fn fingerprint(&self, context: &[u8]) -> Result<String, Problem> {
        let salt = Sha256::digest(context);
        let hash =
            argon2()?.hash_password_with_salt(self.0.as_bytes(), &salt[..phc::Salt::RECOMMENDED_LENGTH]);
        Ok(hash.map_err(Problem::internal)?.to_string())
    }
}

/// A password as it was typed to get in. The rules for new passwords don't apply: they may have changed since.
pub struct PasswordAttempt(String);

impl PasswordAttempt {
    /// The hash to be kept in the place of an outdated one. The rules for new passwords don't apply here either.
    pub(crate) fn rehash(&self) -> Result<PasswordHash, Problem> {
        let hash = argon2()?.hash_password(self.0.as_bytes()).map_err(Problem::internal)?;
        Ok(PasswordHash(hash.to_string()))
    }

    /// True when this is the password of `hash`; false for `None`, after the same work.
    pub(crate) fn matches(&self, hash: Option<&PasswordHash>) -> Result<bool, Problem> {
        let text = hash.map_or(NOBODYS_HASH, |hash| &hash.0);
        let parsed = phc::PasswordHash::new(text).map_err(Problem::internal)?;
        if parsed.salt.is_none() || parsed.hash.is_none() {
            // The library would call this a wrong password.
            return Err(Problem::internal("a password hash is damaged"));
        }
        // The parameters are those of the hash itself.
        let compared = argon2()?.verify_password(self.0.as_bytes(), &parsed);
        match compared {
            Ok(()) => Ok(hash.is_some()),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(Problem::internal(error)),
        }
    }
}

/// An Argon2id hash with its salt and parameters, in the PHC string format. Kept in the credential item alone.
#[derive(Clone)]
pub(crate) struct PasswordHash(String);

impl PasswordHash {
    /// The PHC string, for the credential item.
    pub(crate) fn as_phc(&self) -> &str {
        &self.0
    }

    /// The hash that the credential item holds.
    pub(crate) fn stored(phc: String) -> Self {
        Self(phc)
    }

    /// True when it was made at less than today's cost, so that a password that proved right should be hashed again.
    pub(crate) fn is_outdated(&self) -> bool {
        let Ok(parsed) = phc::PasswordHash::new(&self.0) else { return false };
        let Ok(params) = Params::try_from(&parsed) else { return false };
        params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES || params.p_cost() < LANES
    }
}

fn argon2() -> Result<Argon2<'static>, Problem> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).map_err(Problem::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

macro_rules! unreadable {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

unreadable!(Password, PasswordAttempt, PasswordHash);

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl PasswordAttempt {
    /// Takes `text` as it is; nothing longer than a password can be, which would only keep the hash busy.
    pub(crate) fn new(text: String) -> Result<Self, &'static str> {
        if (1..=MAX_PASSWORD_LENGTH).contains(&text.chars().count()) {
            Ok(Self(text))
        } else {
            Err("must be 1 to 128 characters")
        }
    }
}

impl<'de> Deserialize<'de> for PasswordAttempt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned()).unwrap()
    }

    fn attempt(text: &str) -> PasswordAttempt {
        serde_json::from_value(serde_json::json!(text)).unwrap()
    }

    #[test]
    fn a_hash_is_argon2id_with_the_stated_cost_and_its_own_salt() {
        let (one, two) =
            (password("correct horse").hash().unwrap(), password("correct horse").hash().unwrap());
        assert!(one.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.as_phc());
        assert_ne!(one.as_phc(), two.as_phc());
        assert!(attempt("correct horse").matches(Some(&one)).unwrap());
        assert!(!attempt("correct horse ").matches(Some(&one)).unwrap());
        assert!(!attempt("Correct horse").matches(Some(&two)).unwrap());
    }

    #[test]
    fn nobodys_hash_costs_what_a_real_one_costs_and_opens_nothing() {
        let real = phc::PasswordHash::new(password("correct horse").hash().unwrap().as_phc()).unwrap();
        let nobodys = phc::PasswordHash::new(NOBODYS_HASH).unwrap();
        assert_eq!(nobodys.params, real.params);
        assert_eq!(nobodys.algorithm, real.algorithm);
        assert_eq!(nobodys.version, real.version);
        assert_eq!(nobodys.salt.unwrap().len(), real.salt.unwrap().len());
        assert_eq!(nobodys.hash.unwrap().len(), real.hash.unwrap().len());
        assert!(!attempt("correct horse").matches(None).unwrap());
    }

    #[test]
    fn a_hash_of_an_earlier_time_is_good_and_outdated() {
        // Half of today's memory, as if the parameters had been raised since.
        let params = Params::new(MEMORY_KIB / 2, PASSES, LANES, Some(HASH_BYTES)).unwrap();
        let earlier = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash = earlier.hash_password(b"correct horse").unwrap().to_string();
        let hash = PasswordHash::stored(hash);
        assert!(attempt("correct horse").matches(Some(&hash)).unwrap());
        assert!(!attempt("correct mouse").matches(Some(&hash)).unwrap());
        assert!(hash.is_outdated());
        let renewed = attempt("correct horse").rehash().unwrap();
        assert!(!renewed.is_outdated());
        assert!(attempt("correct horse").matches(Some(&renewed)).unwrap());
    }

    #[test]
    fn a_damaged_hash_is_our_fault_and_no_refusal() {
        let damaged = PasswordHash::stored("$argon2id$v=19$m=8".to_owned());
        assert!(attempt("correct horse").matches(Some(&damaged)).is_err());
    }

    #[test]
    fn a_fingerprint_depends_on_password_and_context() {
        let of = |text: &str, context: &[u8]| password(text).fingerprint(context).unwrap();
        assert_eq!(of("correct horse", b"a"), of("correct horse", b"a"));
        assert_ne!(of("correct horse", b"a"), of("correct horse", b"b"));
        assert_ne!(of("correct horse", b"a"), of("correct mouse", b"a"));
    }

    #[test]
    fn nothing_shows_a_password() {
        let shown = format!("{:?} {:?}", password("correct horse"), attempt("correct horse"));
        assert_eq!(shown, "Password(..) PasswordAttempt(..)");
        assert_eq!(format!("{:?}", password("correct horse").hash().unwrap()), "PasswordHash(..)");
    }
}
