//! What stands in the tables when a function is killed between two of its steps, and what a repeat of the request answers.
//!
//! A step is a transaction, at the stack or in the sandbox provider's books. docs/orders.md has the points and the states as a table.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, CrashPoint, PATIENCE, Person, Product, address, count, customer, eventually, get, item, lapse,
    operator, order_directly, pay_for, post, product, put_in_cart, request_event, run_until, stock_of,
};

/// Units that there are of the product of each scene.
const STOCKED: u64 = 5;
/// Units that are ordered.
const ORDERED: u32 = 2;
const LEFT: u64 = 3;

/// A request that a function is killed over.
struct Request {
    function: &'static str,
    route: &'static str,
    id: String,
    body: Value,
    key: String,
}

impl Request {
    fn new(function: &'static str, route: &'static str, id: &str, body: Value) -> Self {
        Self { function, route, id: id.to_owned(), body, key: Uuid::new_v4().to_string() }
    }

    /// The function is killed over the request of `person`.
    async fn dies(&self, person: &Person, death: CrashPoint) {
        let headers =
            json!({"authorization": format!("Bearer {}", person.token), "idempotency-key": self.key});
        let event = request_event(self.route, &self.id, &headers, &self.body);
        run_until(self.function, &event, death).await;
    }

    /// The same request, sent again.
    async fn again(&self, person: &Person) -> Answer {
        let path = self.route.split_once(' ').unwrap().1.replace("{id}", &self.id);
        let mut request = post(&path).header("idempotency-key", &self.key);
        if !self.body.is_null() {
            request = request.json(&self.body);
        }
        person.ask(request).await
    }

    /// Lets the lease of the first request's idempotency record lapse.
    async fn time_goes_by(&self, person: &Person) {
        lapse(&person.id, self.route, &self.key).await;
    }
}

fn checkout(body: Value) -> Request {
    Request::new("Checkout", "POST /api/v1/orders/checkout", "", body)
}

fn direct(product: &Product, more: Value) -> Request {
    let mut body = address();
    body["items"] = json!([{"productId": product.sku, "quantity": ORDERED}]);
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Request::new("PlaceOrder", "POST /api/v1/orders", "", body)
}

/// The orders of `person`, whole.
async fn orders_of(person: &Person) -> Vec<Value> {
    let listed = person.ask(get("/api/v1/orders")).await.expect(200);
    let numbers: Vec<Value> =
        listed["items"].as_array().unwrap().iter().map(|order| order["number"].clone()).collect();
    join_all(numbers.iter().map(|number| async move { reload(person, number).await })).await
}

async fn reload(person: &Person, reference: &Value) -> Value {
    let reference = reference.as_str().map_or_else(|| reference.to_string(), str::to_owned);
    person.ask(get(&format!("/api/v1/orders/{reference}"))).await.expect(200)
}

/// How many payments there are of `order`, whether the provider knows of its payment, and how many reservations.
async fn made_for(order: &Value) -> (i32, bool, i32) {
    let id = order["id"].as_str().unwrap();
    let payments = count("PAYMENTS_TABLE", "orderId", id).await;
    let known = match order["payment"]["paymentId"].as_str() {
        Some(payment) => count("PAYMENTS_TABLE", "paymentId", payment).await == 1,
        None => false,
    };
    (payments, known, count("STOCK_TABLE", "orderId", id).await)
}

/// Where a function dies over placing an order, and what is there then.
struct Point {
    death: CrashPoint,
    /// The order's status, its payment's, and whether the provider knows of it; nothing without an order.
    found: Option<(&'static str, Option<&'static str>, bool)>,
    /// The request has been answered for itself.
    answered: bool,
}

const fn nothing(transaction: u32) -> Point {
    Point { death: CrashPoint::BeforeTransaction(transaction), found: None, answered: false }
}

const fn point(transaction: u32, order: &'static str, payment: Option<&'static str>, known: bool) -> Point {
    let found = Some((order, payment, known));
    Point { death: CrashPoint::BeforeTransaction(transaction), found, answered: false }
}

const fn answered(order: &'static str, payment: Option<&'static str>, known: bool) -> Point {
    Point { death: CrashPoint::BeforeAnswer, found: Some((order, payment, known)), answered: true }
}

