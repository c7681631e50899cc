//! A stub for each test, and the helpers to send requests to it.

use std::net::SocketAddr;
use std::time::Duration;

use kernel::{Actor, Currency, Money, OrderNumber, PaymentId, RefundId, Timestamp};
use payments::method::{CardToken, Instrument};
use payments::provider::{Capture, Description, PaymentReference, ProviderPayment, Refund, Start};
use payments::yookassa::YooKassa;
use platform::InvocationContext;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use yookassa_double::{Double, Options};

pub(crate) const SHOP: &str = "100500";
pub(crate) const KEY: &str = "test_key";
pub(crate) const RETURN_URL: &str = "https://shop.example/back";

/// Any free port of this machine.
pub(crate) fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A stub, and a client that sends requests to it as a merchant's would.
pub(crate) struct World {
    pub(crate) double: Double,
    pub(crate) http: reqwest::Client,
}

impl World {
    pub(crate) async fn begin() -> Self {
        let options = Options {
            address: any_port(),
            shop_id: SHOP.to_owned(),
            secret_key: KEY.to_owned(),
            webhook_url: None,
        };
        let double = Double::start(options).await.unwrap();
        let policy = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().no_proxy().redirect(policy).build().unwrap();
        Self { double, http }
    }

    /// Holdfast's own client.
    pub(crate) fn yookassa(&self) -> YooKassa {
        YooKassa::new(&self.double.api_url(), SHOP, KEY).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.http.post(format!("{}{path}", self.double.api_url())).basic_auth(SHOP, Some(KEY));
        read(request.header("Idempotence-Key", key).json(body).send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        let request = self.http.get(format!("{}{path}", self.double.api_url())).basic_auth(SHOP, Some(KEY));
        read(request.send().await.unwrap()).await
    }

    /// Sends a command to the YooKassa stub's control interface.
    pub(crate) async fn control(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let url = format!("{}/control/{path}", self.double.base_url());
        read(self.http.post(url).json(body).send().await.unwrap()).await
    }

    /// Asks the YooKassa stub what it has.
    pub(crate) async fn ask(&self, path: &str) -> Vec<Value> {
        let url = format!("{}/control/{path}", self.double.base_url());
        let (status, body) = read(self.http.get(url).send().await.unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        body.as_array().unwrap().clone()
    }

    /// Sets the temper: `settings` beside the seed 7.
    pub(crate) async fn temper(&self, settings: &Value) {
        let mut body = json!({"seed": 7, "chances": {}});
        for (name, value) in settings.as_object().unwrap() {
            body[name] = value.clone();
        }
        let (status, answer) = self.control("temper", &body).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    }

    /// One misbehaviour strikes whenever it can.
    pub(crate) async fn always(&self, misbehaviour: &str) {
        self.temper(&json!({"chances": {misbehaviour: 1000}})).await;
    }

    /// Nothing goes wrong by itself any more.
    pub(crate) async fn calm(&self) {
        self.temper(&json!({})).await;
    }

    /// How often `misbehaviour` has happened.
    pub(crate) async fn count(&self, misbehaviour: &str) -> u64 {
        self.report("temper").await["counts"][misbehaviour].as_u64().unwrap()
    }

    /// Settles everything, and returns what it came to.
    pub(crate) async fn settle(&self) -> Value {
        let (status, settled) = self.control("settle", &json!({})).await;
        assert_eq!((status, &settled["quiet"]), (StatusCode::OK, &json!(true)), "{settled}");
        settled
    }

    /// Makes a payment of 100.00 under `key`, and returns it.
    pub(crate) async fn pay_with(&self, key: &str, token: &str) -> Value {
        let (status, payment) = self.post("/payments", key, &card_body(token)).await;
        assert_eq!(status, StatusCode::OK, "{payment}");
        payment
    }

    /// The object that `GET /control/...` returns.
    pub(crate) async fn report(&self, path: &str) -> Value {
        let url = format!("{}/control/{path}", self.double.base_url());
        let (status, body) = read(self.http.get(url).send().await.unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        body
    }

    /// The status of a payment or refund in the ledger.
    pub(crate) async fn status(&self, kind: &str, id: &Value) -> Value {
        let entries = self.ask(kind).await;
        entries.iter().find(|entry| entry["id"] == *id).unwrap()["status"].clone()
    }

    /// Waits until a payment or refund has `status`.
    pub(crate) async fn becomes(&self, kind: &str, id: &Value, status: &str) {
        for _ in 0..200 {
            if self.status(kind, id).await == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{kind} {id} is {}", self.status(kind, id).await);
    }

    /// The next call of `operation` goes as `effect` says.
    pub(crate) async fn script(&self, operation: &str, effect: &Value) {
        self.script_times(operation, effect, 1).await;
    }

    /// The next `times` calls of `operation` go as `effect` says.
    pub(crate) async fn script_times(&self, operation: &str, effect: &Value, times: u32) {
        let script = json!({"operation": operation, "effect": effect, "times": times});
        let (status, body) = self.control("scripts", &script).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    }

    /// The payer, or time, decides.
    pub(crate) async fn decide(&self, id: &str, decision: &str) -> Value {
        let (status, body) =
            self.control(&format!("payments/{id}/decide"), &json!({"decision": decision})).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    /// The keys of the calls of `operation` that came, in order.
    pub(crate) async fn keys(&self, operation: &str) -> Vec<Value> {
        let calls = self.ask("calls").await;
        calls.iter().filter(|call| call["operation"] == operation).map(|call| call["key"].clone()).collect()
    }
}

async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// The body of a payment on the page.
pub(crate) fn payment_body(value: &str) -> Value {
    json!({
        "amount": {"value": value, "currency": "RUB"},
        "capture": true,
        "confirmation": {"type": "redirect", "return_url": RETURN_URL},
    })
}

/// The body of a payment by card, in one step.
pub(crate) fn card_body(token: &str) -> Value {
    let mut body = payment_body("100.00");
    body["payment_token"] = json!(token);
    body
}

/// The body of a refund.
pub(crate) fn refund_body(payment: &Value, value: &str) -> Value {
    json!({"payment_id": payment["id"], "amount": {"value": value, "currency": "RUB"}})
}

/// The invocation of a function that has the usual time left.
pub(crate) fn call() -> InvocationContext {
    call_with(Duration::from_secs(15))
}

/// The invocation of a function that has `left`.
pub(crate) fn call_with(left: Duration) -> InvocationContext {
    let now = Timestamp::now();
    InvocationContext {
        now,
        deadline: now.plus(left),
        correlation_id: "test".to_owned(),
        trace: None,
        actor: Actor::Provider,
    }
}

pub(crate) fn roubles(hundredths: i64) -> Money {
    Money::new(hundredths, Currency::from_code("RUB").unwrap()).unwrap()
}

/// A payment of 100.00 on the page.
pub(crate) fn start() -> Start {
    Start {
        payment_id: PaymentId::generate(),
        order_number: OrderNumber::try_from(42).unwrap(),
        amount: roubles(10_000),
        description: Description::new("Order 42"),
        instrument: Instrument::Page,
        return_url: RETURN_URL.to_owned(),
        capture: Capture::AtOnce,
        receipt: None,
    }
}

/// The same with a card.
pub(crate) fn start_with_card(token: &str) -> Start {
    Start { instrument: Instrument::Card(CardToken::parse(token).unwrap()), ..start() }
}

/// Some of a payment's money, to go back.
pub(crate) fn refund(payment: &ProviderPayment, hundredths: i64) -> Refund {
    Refund {
        refund_id: RefundId::generate(),
        payment: payment.reference.clone(),
        amount: roubles(hundredths),
        receipt: None,
    }
}

/// A reference that the provider has never given.
pub(crate) fn nowhere() -> PaymentReference {
    PaymentReference::try_from("22e12f66-000f-5000-8000-18db351245c7".to_owned()).unwrap()
}
