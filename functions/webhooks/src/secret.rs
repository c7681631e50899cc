//! Signing secrets, and the header that they make (Standard Webhooks 1.0.0, "Signature scheme").

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::{Problem, Timestamp};
use serde::{Deserialize, Serialize};
use standardwebhooks::Webhook;

/// Bytes of a secret; the specification asks for 24 to 64.
const SECRET_BYTES: usize = 32;
/// The prefix of a secret as text.
const PREFIX: &str = "whsec_";
/// The time for which an old secret still signs beside the one that replaced it.
pub const OVERLAP: Duration = Duration::from_hours(24);
/// The most old secrets that sign beside the current one; who changes it more often than that loses the oldest.
pub const MAX_OLD_SECRETS: usize = 3;

/// A secret as its owner gets it: `whsec_` and base64. It is serialised into the table alone, and no log shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SigningSecret(String);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(withheld)")
    }
}

impl SigningSecret {
    /// A new secret.
    pub fn generate() -> Result<Self, Problem> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(Problem::internal)?;
        Ok(Self(format!("{PREFIX}{}", STANDARD.encode(bytes))))
    }

    /// The text for the one answer that shows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn sign(&self, id: &str, at: Timestamp, body: &str) -> Result<String, Problem> {
        let webhook = Webhook::new(&self.0).map_err(Problem::internal)?;
        webhook.sign(id, at.as_seconds(), body.as_bytes()).map_err(Problem::internal)
    }
}

/// A secret that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Old {
    secret: SigningSecret,
    /// The time until which it signs.
    until: Timestamp,
}

/// The secrets that an endpoint's deliveries are signed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signing {
    secret: SigningSecret,
    /// The time at which the secret was created.
    since: Timestamp,
    /// The ones before it, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    old: Vec<Old>,
}

impl Signing {
    /// With one secret.
    pub fn new(secret: SigningSecret, now: Timestamp) -> Self {
        Self { secret, since: now, old: Vec::new() }
    }

    /// With `secret` from now on, and for [`OVERLAP`] also with those before.
    #[must_use]
    pub fn rotated(&self, secret: SigningSecret, now: Timestamp) -> Self {
        let replaced = Old { secret: self.secret.clone(), until: now.plus(OVERLAP) };
        let live = self.old.iter().filter(|old| old.until > now).cloned();
        let old = std::iter::once(replaced).chain(live).take(MAX_OLD_SECRETS).collect();
        Self { secret, since: now, old }
    }

    /// The current secret.
    pub fn current(&self) -> &SigningSecret {
        &self.secret
    }

    /// The time at which the current secret was created.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// The time until which an old secret still signs, if one does at `now`.
    pub fn overlaps_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.old.iter().map(|old| old.until).filter(|until| *until > now).max()
    }

    /// The header `webhook-signature` of a message that is sent at `at`: a signature by each secret that is live, the current one first.
    pub fn header(&self, id: &str, at: Timestamp, body: &str) -> Result<String, Problem> {
        let live = self.old.iter().filter(|old| old.until > at).map(|old| &old.secret);
        let signatures: Vec<String> = std::iter::once(&self.secret)
            .chain(live)
            .map(|secret| secret.sign(id, at, body))
            .collect::<Result<_, _>>()?;
        Ok(signatures.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn verified(signing: &Signing, secret: &SigningSecret, at: Timestamp) -> bool {
        let now = Timestamp::now();
        let mut headers = HeaderMap::new();
        // The library holds the time to its own clock; what is varied here is which secrets are live.
        let signature = Signing {
            old: signing.old.iter().filter(|old| old.until > at).cloned().collect(),
            ..signing.clone()
        }
        .header("evt-1", now, "{\"a\":1}");
        headers.insert("webhook-id", "evt-1".parse().unwrap());
        headers.insert("webhook-timestamp", now.as_seconds().to_string().parse().unwrap());
        headers.insert("webhook-signature", signature.unwrap().parse().unwrap());
        Webhook::new(secret.reveal()).unwrap().verify(b"{\"a\":1}", &headers).is_ok()
    }

    #[test]
    fn a_secret_is_as_the_specification_has_it_and_no_log_shows_it() {
        let secret = SigningSecret::generate().unwrap();
        let bytes = STANDARD.decode(secret.reveal().strip_prefix("whsec_").unwrap()).unwrap();
        assert!((24..=64).contains(&bytes.len()));
        assert_ne!(secret, SigningSecret::generate().unwrap());
        let shown = format!("{:?}", Signing::new(secret.clone(), Timestamp::now()));
        assert!(!shown.contains("whsec_") && shown.contains("withheld"), "{shown}");
    }

    #[test]
    fn the_specifications_own_example_comes_out() {
        let secret = SigningSecret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned());
        let at = Timestamp::from_millis(1_649_367_553_000);
        let header = Signing::new(secret, at).header(
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            at,
            "{\"email\":\"test@example.com\",\"username\":\"test_user\"}",
        );
        assert_eq!(header.unwrap(), "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn an_old_secret_signs_beside_the_new_one_for_a_day() {
        let (first, second) = (SigningSecret::generate().unwrap(), SigningSecret::generate().unwrap());
        let now = Timestamp::now();
        let signing = Signing::new(first.clone(), now);
        assert_eq!(signing.overlaps_until(now), None);
        let rotated = signing.rotated(second.clone(), now);
        assert!(verified(&rotated, &first, now) && verified(&rotated, &second, now));
        assert_eq!(rotated.overlaps_until(now), Some(now.plus(OVERLAP)));
        let later = now.plus(OVERLAP);
        assert!(!verified(&rotated, &first, later) && verified(&rotated, &second, later));
        assert_eq!(rotated.overlaps_until(later), None);
    }

    #[test]
    fn who_changes_it_often_keeps_the_last_few() {
        let now = Timestamp::now();
        let mut signing = Signing::new(SigningSecret::generate().unwrap(), now);
        for _ in 0..10 {
            signing = signing.rotated(SigningSecret::generate().unwrap(), now);
        }
        assert_eq!(signing.header("a", now, "b").unwrap().split(' ').count(), 1 + MAX_OLD_SECRETS);
    }
}
