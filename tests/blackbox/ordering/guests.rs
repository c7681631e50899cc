//! Orders of people without an account: checking out an anonymous cart, and the order token that opens the order.

use base64::Engine as _;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::harness::{
    Answer, Product, customer, decide, everything_in, get, item, patch, post, product, put, stock_of,
    unique_email, without,
};

const CHECKOUT: &str = "/api/v1/orders/checkout";
/// A well-formed order token that opens nothing.
pub(super) const WRONG: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// Somebody without an account, with an anonymous cart.
pub(super) struct Guest {
    pub(super) cart: String,
    pub(super) email: String,
}

impl Guest {
    /// A guest who put `quantity` of `product` into a cart.
    pub(super) async fn with(product: &Product, quantity: u32) -> Self {
        let path = format!("/api/v1/cart/items/{}", product.sku);
        let answer = Answer::to(put(&path).json(&json!({"quantity": quantity}))).await.expect(200);
        Self { cart: answer["cartToken"].as_str().unwrap().to_owned(), email: unique_email() }
    }

    fn contact(&self) -> Value {
        json!({"contact": {"email": self.email.to_uppercase(), "firstName": "Anna"}})
    }

    /// Checks the cart out with `more` beside the contact.
    async fn check_out(&self, more: &Value) -> Answer {
        let mut body = self.contact();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Answer::to(post(CHECKOUT).header("x-cart-token", &self.cart).json(&body)).await
    }

    /// An order that waits for payment, with its token.
    pub(super) async fn order(&self) -> Value {
        self.check_out(&json!({})).await.expect(201)
    }
}

/// The order of a guest for one piece of something new.
pub(super) async fn guest_order() -> Value {
    Guest::with(&product(500, 5).await, 1).await.order().await
}

/// `request` with the order token of `order`.
pub(super) fn opened(request: RequestBuilder, order: &Value) -> RequestBuilder {
    request.header("x-order-token", order["orderToken"].as_str().unwrap())
}

pub(super) fn path(order: &Value, rest: &str) -> String {
    format!("/api/v1/orders/{}{rest}", order["number"])
}

#[tokio::test]
async fn a_guest_orders_sees_and_pays() {
    let kettle = product(500, 5).await;
    let guest = Guest::with(&kettle, 2).await;
    let placed = guest.order().await;
    assert_eq!((&placed["status"], &placed["totalAmount"]), (&json!("awaiting_payment"), &json!(1_000)));
    assert_eq!(placed["contact"]["email"], guest.email, "normalised");
    assert_eq!(placed["orderToken"].as_str().unwrap().len(), 22);
    assert_eq!(stock_of(&kettle.sku).await, 3);
    let cart = get("/api/v1/cart").header("x-cart-token", &guest.cart);
    assert_eq!(Answer::to(cart).await.expect(200)["items"], json!([]), "the cart is empty");
    let seen = Answer::to(opened(get(&path(&placed, "")), &placed)).await.expect(200);
    assert_eq!(seen["id"], placed["id"]);
    assert!(seen.get("orderToken").is_none(), "the token is shown once");
    let history = Answer::to(opened(get(&path(&placed, "/events")), &placed)).await.expect(200);
    assert_eq!(history["items"][0]["type"], "orders.order_placed");
    assert_eq!(history["items"][0]["by"], json!({"kind": "customer", "id": placed["userId"]}));
    assert!(!history.to_string().contains(&guest.email), "events have no contact");
    Answer::to(opened(post(&path(&placed, "/pay")), &placed)).await.problem(409, "payment_in_progress");
    decide(&placed, "pay").await;
    let paid = Answer::to(opened(get(&path(&placed, "")), &placed)).await.expect(200);
    assert_eq!(paid["status"], "paid");
}

