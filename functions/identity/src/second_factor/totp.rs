//! Time-based one-time passwords (RFC 6238).

use data_encoding::BASE32_NOPAD;
use kernel::{Problem, Timestamp};
use ring::hmac;
use subtle::{Choice, ConstantTimeEq as _};

use super::DIGITS;

/// Seconds for which a code is the current one (RFC 6238 section 4.1, X).
const TOTP_STEP_SECONDS: i64 = 30;
/// Steps on each side of the current one whose codes are taken: for clocks that differ and people who type.
const TOTP_SKEW_STEPS: u64 = 1;
/// Random bytes in a secret (RFC 4226 section 4, R6).
const SECRET_BYTES: usize = 20;
/// 10 to the power of the digits.
const CODES: u32 = 1_000_000;

/// The secret that an authenticator app and we share. Deliberately not `Debug`.
pub(crate) struct TotpSecret(pub(super) [u8; SECRET_BYTES]);

impl TotpSecret {
    /// A new secret.
    pub(crate) fn generate() -> Result<Self, Problem> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret).map_err(Problem::internal)?;
        Ok(Self(secret))
    }

    /// The secret as a person types it into an app.
    pub(crate) fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// The address behind the QR code (the Key URI format that authenticator apps read), for `account` at `issuer`.
    pub(crate) fn uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account, secret) = (encoded(issuer), encoded(account), self.base32());
        format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={TOTP_STEP_SECONDS}"
        )
    }

    /// The step near `now` and after `used` whose code is `digits`.
    pub(super) fn matching_step(&self, digits: &str, now: Timestamp, used: u64) -> Option<u64> {
        let current = u64::try_from(now.as_seconds().div_euclid(TOTP_STEP_SECONDS)).ok()?;
        let steps = current.saturating_sub(TOTP_SKEW_STEPS)..=current + TOTP_SKEW_STEPS;
        // Every step is compared, so that the time says nothing about which one it was.
        let mut found = None;
        for step in steps {
            let same: Choice = self.code(step).as_bytes().ct_eq(digits.as_bytes());
            if bool::from(same) && step > used {
                found = Some(step);
            }
        }
        found
    }

    /// The code of a step: HOTP with the step as its counter (RFC 4226 section 5.3).
    pub(super) fn code(&self, step: u64) -> String {
        // SHA-1's weakness is in collisions, which HMAC does not rest on; apps know no other hash reliably.
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0x0f);
        let four = bytes.get(offset..offset + 4).and_then(|four| four.try_into().ok()).unwrap_or_default();
        let number = u32::from_be_bytes(four) & 0x7fff_ffff;
        format!("{:0>DIGITS$}", number % CODES)
    }
}

/// `text` with every byte that an address could misread percent-encoded (RFC 3986 section 2.1).
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238 appendix B.
    fn rfc() -> TotpSecret {
        TotpSecret(*b"12345678901234567890")
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // The table has 8 digits, of which 6 are the last ones.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(rfc().code(seconds / 30), code, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_for_one_step_on_each_side_and_once() {
        let (secret, step) = (rfc(), 1_234_567_890 / 30);
        let now = Timestamp::from_millis(1_234_567_890_000);
        for near in [step - 1, step, step + 1] {
            assert_eq!(secret.matching_step(&secret.code(near), now, 0), Some(near));
            assert_eq!(secret.matching_step(&secret.code(near), now, near), None, "it was used");
        }
        for far in [step - 2, step + 2] {
            assert_eq!(secret.matching_step(&secret.code(far), now, 0), None);
        }
        for wrong in ["000000", "", "28708", "2870822"] {
            assert_eq!(secret.matching_step(wrong, now, 0), None, "{wrong}");
        }
        assert_eq!(
            secret.matching_step(&secret.code(step - 1), now, step),
            None,
            "an older one after a newer one"
        );
    }

    #[test]
    fn an_app_reads_the_address() {
        let uri = rfc().uri("holdfast-prod", "ada+ops@example.com");
        assert_eq!(
            uri,
            "otpauth://totp/holdfast-prod:ada%2Bops%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=holdfast-prod&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(TotpSecret::generate().unwrap().base32().len(), 32);
    }
}
