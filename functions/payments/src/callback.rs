//! Signed messages from a provider: Standard Webhooks (standardwebhooks.com), HMAC-SHA256 over id, time and body.

use http::HeaderMap;
use kernel::text::cleaned;
use kernel::{PaymentId, Problem, Timestamp};
use platform::{Init, InitError};
use serde::{Deserialize, Serialize};
use standardwebhooks::{HEADER_WEBHOOK_ID, Webhook, WebhookError};

use crate::payment::{Failure, MAX_FAILURE_TEXT};
pub use crate::provider::CallbackStatus;
use crate::refusal::CallbackRefusal;

/// A provider's report about a payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallbackBody {
    /// The decision.
    pub status: CallbackStatus,
    /// The reason for which there is no money: a code, such as `card_declined`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
    /// The reason for which there is no money: a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
}

impl CallbackBody {
    /// The reason for which there will be no money; `None` when there is money. Texts that are too long are cut, and characters that no text may have
    /// become spaces: they only inform.
    pub fn failure(self) -> Option<Failure> {
        let cut =
            |text: Option<String>| text.map(|text| cleaned(&text).chars().take(MAX_FAILURE_TEXT).collect());
        match self.status {
            CallbackStatus::Succeeded => None,
            CallbackStatus::Failed => {
                Some(Failure { code: cut(self.failure_code), message: cut(self.failure_message) })
            }
        }
    }
}

/// The secrets that sign callbacks, shared with the provider: the first signs, and a signature by any of them is accepted, so that a secret can be
/// changed without losing a callback.
///
/// A secret has the form that a library of Standard Webhooks takes: base64, with or without `whsec_` before it. A signature with the bytes of its
/// text, as in earlier releases, is accepted too.
pub struct CallbackSecret {
    first: Webhook,
    others: Vec<Webhook>,
}

impl CallbackSecret {
    /// The content of the secret with the ARN in `CALLBACK_SECRET_ARN`: a secret, or a JSON list of one or two.
    pub async fn from_init(init: &Init) -> Result<Self, InitError> {
        let text = init.secret("CALLBACK_SECRET_ARN").await?;
        Self::parse(&text).map_err(|why| InitError::new("CALLBACK_SECRET_ARN", why))
    }

    fn parse(text: &str) -> Result<Self, String> {
        // A secret may be any text, even one that begins like a list.
        let list: Vec<String> = serde_json::from_str(text).unwrap_or_else(|_| vec![text.to_owned()]);
        if !(1..=2).contains(&list.len()) {
            return Err("must hold one or two secrets".to_owned());
        }
        let mut keys = Vec::new();
        for secret in list {
            // A text that is no base64 has one form.
            keys.extend(Webhook::new(&secret).ok());
            keys.push(Webhook::from_bytes(secret.into_bytes()).map_err(|error| error.to_string())?);
        }
        let first = keys.remove(0);
        Ok(Self { first, others: keys })
    }

    /// Refuses a message that the provider did not sign, or not lately.
    pub fn verify(&self, body: &[u8], headers: &HeaderMap) -> Result<(), CallbackRefusal> {
        self.heard(body, headers).map_err(CallbackRefusal::Signature)
    }

    /// As [`Self::verify`], of a message about the payment `id`. The signed content has to name it: `webhook-id` is the payment's id, or begins with
    /// it and a dot. The path is not signed, so a report about one payment could be sent to another otherwise.
    pub fn verify_about(
        &self,
        body: &[u8],
        headers: &HeaderMap,
        id: PaymentId,
    ) -> Result<(), CallbackRefusal> {
        self.verify(body, headers)?;
        let mut names = headers.get_all(HEADER_WEBHOOK_ID).iter();
        let named = names.next().filter(|_| names.next().is_none()).and_then(|name| name.to_str().ok());
        let is_about = named.is_some_and(|named| is_about(named, id));
        if is_about { Ok(()) } else { Err(CallbackRefusal::OtherPayment) }
    }

    fn heard(&self, body: &[u8], headers: &HeaderMap) -> Result<(), WebhookError> {
        let mut heard = self.first.verify(body, headers);
        for key in &self.others {
            heard = heard.or_else(|_| key.verify(body, headers));
        }
        heard
    }