#[tokio::test]
async fn a_card_pays_at_once_and_a_declined_one_returns_the_lines() {
    let kettle = product(500, 5).await;
    let guest = Guest::with(&kettle, 1).await;
    let declined = guest.check_out(&json!({"method": "card", "cardToken": "tok_declined"})).await.expect(201);
    assert_eq!(declined["status"], "cancelled");
    let cart = get("/api/v1/cart").header("x-cart-token", &guest.cart);
    assert_eq!(Answer::to(cart).await.expect(200)["items"][0]["sku"], kettle.sku, "the lines are back");
    let paid = guest.check_out(&json!({"method": "card", "cardToken": "tok_success"})).await.expect(201);
    assert_eq!((&paid["status"], stock_of(&kettle.sku).await), (&json!("paid"), 4));
    assert_ne!(paid["userId"], declined["userId"], "each order is kept by itself");
}

#[tokio::test]
async fn a_short_cart_of_a_guest_leaves_nothing() {
    let kettle = product(500, 2).await;
    let (guest, faster) = (Guest::with(&kettle, 2).await, Guest::with(&kettle, 1).await);
    faster.order().await;
    let told = guest.check_out(&json!({})).await.problem(409, "insufficient_stock");
    assert_eq!((&told["sku"], &told["available"]), (&json!(kettle.sku), &json!(1)));
    assert!(told.get("orderId").is_none() && told.get("number").is_none(), "{told}");
    let cart = get("/api/v1/cart").header("x-cart-token", &guest.cart);
    assert_eq!(Answer::to(cart).await.expect(200)["items"][0]["quantity"], 2, "the cart stays");
    assert!(!everything_in("ORDERS_TABLE").await.contains(&guest.email));
}

#[tokio::test]
async fn a_guest_gives_an_attempt_up_and_pays_by_card() {
    let (placed, other) = (guest_order().await, guest_order().await);
    let give_up = format!("/api/v1/payments/{}/cancel", placed["payment"]["paymentId"].as_str().unwrap());
    for token in [WRONG, "", other["orderToken"].as_str().unwrap()] {
        Answer::to(post(&give_up).header("x-order-token", token)).await.problem(404, "not_found");
    }
    let nothing = format!("/api/v1/payments/{}/cancel", Uuid::new_v4());
    Answer::to(opened(post(&nothing), &placed)).await.problem(404, "not_found");
    let given_up = Answer::to(opened(post(&give_up), &placed)).await.expect(200);
    assert_eq!(given_up["failure"], json!({"code": "attempt_given_up"}));
    let card = json!({"method": "card", "cardToken": "tok_success"});
    let paid = Answer::to(opened(post(&path(&placed, "/pay")), &placed).json(&card)).await.expect(201);
    assert_eq!(paid["status"], "succeeded");
    Answer::to(post(&give_up)).await.problem(401, "token_required");
    assert_eq!(Answer::to(opened(post(&give_up), &placed)).await.expect(200), given_up, "it failed once");
}

#[tokio::test]
async fn a_guest_cancels() {
    let placed = guest_order().await;
    let reason = json!({"reason": "changed my mind"});
    let cancelled =
        Answer::to(opened(post(&path(&placed, "/cancel")), &placed).json(&reason)).await.expect(200);
    assert_eq!(
        (&cancelled["status"], &cancelled["cancellationReason"]),
        (&json!("cancelled"), &reason["reason"])
    );
}

