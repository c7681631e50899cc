//! What customers may hold without having paid. The stack under test has high limits, so a copy of each function has low ones: 4 orders and 20 units,
//! half of it without a verified contact, and five times as many from one address.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::guests::Guest;
use crate::harness::{
    Person, Product, customer, customer_with, expire, get, invoke, item, make_copy, order_directly, post,
    product, remove_copy, request_event, set_flag, stock_of, unique_email, variables,
};

/// A copy of `PlaceOrder` with low limits.
struct Shop(String);

impl Shop {
    async fn open() -> Self {
        let name = format!("Unpaid{}", Uuid::new_v4().simple());
        let mut settings = variables("PlaceOrder").await;
        settings.insert("UNPAID_ORDERS_PER_ACCOUNT".to_owned(), "4".to_owned());
        settings.insert("UNPAID_UNITS_PER_ACCOUNT".to_owned(), "20".to_owned());
        settings.insert("ACCOUNTS_PER_ADDRESS".to_owned(), "5".to_owned());
        make_copy(&name, "PlaceOrder", "PlaceOrder", settings).await;
        Self(name)
    }

    /// Orders `quantity` of `product` from `address`; returns the status and the body.
    async fn order(&self, person: &Person, product: &Product, quantity: u32, address: &str) -> (u64, Value) {
        let mut body = crate::harness::address();
        body["items"] = json!([{"productId": product.sku, "quantity": quantity}]);
        let headers = json!({"authorization": format!("Bearer {}", person.token)});
        let mut event = request_event("POST /api/v1/orders", "", &headers, &body);
        event["requestContext"]["http"]["sourceIp"] = json!(address);
        let answer = invoke(&self.0, &event).await.unwrap();
        let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        (answer["statusCode"].as_u64().unwrap(), body)
    }

    async fn close(self) {
        remove_copy(&self.0).await;
    }
}

/// An address that no other test comes from.
fn unique_address() -> String {
    let noise = Uuid::new_v4().as_u128();
    format!("2001:db8:{:x}:{:x}::1", noise & 0xffff, (noise >> 16) & 0xffff)
}

/// The entries of the orders that wait, in the item of `person`.
async fn waiting(person: &Person) -> usize {
    let item = item("ORDERS_TABLE", &format!("HOLD#USER#{}", person.id), "HOLD").await.unwrap();
    item.keys().filter(|name| name.starts_with("o#")).count()
}

#[tokio::test]
async fn an_account_without_a_verified_contact_holds_few_orders_and_units() {
    let (shop, anna) = (Shop::open().await, customer().await);
    let (kettle, from) = (product(500, 100).await, unique_address());
    let (status, body) = shop.order(&anna, &kettle, 11, &from).await;
    assert_eq!((status, &body["code"]), (409, &json!("too_many_unpaid_units")), "{body}");
    assert_eq!((&body["sku"], &body["limit"], &body["held"]), (&json!(kettle.sku), &json!(10), &json!(0)));
    assert_eq!(shop.order(&anna, &kettle, 6, &from).await.0, 201);
    assert_eq!(shop.order(&anna, &kettle, 5, &from).await.0, 409);
    let (status, second) = shop.order(&anna, &kettle, 4, &from).await;
    assert_eq!(status, 201);
    let (status, body) = shop.order(&anna, &kettle, 1, &from).await;
    assert_eq!((status, &body["code"]), (429, &json!("too_many_unpaid_orders")), "{body}");
    assert_eq!((stock_of(&kettle.sku).await, waiting(&anna).await), (90, 2));
    // What ends makes room: cancelled, and expired.
    anna.ask(post(&format!("/api/v1/orders/{}/cancel", second["number"]))).await.expect(200);
    assert_eq!(waiting(&anna).await, 1);
    let (status, third) = shop.order(&anna, &kettle, 4, &from).await;
    assert_eq!(status, 201);
    expire(&third).await;
    assert_eq!((stock_of(&kettle.sku).await, waiting(&anna).await), (94, 1));
    // A verified account holds more.
    set_flag("IDENTITY_TABLE", &format!("USER#{}", anna.id), "PROFILE", "emailVerified", true).await;
    for _ in 0..3 {
        assert_eq!(shop.order(&anna, &kettle, 1, &from).await.0, 201);
    }
    assert_eq!(shop.order(&anna, &kettle, 1, &from).await.0, 429);
    shop.close().await;
}

#[tokio::test]
async fn orders_at_one_instant_are_all_counted() {
    let (shop, anna) = (Shop::open().await, customer().await);
    let (kettle, from) = (product(500, 100).await, unique_address());
    let answers = join_all((0..8).map(|_| shop.order(&anna, &kettle, 1, &from))).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 2, "{answers:?}");
    assert_eq!((stock_of(&kettle.sku).await, waiting(&anna).await), (98, 2));
    shop.close().await;
}

