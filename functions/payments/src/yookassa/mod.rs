//! `YooKassa`, API version 3 (yookassa.ru/developers/api), as a payment provider.
//!
//! | module | contents |
//! |---|---|
//! | [`client`] | one call over HTTPS: credentials, keys, timeouts, and retries while the outcome is unknown |
//! | [`request`], [`answer`] | requests and responses in the provider's own format; pure |
//! | [`list`] | lists of payments and refunds, page by page |
//! | [`notification`] | the body of an incoming notification |
//! | [`read`] | one response by itself, for tests that make responses up |
//! | [`rules`] | the payments that it accepts, as far as that is published |
//! | [`sources`] | the addresses that notifications come from |

mod answer;
mod client;
mod list;
pub mod notification;
pub mod read;
mod request;
pub mod rules;
pub mod sources;

use std::sync::Arc;
use std::time::Duration;

use kernel::{Money, PaymentId};
use platform::{Init, InitError, InvocationContext};
use serde::Deserialize;
use tokio::sync::OnceCell;

use self::answer::{PaymentBody, RefundBody};
use self::client::{Client, check_api_url};
use self::request::{AmountBody, CaptureBody, Nothing, RefundRequest, StartBody};
use crate::provider::{
    PaymentProvider, PaymentReference, ProviderError, ProviderPayment, ProviderRefund, ProviderRefundStatus,
    Refund, RefundReference, Sought, Start,
};

/// The API's address when `YOOKASSA_API_URL` is not set.
pub const DEFAULT_API_URL: &str = "https://api.yookassa.ru/v3";

/// The margin for a difference between the provider's clock and this one, and for the time that a request is in flight.
const LIST_MARGIN: Duration = Duration::from_mins(2);

/// The provider. Its credentials are read with the first call: a function that makes none, or not yet, needs neither them nor a connection.
#[derive(Clone)]
pub struct YooKassa {
    connection: Arc<Connection>,
}

struct Connection {
    client: OnceCell<Client>,
    /// The source of the credentials; absent where the client was made with them.
    init: Option<Init>,
}

/// The secret behind `YOOKASSA_SECRET_ARN`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    shop_id: String,
    secret_key: String,
}

impl YooKassa {
    /// The merchant account of the secret with the ARN in `YOOKASSA_SECRET_ARN`: JSON with the texts `shopId` and `secretKey`. Refuses an address in
    /// `YOOKASSA_API_URL` that credentials must not be sent to.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        check_api_url(&api_url(init)?)?;
        let connection = Connection { client: OnceCell::new(), init: Some(init.clone()) };
        Ok(Self { connection: Arc::new(connection) })
    }

    /// The merchant account `shop_id` at the API under `api_url`.
    pub fn new(api_url: &str, shop_id: &str, secret_key: &str) -> Result<Self, InitError> {
        let client = OnceCell::new_with(Some(Client::new(api_url, shop_id, secret_key)?));
        Ok(Self { connection: Arc::new(Connection { client, init: None }) })
    }

    /// The client. Credentials that can't be read now are read again by the next call: nothing was sent.
    async fn client(&self) -> Result<&Client, ProviderError> {
        let Connection { client, init } = &*self.connection;
        let connected = client.get_or_try_init(async || match init {
            Some(init) => connect(init).await,
            None => Err(InitError::new("YOOKASSA_SECRET_ARN", "there is no source of credentials")),
        });
        connected.await.map_err(|error| {
            tracing::error!(%error, "the credentials of the payment provider can't be used");
            ProviderError::Unavailable(error.to_string())
        })
    }
}

fn api_url(init: &Init) -> Result<String, InitError> {
    init.optional("YOOKASSA_API_URL", DEFAULT_API_URL.to_owned())
}

/// Reads the credentials, and makes a client with them.
async fn connect(init: &Init) -> Result<Client, InitError> {
    let secret = init.secret("YOOKASSA_SECRET_ARN").await?;
    // The parser's message may quote the secret.
    let Credentials { shop_id, secret_key } = serde_json::from_str(&secret).map_err(|_| {
        InitError::new("YOOKASSA_SECRET_ARN", "the secret must be JSON with the texts shopId and secretKey")
    })?;
    Client::new(&api_url(init)?, &shop_id, &secret_key)
}

impl PaymentProvider for YooKassa {
    async fn start(&self, call: &InvocationContext, start: &Start) -> Result<ProviderPayment, ProviderError> {
        let key = start.payment_id.to_string();
        self.client().await?.post(call, "payments", &key, &StartBody::of(start), PaymentBody::read).await
    }

