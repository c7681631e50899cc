//! Secrets of second factors under a key that is not in the table.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::{Problem, UserId};
use platform::{Init, InitError};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

use super::TotpSecret;

/// The variable that holds the ARN of the key's secret.
const SETTING: &str = "SECOND_FACTOR_SECRET_ARN";
/// The shortest secret, in bytes: 256 bits of letters and digits take more.
const MIN_SECRET_BYTES: usize = 43;
/// Sets this use of the secret apart from every other.
const CONTEXT: &[u8] = b"holdfast/identity/second-factor/1";

/// Seals secrets. Deliberately not `Debug`.
pub(crate) struct SealingKey(LessSafeKey);

impl SealingKey {
    /// With the key in the secret that `SECOND_FACTOR_SECRET_ARN` names.
    pub(crate) async fn from_init(init: &Init) -> Result<Self, InitError> {
        Self::new(&init.secret(SETTING).await?).map_err(|reason| InitError::new(SETTING, reason))
    }

    pub(super) fn new(secret: &str) -> Result<Self, &'static str> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err("the secret is shorter than 43 characters");
        }
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| "the secret can't be used")?;
        mac.update(CONTEXT);
        let key = UnboundKey::new(&AES_256_GCM, &mac.finalize().into_bytes());
        key.map(|key| Self(LessSafeKey::new(key))).map_err(|_| "the secret can't be used")
    }

    /// `secret` of `user`, readable only with this key and for that account: nonce, ciphertext and tag. Nonces are random: 2^32 of them under one key
    /// are safe (NIST SP 800-38D section 8.3), and one is used for each enrolment.
    pub(crate) fn seal(&self, user: UserId, secret: &TotpSecret) -> Result<String, Problem> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(Problem::internal)?;
        let mut sealed = secret.0.to_vec();
        let aad = Aad::from(user.to_string());
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .map_err(|_| Problem::internal("a second factor can't be sealed"))?;
        Ok(URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// The secret that was sealed for `user`.
    pub(super) fn open(&self, user: UserId, sealed: &str) -> Result<TotpSecret, Problem> {
        let damaged =
            || Problem::internal("a second factor can't be opened: it is damaged, or the key was changed");
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| damaged())?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened =
            self.0.open_in_place(nonce, Aad::from(user.to_string()), &mut plain).map_err(|_| damaged())?;
        Ok(TotpSecret((&*opened).try_into().map_err(|_| damaged())?))
    }
}
