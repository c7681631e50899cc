//! The YooKassa stub as the tests see it, and a customer with an order whose money it takes.

use serde_json::{Value, json};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::harness::{
    Answer, PATIENCE, Person, Product, customer, eventually, get, http, journal_of, place_order, post,
    product, variables,
};

/// The path at which Holdfast receives the provider's notifications.
pub(super) const WEBHOOK: &str = "/api/v1/webhooks/payment/yookassa";
/// The stack's function behind it.
pub(super) const FUNCTION: &str = "ReceiveYookassaNotification";

/// The YooKassa stub's address: what the functions take for the provider's.
pub(super) async fn base_url() -> &'static str {
    static URL: OnceCell<String> = OnceCell::const_new();
    URL.get_or_init(async || {
        let variables = variables(FUNCTION).await;
        assert_eq!(variables["PAYMENT_PROVIDER"], "yookassa", "the double is not the stack's provider");
        let url = variables["YOOKASSA_API_URL"].strip_suffix("/v3").unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url} is not the double");
        url
    })
    .await
}

/// Sends a command to the YooKassa stub's control interface.
pub(super) async fn control(path: &str, body: &Value) -> Value {
    let url = format!("{}/control/{path}", base_url().await);
    let answer = Answer::to(http().post(url).json(body)).await;
    assert!(matches!(answer.status, 200 | 204), "{path}: {} {}", answer.status, answer.text);
    answer.body
}

/// What the YooKassa stub has: `payments`, `refunds`, `calls` or `notifications`.
pub(super) async fn list(what: &str) -> Vec<Value> {
    let url = format!("{}/control/{what}", base_url().await);
    Answer::to(http().get(url)).await.expect(200).as_array().unwrap().clone()
}

/// A notification, with the members that Holdfast reads.
pub(super) fn notification(event: &str, object: &str) -> Value {
    let amount = json!({"value": "1.00", "currency": "RUB"});
    json!({
        "type": "notification", "event": event,
        "object": {"id": object, "status": "succeeded", "paid": true, "amount": amount, "metadata": {}},
    })
}

/// Notifies Holdfast that `event` has happened to `object`, whether it has or not.
pub(super) async fn tell(event: &str, object: &str) -> Answer {
    Answer::to(post(WEBHOOK).json(&notification(event, object))).await
}

/// An amount as the YooKassa stub writes it.
pub(super) fn written(kopecks: i64) -> String {
    format!("{}.{:02}", kopecks / 100, kopecks % 100)
}

fn statuses(answers: &Value) -> Vec<u64> {
    answers.as_array().unwrap().iter().map(|status| status.as_u64().unwrap()).collect()
}

fn kopecks(amount: &Value) -> i64 {
    amount["value"].as_str().unwrap().replace('.', "").parse().unwrap()
}

/// A customer, and a product whose price no other test's has.
pub(super) struct Scene {
    pub(super) anna: Person,
    pub(super) kettle: Product,
}

impl Scene {
    /// With `stock` units of the product.
    pub(super) async fn with(stock: u64) -> Self {
        let price = i64::try_from(Uuid::new_v4().as_u128() % 900_000_000).unwrap() + 100_000;
        Self { anna: customer().await, kettle: product(price, stock).await }
    }

    /// What binds a script to the payments of this scene, each of them for one unit.
    pub(super) fn scope(&self) -> Value {
        json!({"amount": written(self.kettle.price)})
    }

    /// The next `times` calls of `operation` about this scene go as `effect` says.
    pub(super) async fn script(&self, operation: &str, effect: &Value, times: u32) {
        let script = json!({"operation": operation, "scope": self.scope(), "effect": effect, "times": times});
        control("scripts", &script).await;
    }

    /// How notifications about this scene come from now on.
    pub(super) async fn deliver(&self, how: &Value) {
        let mut delivery = how.clone();
        delivery["scope"] = self.scope();
        control("notifications/scripts", &delivery).await;
    }

    /// An order for one unit, out of the cart: it waits to be paid on the YooKassa stub's page.
    pub(super) async fn order(&self) -> Value {
        place_order(&self.anna, &self.kettle, 1).await
    }

