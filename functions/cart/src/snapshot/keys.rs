//! The secret that snapshots are signed with.
//!
//! Its text is one key, or a JSON list of one or two while they rotate: the first signs and any verifies. A key is
//! used as the bytes of its text. docs/carts.md says how a key is changed without a snapshot being refused.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::{Problem, Timestamp};
use platform::{Init, InitError};
use sha2::Sha256;

use super::{SignedSnapshot, Snapshot, canonical};

/// The variable that holds the secret's ARN.
const SETTING: &str = "CART_SNAPSHOT_SECRET_ARN";
/// The shortest key, in bytes: as long as the hash (RFC 2104 section 3).
const MIN_KEY_BYTES: usize = 32;
/// After this time a running function reads the secret again, so that a changed key needs no deployment.
pub const SECRET_AGE: Duration = Duration::from_mins(5);
/// The pause after a reading that failed; the keys that are held serve on.
const RETRY_PAUSE: Duration = Duration::from_secs(30);

/// Signs and verifies. Deliberately neither `Debug` nor serialisable.
#[derive(Clone)]
pub struct SnapshotKeys {
    signing: Hmac<Sha256>,
    previous: Option<Hmac<Sha256>>,
}

/// The reason for which a secret's text holds no keys. Never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoKeys(&'static str);

impl fmt::Display for NoKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl SnapshotKeys {
    /// The keys in the text of a secret.
    pub fn parse(secret: &str) -> Result<Self, NoKeys> {
        let keys: Vec<String> = if secret.trim_start().starts_with('[') {
            serde_json::from_str(secret)
                .map_err(|_| NoKeys("it is neither one key nor a JSON list of keys"))?
        } else {
            vec![secret.to_owned()]
        };
        if keys.iter().any(|key| key.len() < MIN_KEY_BYTES) {
            return Err(NoKeys("a key is shorter than 32 bytes"));
        }
        let mut keys = keys.iter().map(|key| Hmac::new_from_slice(key.as_bytes()));
        let usable = "a key can't be used";
        let signing = keys.next().ok_or(NoKeys("the list is empty"))?.map_err(|_| NoKeys(usable))?;
        let previous = keys.next().transpose().map_err(|_| NoKeys(usable))?;
        if keys.next().is_some() {
            return Err(NoKeys("there are more than two keys"));
        }
        Ok(Self { signing, previous })
    }

    /// Signs `snapshot` with the first key.
    pub fn sign(&self, snapshot: Snapshot) -> Result<SignedSnapshot, Problem> {
        let mac = self.signing.clone().chain_update(canonical(&snapshot)?);
        Ok(SignedSnapshot { snapshot, signature: hex::encode(mac.finalize().into_bytes()) })
    }

    /// Returns whether `signature` is that of `message` under one of the keys. Takes the same time regardless of which part is wrong.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let is_of = |key: &Hmac<Sha256>| key.clone().chain_update(message).verify_slice(signature).is_ok();
        is_of(&self.signing) || self.previous.as_ref().is_some_and(is_of)
    }
}

/// The secret behind the ARN in `CART_SNAPSHOT_SECRET_ARN`, never older than [`SECRET_AGE`].
pub struct SnapshotSecret {
    init: Init,
    held: Mutex<Held>,
}

#[derive(Clone)]
struct Held {
    keys: Arc<SnapshotKeys>,
    good_until: Timestamp,
}

impl SnapshotSecret {
    /// Reads the secret for the first time.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let held = Held { keys: read(init).await?, good_until: Timestamp::now().plus(SECRET_AGE) };
        Ok(Self { init: init.clone(), held: Mutex::new(held) })
    }

    /// The keys as they are at `now`.
    pub async fn keys(&self, now: Timestamp) -> Arc<SnapshotKeys> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if now < held.good_until {
            return held.keys;
        }
        let held = match read(&self.init).await {
            Ok(keys) => Held { keys, good_until: now.plus(SECRET_AGE) },
            Err(error) => {
                tracing::warn!(inside = %error, "the snapshot secret could not be read again");
                Held { keys: held.keys, good_until: now.plus(RETRY_PAUSE) }
            }
        };
        let keys = Arc::clone(&held.keys);
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
        keys
    }
}

async fn read(init: &Init) -> Result<Arc<SnapshotKeys>, InitError> {
    let keys = SnapshotKeys::parse(&init.secret(SETTING).await?);
    keys.map(Arc::new).map_err(|reason| InitError::new(SETTING, reason))
}
