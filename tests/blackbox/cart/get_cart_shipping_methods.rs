//! `GET /api/v1/cart/shipping-methods`

use serde_json::json;

use super::market::{Market, enter};
use super::visitor::{UNKNOWN, Visitor, refuses_malformed_tokens};
use crate::harness::{customer, get, put_in_cart, wants_a_token};

fn path(query: &str) -> String {
    format!("/api/v1/cart/shipping-methods?{query}")
}

#[tokio::test]
async fn the_methods_for_a_place_have_their_prices() {
    let (market, anna) =
        (Market::open(1, &json!({"kind": "free_shipping", "value": null})).await, customer().await);
    put_in_cart(&anna, &market.kettle.sku, 1).await;
    let here = path(&market.destination());
    let method = |discount: i64, tax: i64| {
        json!({"items": [{
            "id": market.method(), "name": {"en": "Parcel", "ru": "Посылка"}, "price": 500, "discount": discount,
            "tax": tax, "total": 500 - discount, "minDays": 1, "maxDays": 3, "currency": "RUB",
        }]})
    };
    assert_eq!(anna.ask(get(&here)).await.expect(200), method(0, 45));
    enter(&anna, &market.path(0)).await.expect(200);
    assert_eq!(anna.ask(get(&here)).await.expect(200), method(500, 0), "with the promotions that apply");
    let elsewhere = anna.ask(get(&path("country=AQ"))).await.expect(200);
    assert_eq!(elsewhere, json!({"items": []}));
    let visitor = Visitor::with(&market.kettle.sku, 1).await;
    assert_eq!(visitor.ask(get(&here)).await.expect(200), method(0, 45));
    let unknown = Visitor { token: UNKNOWN.to_owned() };
    assert_eq!(unknown.ask(get(&here)).await.expect(200), json!({"items": []}), "nothing is shipped");
    market.close().await;
}

#[tokio::test]
async fn every_bad_parameter_is_named() {
    let anna = customer().await;
    let cases = [
        ("", "country"),
        ("region=CA", "country"),
        ("country=Germany", "country"),
        ("country=US&postalCode=%21", "postalCode"),
        ("country=US&shippingMethodId=parcel", "shippingMethodId"),
    ];
    for (query, name) in cases {
        let refused = anna.ask(get(&path(query))).await;
        refused.problem_at(400, "invalid_parameter", &format!("/query/{name}"));
    }
}

#[tokio::test]
async fn a_cart_is_for_its_owner() {
    wants_a_token(|| get(&path("country=DE"))).await;
    refuses_malformed_tokens(|| get(&path("country=DE"))).await;
}