/// Checks what is there after the death at `point`; answers the id of the order, if there has to be one.
async fn found_at(point: &Point, person: &Person, product: &Product) -> Option<Value> {
    let orders = orders_of(person).await;
    match (&point.found, orders.as_slice()) {
        (None, []) => {
            assert_eq!(stock_of(&product.sku).await, STOCKED, "{:?}", point.death);
            None
        }
        (Some((status, payment, known)), [order]) => {
            assert_eq!(order["status"], *status, "{:?}: {order}", point.death);
            assert_eq!(order["payment"]["status"].as_str(), *payment, "{:?}: {order}", point.death);
            let payments = i32::from(payment.is_some());
            assert_eq!(made_for(order).await, (payments, *known, 1), "{:?}: {order}", point.death);
            assert_eq!(stock_of(&product.sku).await, LEFT, "{:?}", point.death);
            Some(order["id"].clone())
        }
        (expected, orders) => panic!("{:?}: {expected:?} and {orders:?}", point.death),
    }
}

/// Dies at `point` over the request that `make` makes, checks what is there, repeats, and checks that there is one of everything.
async fn dies_and_repeats(point: Point, make: impl Fn(&Product) -> Request, last: &str) {
    let anna = customer().await;
    let kettle = product(500, STOCKED).await;
    let request = make(&kettle);
    let from_cart = request.function == "Checkout";
    if from_cart {
        put_in_cart(&anna, &kettle.sku, ORDERED).await;
    }
    request.dies(&anna, point.death).await;

    let found = found_at(&point, &anna, &kettle).await;
    if from_cart {
        let cart = anna.ask(get("/api/v1/cart")).await.expect(200);
        assert_eq!(cart["items"] == json!([]), found.is_some(), "the cart is emptied with the order");
    }

    if found.is_some() && !point.answered {
        let early = request.again(&anna).await;
        assert_eq!(early.header("retry-after"), "1");
        early.problem(409, "idempotency_in_progress");
        request.time_goes_by(&anna).await;
    }
    let answer = request.again(&anna).await;
    let replayed = answer.header("x-idempotent-replay") == "true";
    assert_eq!(replayed, point.answered, "{:?}: {}", point.death, answer.text);
    let answer = answer.expect(if replayed { 200 } else { 201 });
    assert_eq!(answer["status"], last, "{:?}: {answer}", point.death);
    let id = answer.get("orderId").unwrap_or(&answer["id"]).clone();
    if let Some(found) = found {
        assert_eq!(found, id, "the order that was there");
    }
    let once_more = request.again(&anna).await;
    assert_eq!(once_more.header("x-idempotent-replay"), "true");
    assert_eq!(once_more.expect(200), answer);

    let orders = orders_of(&anna).await;
    assert_eq!(orders.len(), 1, "{orders:?}");
    assert_eq!((&orders[0]["id"], &orders[0]["status"]), (&id, &json!(last)));
    let has_payment = i32::from(orders[0]["payment"].is_object());
    assert_eq!(made_for(&orders[0]).await, (has_payment, has_payment == 1, 1));
    assert_eq!(stock_of(&kettle.sku).await, LEFT, "the stock adds up");
}

#[tokio::test]
async fn checking_out_with_the_page() {
    let points = [
        nothing(1),
        point(2, "awaiting_payment", Some("pending"), false),
        point(3, "awaiting_payment", Some("pending"), true),
        answered("awaiting_payment", Some("pending"), true),
    ];
    let make = |_: &Product| checkout(Value::Null);
    join_all(points.map(|point| dies_and_repeats(point, make, "awaiting_payment"))).await;
}

#[tokio::test]
async fn checking_out_with_a_card_that_pays_at_once() {
    let points = [
        nothing(1),
        point(2, "awaiting_payment", Some("pending"), false),
        point(3, "awaiting_payment", Some("pending"), true),
        point(4, "paid", Some("succeeded"), true),
        answered("paid", Some("succeeded"), true),
    ];
    let make = |_: &Product| checkout(json!({"method": "card", "cardToken": "tok_success"}));
    join_all(points.map(|point| dies_and_repeats(point, make, "paid"))).await;
}

