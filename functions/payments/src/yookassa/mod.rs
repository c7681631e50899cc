//! `YooKassa`, API version 3 (yookassa.ru/developers/api), as a payment provider.
//!
//! | room | what is in it |
//! |---|---|
//! | [`client`] | one call over HTTPS: credentials, keys, timeouts, and asking again while the outcome is unknown |
//! | [`request`], [`answer`] | what goes out and what comes back, in the provider's own shape; pure |
//! | [`list`] | lists of payments and refunds, page by page |
//! | [`notification`] | what an incoming notification is about, and nothing else of it |
//! | [`read`] | one answer by itself, for tests that make answers up |
//! | [`notification_handler`] | what follows from it: the object is read back and applied |
//! | [`rules`] | what it takes, without asking it |
//! | [`sources`] | the addresses that notifications come from |

mod answer;
mod client;
mod list;
pub mod notification;
pub mod notification_handler;
pub mod read;
mod request;
pub mod rules;
pub mod sources;

use std::time::Duration;

use kernel::{Money, PaymentId};
use platform::{Call, Init, InitError};
use serde::Deserialize;

use self::answer::{PaymentBody, RefundBody};
use self::client::Client;
use self::request::{AmountBody, CaptureBody, Nothing, RefundRequest, StartBody};
use crate::provider::{
    PaymentProvider, PaymentReference, ProviderError, ProviderPayment, ProviderRefund, ProviderRefundStatus,
    Refund, RefundReference, Sought, Start,
};

/// Where the API is when `YOOKASSA_API_URL` says nothing else.
pub const DEFAULT_API_URL: &str = "https://api.yookassa.ru/v3";

/// How far the provider's clock may be from this one, and how long a request may be on its way.
const LIST_MARGIN: Duration = Duration::from_mins(2);

/// The provider.
#[derive(Clone)]
pub struct YooKassa {
    client: Client,
}

/// The secret behind `YOOKASSA_SECRET_ARN`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    shop_id: String,
    secret_key: String,
}

impl YooKassa {
    /// The shop that the secret behind the ARN in `YOOKASSA_SECRET_ARN` is for: JSON with the texts `shopId` and `secretKey`.
    pub async fn from_init(init: &Init) -> Result<Self, InitError> {
        let api_url = init.optional("YOOKASSA_API_URL", DEFAULT_API_URL.to_owned())?;
        let secret = init.secret("YOOKASSA_SECRET_ARN").await?;
        // What the parser says may quote the secret.
        let Credentials { shop_id, secret_key } = serde_json::from_str(&secret).map_err(|_| {
            InitError::new(
                "YOOKASSA_SECRET_ARN",
                "the secret must be JSON with the texts shopId and secretKey",
            )
        })?;
        Self::new(&api_url, &shop_id, &secret_key)
    }

    /// The shop `shop_id` at the API under `api_url`.
    pub fn new(api_url: &str, shop_id: &str, secret_key: &str) -> Result<Self, InitError> {
        Ok(Self { client: Client::new(api_url, shop_id, secret_key)? })
    }
}

impl PaymentProvider for YooKassa {
    async fn start(&self, call: &Call, start: &Start) -> Result<ProviderPayment, ProviderError> {
        let key = start.payment_id.to_string();
        self.client.post(call, "payments", &key, &StartBody::of(start), PaymentBody::read).await
    }

    async fn find_started(
        &self,
        call: &Call,
        sought: &Sought,
    ) -> Result<Vec<ProviderPayment>, ProviderError> {
        let (from, to) =
            (sought.from.minus(LIST_MARGIN).to_string(), sought.to.plus(LIST_MARGIN).to_string());
        let filter = [("created_at.gte", from.as_str()), ("created_at.lte", to.as_str())];
        let read = |body: &[u8]| list::payments(body, sought.payment_id);
        list::all(&self.client, call, "payments", &filter, read).await
    }

    async fn find_payment(
        &self,
        call: &Call,
        reference: &PaymentReference,
    ) -> Result<Option<ProviderPayment>, ProviderError> {
        self.client.get(call, &format!("payments/{reference}"), PaymentBody::read).await
    }

    async fn capture(
        &self,
        call: &Call,
        id: PaymentId,
        reference: &PaymentReference,
        amount: Money,
    ) -> Result<ProviderPayment, ProviderError> {
        let path = format!("payments/{reference}/capture");
        // Another amount is another request, and needs another key.
        let key = format!("{id}-take-{}", amount.amount());
        let body = CaptureBody { amount: AmountBody::of(amount) };
        self.client.post(call, &path, &key, &body, PaymentBody::read).await
    }

    async fn cancel(
        &self,
        call: &Call,
        id: PaymentId,
        reference: &PaymentReference,
    ) -> Result<ProviderPayment, ProviderError> {
        let path = format!("payments/{reference}/cancel");
        // A repeat under a known key is answered as the first request was. What was refused while the payment was pending must not be refused for that
        // once its money is set aside, so each asking has a key of its own.
        let key = format!("{id}-cancel-{}", call.now.as_millis());
        match self.client.post(call, &path, &key, &Nothing {}, PaymentBody::read).await {
            // Perhaps because it was decided, or given up before: then that is the answer.
            Err(refused @ ProviderError::Refused { .. }) => {
                let seen = self.find_payment(call, reference).await?;
                seen.filter(|seen| seen.status.is_final()).ok_or(refused)
            }
            answer => answer,
        }
    }

    async fn refund(&self, call: &Call, refund: &Refund) -> Result<ProviderRefund, ProviderError> {
        let key = refund.refund_id.to_string();
        self.client.post(call, "refunds", &key, &RefundRequest::of(refund), RefundBody::read).await
    }

    async fn find_sent_refund(
        &self,
        call: &Call,
        refund: &Refund,
        known: &[RefundReference],
    ) -> Result<Option<ProviderRefund>, ProviderError> {
        let payment = refund.payment.to_string();
        let filter = [("payment_id", payment.as_str())];
        let refunds = list::all(&self.client, call, "refunds", &filter, list::refunds).await?;
        // One that was cancelled sent nothing, and may be an attempt before this one.
        let is_it = |seen: &ProviderRefund| {
            let called_off = matches!(seen.status, ProviderRefundStatus::Canceled(_));
            seen.amount == refund.amount && !called_off && !known.contains(&seen.reference)
        };
        Ok(refunds.into_iter().find(is_it))
    }

    async fn find_refund(
        &self,
        call: &Call,
        reference: &RefundReference,
    ) -> Result<Option<ProviderRefund>, ProviderError> {
        self.client.get(call, &format!("refunds/{reference}"), RefundBody::read).await
    }
}