#[tokio::test]
async fn many_accounts_from_one_network_are_counted_together() {
    let shop = Shop::open().await;
    let (kettle, from) = (product(500, 1_000).await, unique_address());
    for _ in 0..10 {
        assert_eq!(shop.order(&customer().await, &kettle, 10, &from).await.0, 201);
    }
    let (status, body) = shop.order(&customer().await, &kettle, 1, &from).await;
    assert_eq!((status, &body["code"]), (409, &json!("too_many_unpaid_units")), "{body}");
    assert_eq!(shop.order(&customer().await, &kettle, 1, &unique_address()).await.0, 201);
    shop.close().await;
}

#[tokio::test]
async fn operators_have_no_limits() {
    let (shop, operator) = (Shop::open().await, customer_with(&["orders:write"]).await);
    let (kettle, from) = (product(500, 100).await, unique_address());
    for _ in 0..4 {
        assert_eq!(shop.order(&operator, &kettle, 20, &from).await.0, 201);
    }
    assert!(item("ORDERS_TABLE", &format!("HOLD#USER#{}", operator.id), "HOLD").await.is_none());
    shop.close().await;
}

#[tokio::test]
async fn whoever_lets_orders_expire_has_less_time() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let time = |order: &Value| {
        let at = |name: &str| order[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        at("expiresAt").duration_since(at("createdAt")).as_secs()
    };
    let place = async || {
        let placed = order_directly(&anna, &kettle, 1, &json!({})).await;
        anna.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await.expect(200)
    };
    let usual = time(&place().await);
    for _ in 0..3 {
        expire(&place().await).await;
    }
    assert_eq!(time(&place().await), usual / 4);
    order_directly(&anna, &kettle, 1, &json!({"card": "tok_success"})).await;
    assert_eq!(time(&place().await), usual, "who pays has all of it");
}

/// A copy of `Checkout` with the same low limits.
struct GuestShop(String);

impl GuestShop {
    async fn open() -> Self {
        let name = format!("Guests{}", Uuid::new_v4().simple());
        let mut settings = variables("Checkout").await;
        settings.insert("UNPAID_ORDERS_PER_ACCOUNT".to_owned(), "4".to_owned());
        settings.insert("UNPAID_UNITS_PER_ACCOUNT".to_owned(), "20".to_owned());
        settings.insert("ACCOUNTS_PER_ADDRESS".to_owned(), "5".to_owned());
        make_copy(&name, "Checkout", "Checkout", settings).await;
        Self(name)
    }

    /// A guest with `email` orders `quantity` of `product` from `address`; returns the status and the body.
    async fn order(&self, product: &Product, quantity: u32, email: &str, address: &str) -> (u64, Value) {
        let cart = Guest::with(product, quantity).await.cart;
        let body = json!({"contact": {"email": email}});
        let route = "POST /api/v1/orders/checkout";
        let mut event = request_event(route, "", &json!({"x-cart-token": cart}), &body);
        event["requestContext"]["http"]["sourceIp"] = json!(address);
        let answer = invoke(&self.0, &event).await.unwrap();
        let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        (answer["statusCode"].as_u64().unwrap(), body)
    }
}

#[tokio::test]
async fn a_guest_holds_a_quarter_of_what_an_account_does() {
    let (shop, kettle, from) = (GuestShop::open().await, product(500, 100).await, unique_address());
    let email = unique_email();
    let (status, body) = shop.order(&kettle, 6, &email, &from).await;
    assert_eq!((status, &body["code"], &body["limit"]), (409, &json!("too_many_unpaid_units"), &json!(5)));
    let (status, placed) = shop.order(&kettle, 1, &email, &from).await;
    assert_eq!(status, 201, "{placed}");
    // The same contact, in another spelling and from elsewhere.
    let (status, body) = shop.order(&kettle, 1, &email.to_uppercase(), &unique_address()).await;
    assert_eq!((status, &body["code"]), (429, &json!("too_many_unpaid_orders")), "{body}");
    // An account that claims the order does not make room for another one; its end does.
    let anna = customer().await;
    let token = placed["orderToken"].as_str().unwrap();
    let path = format!("/api/v1/orders/{}", placed["number"]);
    anna.ask(post(&format!("{path}/claim")).header("x-order-token", token)).await.expect(200);
    assert_eq!(shop.order(&kettle, 1, &email, &from).await.0, 429);
    anna.ask(post(&format!("{path}/cancel"))).await.expect(200);
    assert_eq!(shop.order(&kettle, 1, &email, &from).await.0, 201);
    // Five orders in all from one address.
    for _ in 0..4 {
        assert_eq!(shop.order(&kettle, 1, &unique_email(), &from).await.0, 201);
    }
    let (status, body) = shop.order(&kettle, 1, &unique_email(), &from).await;
    assert_eq!((status, &body["code"]), (429, &json!("too_many_unpaid_orders")), "{body}");
    remove_copy(&shop.0).await;
}