#[tokio::test]
async fn ordering_directly_with_a_payment() {
    let points = [
        nothing(1),
        point(2, "awaiting_payment", Some("pending"), false),
        point(3, "awaiting_payment", Some("pending"), true),
        point(4, "paid", Some("succeeded"), true),
        answered("paid", Some("succeeded"), true),
    ];
    let make = |kettle: &Product| direct(kettle, json!({"card": "tok_success"}));
    join_all(points.map(|point| dies_and_repeats(point, make, "paid"))).await;
}

#[tokio::test]
async fn ordering_directly_and_paying_later() {
    let points = [nothing(1), answered("awaiting_payment", None, false)];
    let make = |kettle: &Product| direct(kettle, json!({}));
    join_all(points.map(|point| dies_and_repeats(point, make, "awaiting_payment"))).await;
}

/// An order of unavailable stock is kept as a failed order, once, and a repeat receives the same refusal.
#[tokio::test]
async fn ordering_what_is_short() {
    for death in [CrashPoint::BeforeTransaction(1), CrashPoint::BeforeAnswer] {
        let anna = customer().await;
        let kettle = product(500, 1).await;
        let request = direct(&kettle, json!({}));
        request.dies(&anna, death).await;
        let kept = orders_of(&anna).await.len();
        assert_eq!(kept, usize::from(death == CrashPoint::BeforeAnswer));
        let first = request.again(&anna).await;
        assert_eq!(first.header("x-idempotent-replay") == "true", kept == 1);
        let number = first.problem(409, "insufficient_stock")["number"].clone();
        let again = request.again(&anna).await;
        assert_eq!(again.header("x-idempotent-replay"), "true");
        assert_eq!(again.problem(409, "insufficient_stock")["number"], number);
        let orders = orders_of(&anna).await;
        assert_eq!(orders.len(), 1);
        assert_eq!((&orders[0]["number"], &orders[0]["status"]), (&number, &json!("failed")));
        assert_eq!(stock_of(&kettle.sku).await, 1);
    }
}

#[tokio::test]
async fn paying_later() {
    let card = json!({"method": "card", "cardToken": "tok_success"});
    let cases = [
        (CrashPoint::BeforeTransaction(1), "awaiting_payment", None, false),
        (CrashPoint::BeforeTransaction(2), "awaiting_payment", Some("pending"), false),
        (CrashPoint::BeforeTransaction(3), "awaiting_payment", Some("pending"), true),
        (CrashPoint::BeforeTransaction(4), "paid", Some("succeeded"), true),
        (CrashPoint::BeforeAnswer, "paid", Some("succeeded"), true),
    ];
    for (death, status, payment, known) in cases {
        let anna = customer().await;
        let kettle = product(500, STOCKED).await;
        let placed = order_directly(&anna, &kettle, ORDERED, &json!({})).await;
        let id = placed["orderId"].as_str().unwrap();
        let request = Request::new("PayOrder", "POST /api/v1/orders/{id}/pay", id, card.clone());
        request.dies(&anna, death).await;

        let order = reload(&anna, &placed["orderId"]).await;
        assert_eq!(order["status"], status, "{death:?}");
        assert_eq!(order["payment"]["status"].as_str(), payment, "{death:?}");
        assert_eq!(made_for(&order).await, (i32::from(payment.is_some()), known, 1), "{death:?}");
        if payment.is_some() && death != CrashPoint::BeforeAnswer {
            request.again(&anna).await.problem(409, "idempotency_in_progress");
            request.time_goes_by(&anna).await;
        }
        let paid = request.again(&anna).await;
        let first = if death == CrashPoint::BeforeAnswer { 200 } else { 201 };
        assert_eq!(paid.expect(first)["status"], "succeeded", "{death:?}");
        request.again(&anna).await.expect(200);
        let order = reload(&anna, &placed["orderId"]).await;
        assert_eq!(order["status"], "paid");
        assert_eq!(made_for(&order).await, (1, true, 1), "one payment");
        assert_eq!(stock_of(&kettle.sku).await, LEFT);
    }
}