    async fn find_started(
        &self,
        call: &InvocationContext,
        sought: &Sought,
    ) -> Result<Vec<ProviderPayment>, ProviderError> {
        let (from, to) =
            (sought.from.minus(LIST_MARGIN).to_string(), sought.to.plus(LIST_MARGIN).to_string());
        let filter = [("created_at.gte", from.as_str()), ("created_at.lte", to.as_str())];
        let read = |body: &[u8]| list::payments(body, sought.payment_id);
        list::all(self.client().await?, call, "payments", &filter, read).await
    }

    async fn find_payment(
        &self,
        call: &InvocationContext,
        reference: &PaymentReference,
    ) -> Result<Option<ProviderPayment>, ProviderError> {
        self.client().await?.get(call, &format!("payments/{reference}"), PaymentBody::read).await
    }

    async fn capture(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        reference: &PaymentReference,
        amount: Money,
    ) -> Result<ProviderPayment, ProviderError> {
        let path = format!("payments/{reference}/capture");
        // Another amount is another request, and needs another key.
        let key = format!("{id}-take-{}", amount.amount());
        let body = CaptureBody { amount: AmountBody::of(amount) };
        self.client().await?.post(call, &path, &key, &body, PaymentBody::read).await
    }

    async fn cancel(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        reference: &PaymentReference,
    ) -> Result<ProviderPayment, ProviderError> {
        let path = format!("payments/{reference}/cancel");
        // A repeat under a known key gets the first response. A request that was refused while the payment was pending must not be refused for that
        // once its money is authorized, so each request has a key of its own.
        let key = format!("{id}-cancel-{}", call.now.as_millis());
        match self.client().await?.post(call, &path, &key, &Nothing {}, PaymentBody::read).await {
            // Perhaps because it was decided, or cancelled before: then its state is the result.
            Err(refused @ ProviderError::Refused { .. }) => {
                let seen = self.find_payment(call, reference).await?;
                seen.filter(|seen| seen.status.is_final()).ok_or(refused)
            }
            answer => answer,
        }
    }

    async fn refund(
        &self,
        call: &InvocationContext,
        refund: &Refund,
    ) -> Result<ProviderRefund, ProviderError> {
        let key = refund.refund_id.to_string();
        self.client().await?.post(call, "refunds", &key, &RefundRequest::of(refund), RefundBody::read).await
    }

    async fn find_sent_refund(
        &self,
        call: &InvocationContext,
        refund: &Refund,
        known: &[RefundReference],
    ) -> Result<Option<ProviderRefund>, ProviderError> {
        let payment = refund.payment.to_string();
        let filter = [("payment_id", payment.as_str())];
        let refunds = list::all(self.client().await?, call, "refunds", &filter, list::refunds).await?;
        // A cancelled refund sent nothing, and may be an attempt before this one.
        let is_it = |seen: &ProviderRefund| {
            let called_off = matches!(seen.status, ProviderRefundStatus::Canceled(_));
            seen.amount == refund.amount && !called_off && !known.contains(&seen.reference)
        };
        Ok(refunds.into_iter().find(is_it))
    }

    async fn find_refund(
        &self,
        call: &InvocationContext,
        reference: &RefundReference,
    ) -> Result<Option<ProviderRefund>, ProviderError> {
        self.client().await?.get(call, &format!("refunds/{reference}"), RefundBody::read).await
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Actor, PaymentId};

    use super::*;

    fn init(api_url: &str) -> Init {
        let variables = [
            ("AWS_REGION", "eu-north-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
            // Nothing listens there.
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("YOOKASSA_SECRET_ARN", "arn:aws:secretsmanager:eu-north-1:123456789012:secret:yookassa"),
            ("YOOKASSA_API_URL", api_url),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Init::from_variables(variables.into_iter().collect()).unwrap()
    }

    /// A function starts without the credentials: requests that need no provider are served.
    #[tokio::test]
    async fn credentials_that_cant_be_read_are_an_unavailable_provider() {
        let provider = YooKassa::from_init(&init(DEFAULT_API_URL)).unwrap();
        let call = InvocationContext::new(u64::MAX, "test".to_owned(), Actor::Provider);
        let reference = PaymentReference::try_from("r-1".to_owned()).unwrap();
        let error = provider.find_payment(&call, &reference).await.unwrap_err();
        assert!(matches!(error, ProviderError::Unavailable(_)) && error.nothing_was_done(), "{error:?}");
        let error = provider.cancel(&call, PaymentId::derived("p"), &reference).await.unwrap_err();
        assert!(error.nothing_was_done(), "{error:?}");
    }

    #[test]
    fn an_address_that_gets_no_credentials_is_refused_at_the_start() {
        let error = YooKassa::from_init(&init("http://api.yookassa.ru/v3")).err().unwrap();
        assert_eq!(error.setting, "YOOKASSA_API_URL");
    }
}
