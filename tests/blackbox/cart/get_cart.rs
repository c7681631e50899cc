//! `GET /api/v1/cart`

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::market::{Market, adds_up, cart_with, enter, plainly_priced};
use super::visitor::{CART_TOKEN, MALFORMED, UNKNOWN, Visitor, takes_cart_tokens};
use crate::harness::{
    Answer, cart_of, customer, delete, details, get, item, place_order, post, product, put_in_cart,
    put_product, put_stock, set_number, unique_sku, wants_a_token,
};

#[tokio::test]
async fn a_cart_that_was_never_used_is_empty() {
    let anna = customer().await;
    let totals = json!({"itemCount": 0, "totalQuantity": 0, "subtotal": 0});
    assert_eq!(cart_of(&anna).await, plainly_priced(json!({"items": [], "totals": totals, "version": 0})));
}

#[tokio::test]
async fn lines_come_in_the_order_of_their_skus_and_are_added_up() {
    let anna = customer().await;
    let (kettle, cup) = (format!("b-{}", unique_sku()), format!("a-{}", unique_sku()));
    for (sku, price, available) in [(&kettle, 150_000, 3), (&cup, 2_550, 100)] {
        put_product(sku, &details(price)).await;
        put_stock(sku, &json!({"warehouse": "msk-1", "available": available})).await;
    }
    put_in_cart(&anna, &kettle, 2).await;
    let answered = put_in_cart(&anna, &cup, 12).await;
    let line = |sku: &str, quantity: u32, price: i64, available: u64| {
        json!({
            "sku": sku, "name": "Самовар ☕", "quantity": quantity, "price": price, "currency": "RUB",
            "available": available, "purchasable": true,
        })
    };
    let expected = plainly_priced(json!({
        "items": [line(&cup, 12, 2_550, 100), line(&kettle, 2, 150_000, 3)],
        "totals": {"itemCount": 2, "totalQuantity": 14, "subtotal": 330_600, "currency": "RUB"},
        "version": 2,
    }));
    assert_eq!(answered, expected);
    assert_eq!(cart_of(&anna).await, expected);
}

#[tokio::test]
async fn names_prices_and_stock_are_those_of_the_moment() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    put_in_cart(&anna, &kettle.sku, 4).await;
    let mut dearer = details(130);
    dearer["name"] = json!("Самовар, новый");
    put_product(&kettle.sku, &dearer).await;
    put_stock(&kettle.sku, &json!({"warehouse": "msk-1", "available": 1})).await;
    let cart = cart_of(&anna).await;
    let line = &cart["items"][0];
    assert_eq!((&line["name"], &line["price"]), (&json!("Самовар, новый"), &json!(130)));
    assert_eq!(
        (&line["quantity"], &line["available"]),
        (&json!(4), &json!(1)),
        "what was wanted stays wanted"
    );
    assert_eq!((&cart["totals"]["subtotal"], &cart["version"]), (&json!(520), &json!(1)));
}

#[tokio::test]
async fn a_product_that_is_no_longer_sold_stays_in_the_cart_and_out_of_the_sums() {
    let anna = customer().await;
    let (kettle, cup) = (product(100, 5).await, product(7, 5).await);
    put_in_cart(&anna, &kettle.sku, 2).await;
    put_in_cart(&anna, &cup.sku, 3).await;
    let mut withdrawn = details(100);
    withdrawn["isActive"] = json!(false);
    put_product(&kettle.sku, &withdrawn).await;

    let cart = cart_of(&anna).await;
    let items = cart["items"].as_array().unwrap();
    let line = items.iter().find(|line| line["sku"] == kettle.sku).unwrap();
    let expected = json!({
        "sku": kettle.sku, "name": "Самовар ☕", "quantity": 2, "price": 100, "currency": "RUB",
        "available": 0, "purchasable": false,
    });
    assert_eq!(*line, expected);
    let totals = json!({
        "itemCount": 1, "totalQuantity": 3, "subtotal": 21, "currency": "RUB", "discount": 0, "shipping": 0, "tax": 0,
        "total": 21,
    });
    assert_eq!(cart["totals"], totals);

    put_product(&kettle.sku, &details(100)).await;
    assert_eq!(cart_of(&anna).await["totals"]["subtotal"], 221, "it counts again when it is sold again");
}

#[tokio::test]
async fn there_is_no_sum_when_the_catalog_changes_a_currency() {
    let anna = customer().await;
    let (kettle, cup) = (product(100, 5).await, product(7, 5).await);
    put_in_cart(&anna, &kettle.sku, 1).await;
    put_in_cart(&anna, &cup.sku, 1).await;
    let mut abroad = details(100);
    abroad["currency"] = json!("USD");
    put_product(&kettle.sku, &abroad).await;
    let totals = json!({"itemCount": 2, "totalQuantity": 2, "currencies": ["RUB", "USD"]});
    assert_eq!(cart_of(&anna).await["totals"], totals, "said before checkout says so");
    put_in_cart(&anna, &cup.sku, 0).await;
    assert_eq!(cart_of(&anna).await["totals"]["currencies"], Value::Null);
}