#[tokio::test]
async fn reserving() {
    for (death, status, left) in [
        (CrashPoint::BeforeTransaction(1), "new", STOCKED),
        (CrashPoint::BeforeAnswer, "awaiting_payment", LEFT),
    ] {
        let anna = customer().await;
        let kettle = product(500, STOCKED).await;
        let placed = order_directly(&anna, &kettle, ORDERED, &json!({"reserve": false})).await;
        let id = placed["orderId"].as_str().unwrap();
        let route = "POST /api/v1/orders/{id}/reserve";
        let request = Request::new("ReserveOrder", route, id, Value::Null);
        request.dies(&anna, death).await;
        assert_eq!(reload(&anna, &placed["orderId"]).await["status"], status);
        assert_eq!(stock_of(&kettle.sku).await, left);
        let order = request.again(&anna).await.expect(200);
        assert_eq!((&order["status"], &order["version"]), (&json!("awaiting_payment"), &json!(2)));
        assert_eq!(made_for(&order).await, (0, false, 1));
        assert_eq!(stock_of(&kettle.sku).await, LEFT);
    }
}

#[tokio::test]
async fn cancelling_before_it_is_paid() {
    // Before the second, the provider has not heard of it: money that comes is late money.
    for (death, status, left) in [
        (CrashPoint::BeforeTransaction(1), "awaiting_payment", LEFT),
        (CrashPoint::BeforeTransaction(2), "cancelled", STOCKED),
        (CrashPoint::BeforeAnswer, "cancelled", STOCKED),
    ] {
        let anna = customer().await;
        let kettle = product(500, STOCKED).await;
        put_in_cart(&anna, &kettle.sku, ORDERED).await;
        let placed = anna.ask(post("/api/v1/orders/checkout")).await.expect(201);
        let id = placed["id"].as_str().unwrap();
        let route = "POST /api/v1/orders/{id}/cancel";
        let request = Request::new("CancelOrder", route, id, Value::Null);
        request.dies(&anna, death).await;
        let order = reload(&anna, &placed["id"]).await;
        assert_eq!(order["status"], status, "{death:?}");
        assert_eq!(stock_of(&kettle.sku).await, left, "{death:?}");
        let repeated = request.again(&anna).await;
        if status == "cancelled" {
            let told = repeated.problem(409, "order_already_finalized");
            assert_eq!(told["order"]["status"], "cancelled", "the repeat learns that it is done");
        } else {
            repeated.expect(200);
        }
        let order = reload(&anna, &placed["id"]).await;
        assert_eq!((&order["status"], &order["version"]), (&json!("cancelled"), &json!(2)));
        assert_eq!(order["payment"]["status"], "failed");
        assert_eq!(stock_of(&kettle.sku).await, STOCKED);
    }
}

/// From the moment at which the order is cancelled, the money goes back, wherever a process dies.
#[tokio::test]
async fn cancelling_what_was_paid() {
    let operator = operator().await;
    for (death, status, left) in [
        (CrashPoint::BeforeTransaction(1), "paid", LEFT),
        (CrashPoint::BeforeTransaction(2), "cancelled", STOCKED),
        (CrashPoint::BeforeTransaction(3), "cancelled", STOCKED),
        (CrashPoint::BeforeAnswer, "cancelled", STOCKED),
    ] {
        let anna = customer().await;
        let kettle = product(500, STOCKED).await;
        let paid = pay_for(&anna, &kettle, ORDERED).await;
        let id = paid["id"].as_str().unwrap();
        let route = "POST /api/v1/orders/{id}/cancel";
        let request = Request::new("CancelOrder", route, id, Value::Null);
        request.dies(&operator, death).await;
        assert_eq!(reload(&anna, &paid["id"]).await["status"], status, "{death:?}");
        assert_eq!(stock_of(&kettle.sku).await, left, "{death:?}");
        let repeated = request.again(&operator).await;
        assert_eq!(repeated.status, if status == "paid" { 200 } else { 409 }, "{}", repeated.text);
        let order = eventually("the money to go back", PATIENCE, || async {
            Some(reload(&anna, &paid["id"]).await).filter(|order| order["payment"]["status"] == "refunded")
        })
        .await;
        assert_eq!((&order["status"], &order["version"]), (&json!("cancelled"), &json!(3)));
        assert_eq!(made_for(&order).await, (1, true, 1));
        let payment = format!("PAYMENT#{}", order["payment"]["paymentId"].as_str().unwrap());
        let payment = item("PAYMENTS_TABLE", &payment, "PAYMENT").await.unwrap();
        assert_eq!(
            payment["version"].as_n().unwrap(),
            "4",
            "begun, succeeded, refunding, refunded: each once"
        );
        assert_eq!(stock_of(&kettle.sku).await, STOCKED, "the goods come back once");
    }
}