    /// The order as it is now.
    pub(super) async fn reload(&self, order: &Value) -> Value {
        let id = order["id"].as_str().or(order["orderId"].as_str()).unwrap();
        self.anna.ask(get(&format!("/api/v1/orders/{id}"))).await.expect(200)
    }

    /// The order, once it and its payment have these statuses.
    pub(super) async fn becomes(&self, order: &Value, status: &str, payment: &str) -> Value {
        let what = format!("the order to be {status} and its payment {payment}");
        eventually(&what, PATIENCE, || async {
            let order = self.reload(order).await;
            (order["status"] == status && order["payment"]["status"] == payment).then_some(order)
        })
        .await
    }

    /// The YooKassa stub's payments of an order: one, or somebody is charged twice.
    pub(super) async fn payments(&self, order: &Value) -> Vec<Value> {
        let number = self.reload(order).await["number"].to_string();
        let all = list("payments").await;
        all.into_iter().filter(|payment| payment["metadata"]["order_number"] == number.as_str()).collect()
    }

    /// The YooKassa stub's payment of an order.
    pub(super) async fn payment(&self, order: &Value) -> Value {
        let payments = self.payments(order).await;
        assert_eq!(payments.len(), 1, "{payments:?}");
        payments[0].clone()
    }

    /// The YooKassa stub's refunds of an order.
    pub(super) async fn refunds(&self, order: &Value) -> Vec<Value> {
        let payment = self.payment(order).await;
        list("refunds").await.into_iter().filter(|refund| refund["payment_id"] == payment["id"]).collect()
    }

    /// The keys of the calls of `operation` about this scene, in the order in which they came.
    pub(super) async fn keys(&self, operation: &str) -> Vec<Value> {
        let amount = written(self.kettle.price);
        let ours = |call: &Value| {
            call["operation"] == operation && call["amounts"].as_array().unwrap().contains(&json!(amount))
        };
        list("calls").await.into_iter().filter(ours).map(|call| call["key"].clone()).collect()
    }

    /// The statuses with which Holdfast answered each notification about `object`, once all of them are acknowledged.
    pub(super) async fn acknowledged(&self, object: &str) -> Vec<Vec<u64>> {
        eventually("the notifications to be acknowledged", PATIENCE, || async {
            let mut ours = list("notifications").await;
            ours.retain(|notification| notification["object"] == object);
            let all = !ours.is_empty() && ours.iter().all(|one| one["acknowledged"] == true);
            all.then(|| ours.iter().map(|one| statuses(&one["answers"])).collect())
        })
        .await
    }

    /// How often the journal says that `kind` happened to the order.
    pub(super) async fn happened(&self, order: &Value, kind: &str) -> usize {
        let id = self.reload(order).await["id"].as_str().unwrap().to_owned();
        let events = journal_of(&format!("order/{id}")).await;
        events.iter().filter(|event| event["type"] == kind).count()
    }

    /// The YooKassa stub's books say of the order what the order says: there is one payment at most, and what was taken and did not go back is the
    /// price of goods that the customer gets.
    pub(super) async fn adds_up(&self, order: &Value) {
        let payments = self.payments(order).await;
        assert!(payments.len() <= 1, "charged twice: {payments:?}");
        let order = self.reload(order).await;
        let taken = |payment: &Value| match payment["status"].as_str() {
            Some("succeeded") => kopecks(&payment["amount"]),
            _ => 0,
        };
        let back = |payment: &Value| payment.get("refunded_amount").map_or(0, kopecks);
        let kept: i64 = payments.iter().map(|payment| taken(payment) - back(payment)).sum();
        let gets = ["paid", "confirmed", "shipped", "delivered"].map(|status| json!(status));
        let due = if gets.contains(&order["status"]) { order["totalAmount"].as_i64().unwrap() } else { 0 };
        assert_eq!(kept, due, "{order} {payments:?}");
    }
}

/// The YooKassa stub's id of the payment that is to be paid on the page of `order`.
pub(super) fn object(order: &Value) -> String {
    order["paymentUrl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}