#[tokio::test]
async fn everybody_has_a_cart_of_their_own() {
    let (anna, boris) = (customer().await, customer().await);
    let kettle = product(100, 5).await;
    put_in_cart(&anna, &kettle.sku, 5).await;
    assert_eq!(cart_of(&boris).await["items"], json!([]));
    put_in_cart(&boris, &kettle.sku, 1).await;
    assert_eq!(cart_of(&anna).await["items"][0]["quantity"], 5, "a cart reserves nothing");
    assert_eq!(cart_of(&anna.elsewhere().await).await, cart_of(&anna).await, "on every device the same");
}

#[tokio::test]
async fn an_order_empties_the_cart_and_its_version_goes_on() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    place_order(&anna, &kettle, 2).await;
    let cart: Value = cart_of(&anna).await;
    assert_eq!((&cart["items"], &cart["version"]), (&json!([]), &json!(2)));
    assert_eq!(put_in_cart(&anna, &kettle.sku, 3).await["version"], 3);
}

#[tokio::test]
async fn a_cart_is_for_its_owner() {
    wants_a_token(|| get("/api/v1/cart")).await;
}

#[tokio::test]
async fn an_anonymous_cart_is_for_whoever_has_its_token() {
    let kettle = product(150, 5).await;
    let visitor = Visitor::with(&kettle.sku, 2).await;
    let cart = visitor.cart().await;
    let line = json!({
        "sku": kettle.sku, "name": "Самовар ☕", "quantity": 2, "price": 150, "currency": "RUB", "available": 5,
        "purchasable": true,
    });
    let totals = json!({"itemCount": 1, "totalQuantity": 2, "subtotal": 300, "currency": "RUB"});
    assert_eq!(cart, plainly_priced(json!({"items": [line], "totals": totals, "version": 1})));
    takes_cart_tokens(|| get("/api/v1/cart")).await;
}