#[tokio::test]
async fn only_its_token_opens_the_order() {
    let (placed, other) = (guest_order().await, guest_order().await);
    let requests = || {
        [
            get(&path(&placed, "")),
            get(&format!("/orders/{}", placed["number"])),
            get(&path(&placed, "/events")),
            post(&path(&placed, "/pay")),
            post(&path(&placed, "/cancel")),
        ]
    };
    let unknown = || [get("/api/v1/orders/77"), post("/api/v1/orders/77/cancel")];
    for token in [WRONG, "", "x", &format!("{WRONG}=="), other["orderToken"].as_str().unwrap()] {
        for request in requests().into_iter().chain(unknown()) {
            let answer = Answer::to(request.header("x-order-token", token)).await;
            answer.problem(404, "not_found");
        }
    }
    for request in requests() {
        Answer::to(request).await.problem(401, "token_required");
    }
    // It opens nothing else.
    let elsewhere = [
        get("/api/v1/orders"),
        patch(&path(&placed, "")).json(&json!({"city": "Tver"})),
        post(&path(&placed, "/reserve")),
        get(&format!("/api/v1/payments/{}", placed["payment"]["paymentId"].as_str().unwrap())),
    ];
    for request in elsewhere {
        Answer::to(opened(request, &placed)).await.problem(401, "token_required");
    }
    // Beside an access token it is not looked at.
    let stranger = customer().await;
    stranger.ask(opened(get(&path(&placed, "")), &placed)).await.problem(403, "not_your_order");
    assert_eq!(stranger.ask(get("/api/v1/orders")).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn a_guest_needs_a_contact_and_a_cart() {
    let kettle = product(500, 5).await;
    let guest = Guest::with(&kettle, 1).await;
    let ask = |body: Value| Answer::to(post(CHECKOUT).header("x-cart-token", &guest.cart).json(&body));
    ask(json!({})).await.problem_at(422, "invalid_input", "/contact");
    ask(json!({"contact": null})).await.problem_at(422, "invalid_input", "/contact");
    ask(json!({"contact": {}})).await.problem_at(422, "invalid_input", "/contact/email");
    ask(json!({"contact": {"email": "x"}})).await.problem_at(422, "invalid_input", "/contact/email");
    let faults = ask(json!({"method": "cash"})).await.problem(422, "invalid_input");
    let pointers: Vec<&Value> =
        faults["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
    assert!(pointers.contains(&&json!("/contact")) && pointers.contains(&&json!("/method")), "{faults}");
    let bad = post(CHECKOUT).header("x-cart-token", "x").json(&guest.contact());
    Answer::to(bad).await.problem(400, "invalid_cart_token");
    let empty = post(CHECKOUT).header("x-cart-token", "A".repeat(43)).json(&guest.contact());
    Answer::to(empty).await.problem(409, "cart_empty");
    Answer::to(post(CHECKOUT).json(&guest.contact())).await.problem(401, "token_required");
    assert_eq!(stock_of(&kettle.sku).await, 5, "nothing was ordered");
    // An account's checkout takes its own cart, with any token beside it.
    let anna = customer().await;
    anna.ask(post(CHECKOUT).header("x-cart-token", &guest.cart)).await.problem(409, "cart_empty");
}

#[tokio::test]
async fn a_repeat_answers_the_token_again_and_none_is_stored() {
    let guest = Guest::with(&product(500, 5).await, 1).await;
    let key = Uuid::new_v4().to_string();
    let ask = |cart: String| {
        let request = post(CHECKOUT).header("x-cart-token", cart).header("idempotency-key", &key);
        Answer::to(request.json(&guest.contact()))
    };
    let placed = ask(guest.cart.clone()).await.expect(201);
    let repeat = ask(guest.cart.clone()).await;
    assert_eq!(repeat.header("x-idempotent-replay"), "true");
    let repeat = repeat.expect(200);
    assert_eq!((&repeat["id"], &repeat["orderToken"]), (&placed["id"], &placed["orderToken"]));
    Answer::to(opened(get(&path(&placed, "")), &repeat)).await.expect(200);
    // Keys of another cart are other keys.
    ask("A".repeat(43)).await.problem(409, "cart_empty");
    let token = placed["orderToken"].as_str().unwrap();
    for table in ["ORDERS_TABLE", "IDEMPOTENCY_TABLE", "PAYMENTS_TABLE", "CARTS_TABLE"] {
        let stored = everything_in(table).await;
        assert!(!stored.contains(token) && !stored.contains(&guest.cart), "{table}");
    }
    let key = format!("ORDER#{}", placed["id"].as_str().unwrap());
    let stored = format!("{:?}", item("ORDERS_TABLE", &key, "ORDER").await.unwrap());
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).unwrap();
    assert_eq!(bytes.len(), 16, "128 bits");
    assert!(stored.contains(&hex::encode(Sha256::digest(bytes))));
    assert!(without(&repeat, "orderToken").get("guest").is_none());
}