    pub(crate) fn sign(&self, id: &str, at: Timestamp, body: &str) -> Result<String, Problem> {
        self.first.sign(id, at.as_seconds(), body.as_bytes()).map_err(Problem::internal)
    }
}

/// True when the message `named` is about the payment `id`.
fn is_about(named: &str, id: PaymentId) -> bool {
    named.strip_prefix(&id.to_string()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use standardwebhooks::{HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

    use super::*;

    #[test]
    fn a_decision_is_told_as_it_was_made() {
        let failed = serde_json::json!({"status": "failed", "failureCode": "x".repeat(900)});
        let body: CallbackBody = serde_json::from_value(failed).unwrap();
        assert_eq!(body.status, CallbackStatus::Failed);
        let failure = body.failure().unwrap();
        assert_eq!(failure.code.unwrap().len(), MAX_FAILURE_TEXT);
        assert!(serde_json::from_str::<CallbackBody>(r#"{"status": "maybe"}"#).is_err());
    }

    /// The headers of a callback that `secret` signs now.
    fn signed(secret: &CallbackSecret, body: &str) -> http::HeaderMap {
        let now = Timestamp::now();
        let headers = [
            (HEADER_WEBHOOK_ID, "msg_1".to_owned()),
            (HEADER_WEBHOOK_TIMESTAMP, now.as_seconds().to_string()),
            (HEADER_WEBHOOK_SIGNATURE, secret.sign("msg_1", now, body).unwrap()),
        ];
        let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        headers.into_iter().collect()
    }

    #[test]
    fn a_message_is_about_the_payment_that_it_is_signed_for() {
        let (id, other) = (PaymentId::derived("a"), PaymentId::derived("b"));
        assert!(is_about(&id.to_string(), id) && is_about(&format!("{id}.1"), id));
        for named in ["", "msg_1", &other.to_string(), &format!("{id}1"), &format!("msg.{id}")] {
            assert!(!is_about(named, id), "{named}");
        }
    }

    #[test]
    fn a_secret_stands_as_libraries_take_it() {
        let text = "C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhrsc";
        for given in [text.to_owned(), format!("whsec_{text}")] {
            let secret = CallbackSecret::parse(&given).unwrap();
            let at = Timestamp::now();
            let by_library = Webhook::new(&given).unwrap().sign("msg_1", at.as_seconds(), b"{}").unwrap();
            assert_eq!(secret.sign("msg_1", at, "{}").unwrap(), by_library);
            let former = Webhook::from_bytes(given.into_bytes()).unwrap();
            let mut headers = signed(&secret, "{}");
            let stamp = headers[HEADER_WEBHOOK_TIMESTAMP].to_str().unwrap().parse().unwrap();
            assert!(secret.heard(b"{}", &headers).is_ok());
            let by_text = former.sign("msg_1", stamp, b"{}").unwrap().parse().unwrap();
            headers.insert(HEADER_WEBHOOK_SIGNATURE, by_text);
            assert!(secret.heard(b"{}", &headers).is_ok(), "what was signed as before");
            assert!(secret.heard(b"[]", &headers).is_err());
        }
    }

    #[test]
    fn a_secret_can_be_changed_without_losing_a_callback() {
        let [old, both, new] =
            ["old", r#"["new", "old"]"#, r#"["new"]"#].map(|text| CallbackSecret::parse(text).unwrap());
        let heard =
            |by: &CallbackSecret, signer: &CallbackSecret| by.heard(b"{}", &signed(signer, "{}")).is_ok();
        assert!(heard(&both, &old) && heard(&both, &new) && heard(&new, &both));
        assert!(!heard(&new, &old) && !heard(&old, &both));
        assert!(both.heard(b"[]", &signed(&new, "{}")).is_err());
        let text = CallbackSecret::parse("[a").unwrap();
        assert!(heard(&text, &text) && !heard(&text, &old));
        for wrong in ["[]", r#"["a", "b", "c"]"#] {
            assert!(CallbackSecret::parse(wrong).is_err(), "{wrong}");
        }
    }
}