#[tokio::test]
async fn who_is_logged_in_sees_their_own_cart_whatever_cart_token_comes_along() {
    let anna = customer().await;
    let kettle = product(150, 5).await;
    let visitor = Visitor::with(&kettle.sku, 2).await;
    for token in [visitor.token.as_str(), UNKNOWN, MALFORMED[1]] {
        let cart = anna.ask(get("/api/v1/cart").header(CART_TOKEN, token)).await.expect(200);
        assert_eq!(cart["items"], json!([]));
    }
    let wrong = get("/api/v1/cart").header(CART_TOKEN, &visitor.token).bearer_auth("x");
    Answer::to(wrong).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn an_anonymous_cart_is_kept_for_30_days_and_then_empty() {
    let kettle = product(150, 5).await;
    let visitor = Visitor::with(&kettle.sku, 2).await;
    let kept = item("CARTS_TABLE", &visitor.partition(), "CART").await.unwrap();
    let number = |name: &str| kept[name].as_n().unwrap().parse::<i64>().unwrap();
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let days = (number("expiresAt") - now + 43_200) / 86_400;
    assert_eq!(days, 30);
    set_number("CARTS_TABLE", &visitor.partition(), "CART", "expiresAt", 1).await;
    assert_eq!(visitor.cart().await["items"], json!([]));
    assert_eq!(visitor.put(&kettle.sku, 3).await["version"], 2, "and goes on from there");
}

const CHECKOUT: &str = "/api/v1/orders/checkout";

#[tokio::test]
async fn a_cart_costs_what_its_order_costs() {
    let (market, anna) = (Market::open(1, &json!({})).await, customer().await);
    let cup = product(333, 50).await;
    put_in_cart(&anna, &market.kettle.sku, 2).await;
    put_in_cart(&anna, &cup.sku, 1).await;
    enter(&anna, &market.path(0)).await.expect(200);

    let query = format!("{}&shippingMethodId={}", market.destination(), market.method());
    let answer = cart_with(&anna, &query).await;
    let (tag, cart) = (answer.header("etag").to_owned(), answer.expect(200));
    adds_up(&cart);
    let shipping = json!({"methodId": market.method(), "price": 500, "discount": 0, "tax": 45, "total": 500});
    assert_eq!(cart["shipping"], shipping);
    // 18000, 333 and 500, each with 10 of 110 parts.
    let totals = json!({
        "itemCount": 2, "totalQuantity": 3, "subtotal": 20_333, "discount": 2_000, "shipping": 500,
        "tax": 1_636 + 30 + 45, "total": 18_833, "currency": "RUB",
    });
    assert_eq!(cart["totals"], totals);
    let items = cart["items"].as_array().unwrap();
    let kettle = items.iter().find(|line| line["sku"] == market.kettle.sku).unwrap();
    assert_eq!(
        (&kettle["discount"], &kettle["tax"], &kettle["total"]),
        (&json!(2_000), &json!(1_636), &json!(18_000))
    );
    assert_eq!(cart["taxIncluded"], true);
    let promotion = &cart["promotions"][0];
    assert_eq!((&promotion["code"], &promotion["amount"]), (&json!(market.code(0)), &json!(2_000)));
    assert_eq!(cart["promotionCodes"], json!([{"code": market.code(0), "applies": true}]));

    let mut order = market.delivery();
    order["method"] = json!("card");
    order["cardToken"] = json!("tok_declined");
    order["expectedTotal"] = cart["totals"]["total"].clone();
    let declined = anna.ask(post(CHECKOUT).header("if-match", &tag).json(&order)).await.expect(201);
    assert_eq!((&declined["status"], &declined["totalAmount"]), (&json!("cancelled"), &json!(18_833)));
    let back = cart_with(&anna, &query).await.expect(200);
    assert_eq!(
        (&back["totals"], &back["promotionCodes"]),
        (&cart["totals"], &cart["promotionCodes"]),
        "lines and codes return"
    );
    order["cardToken"] = json!("tok_success");
    let paid = anna.ask(post(CHECKOUT).json(&order)).await.expect(201);
    assert_eq!((&paid["status"], &paid["totalAmount"]), (&json!("paid"), &json!(18_833)));
    assert_eq!(cart_of(&anna).await["promotionCodes"], json!([]));
    market.close().await;
}

#[tokio::test]
async fn a_code_that_expires_stays_in_sight_and_is_not_ordered() {
    let ends_at = format!("{:.3}", jiff::Timestamp::now() + Duration::from_secs(30));
    let (market, anna) = (Market::open(1, &json!({"endsAt": ends_at})).await, customer().await);
    put_in_cart(&anna, &market.kettle.sku, 1).await;
    assert_eq!(enter(&anna, &market.path(0)).await.expect(200)["totals"]["total"], 9_000);
    let end: jiff::Timestamp = ends_at.parse().unwrap();
    let left = end.duration_since(jiff::Timestamp::now()).as_millis() + 1_000;
    tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;

    let cart = cart_of(&anna).await;
    let code = json!({"code": market.code(0), "applies": false, "reason": "expired", "endsAt": ends_at});
    assert_eq!(cart["promotionCodes"], json!([code]));
    assert_eq!((&cart["promotions"], &cart["totals"]["total"]), (&json!([]), &json!(10_000)));
    let refused = anna.ask(post(CHECKOUT)).await.problem(409, "promotion_not_applicable");
    assert_eq!(refused["promotions"][0]["code"], market.code(0));
    assert_eq!(refused["promotions"][0]["reason"], "expired");
    anna.ask(delete(&market.path(0))).await.expect(200);
    assert_eq!(anna.ask(post(CHECKOUT)).await.expect(201)["totalAmount"], 10_000);
    market.close().await;
}

#[tokio::test]
async fn every_bad_parameter_is_named() {
    let anna = customer().await;
    put_in_cart(&anna, &product(100, 5).await.sku, 1).await;
    let long = format!("country=US&region={}", "x".repeat(61));
    let cases = [
        ("country=Germany", "country"),
        ("country=", "country"),
        ("region=CA", "country"),
        ("postalCode=10115", "country"),
        (long.as_str(), "region"),
        ("country=US&postalCode=%E2%84%96", "postalCode"),
        ("shippingMethodId=two%20words", "shippingMethodId"),
        ("contry=DE", "contry"),
    ];
    for (query, name) in cases {
        let refused = cart_with(&anna, query).await;
        refused.problem_at(400, "invalid_parameter", &format!("/query/{name}"));
    }
    let all = cart_with(&anna, "country=X&postalCode=%21&shippingMethodId=%21&more=1").await;
    let told = all.problem(400, "invalid_parameter");
    let errors = told["errors"].as_array().unwrap();
    let mut pointers: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/query/country", "/query/more", "/query/postalCode", "/query/shippingMethodId"]);
    let unknown = cart_with(&anna, "country=AQ&shippingMethodId=no-such-method").await;
    let told = unknown.problem_at(422, "shipping_method_not_applicable", "/query/shippingMethodId");
    assert_eq!(told["shippingMethod"]["reason"], "unknown");
}
