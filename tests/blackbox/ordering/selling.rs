//! Orders with contacts, addresses, shipping, taxes and promotions.
//!
//! Settings are the merchant's and seen by every order. So each test has a region of its own in Norway for its taxes, a method and a code of its own, and
//! promotions for its own products.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Person, Product, cart_of, customer, customer_with, delete, details, expire, get, item,
    journal_of, order_directly, post, product, put_in_cart, put_product, reload, stock_of,
};
use crate::pricing::settings::{PROMOTION, SHIPPING, TAX, room, settings_are_effective, unique_id};

pub(super) const CHECKOUT: &str = "/api/v1/orders/checkout";
pub(super) const ORDERS: &str = "/api/v1/orders";

/// An address in a region of Norway.
pub(super) fn norway(region: &str) -> Value {
    json!({
        "recipientName": "Kari Nordmann", "recipientPhone": "+4791234567", "country": "NO", "region": region,
        "city": "Oslo", "street": "Karl Johans gate 1", "street2": "3. etasje", "postalCode": "0154",
    })
}

/// Shipping at 300 roubles to all of Norway.
pub(super) async fn parcel() -> String {
    let id = unique_id();
    let body = json!({
        "name": {"en": "Parcel"}, "zones": [{"countries": ["NO"]}], "currency": "RUB", "rateBy": "subtotal",
        "rates": [{"price": 30_000}], "minDays": 2, "maxDays": 5, "isActive": true,
    });
    SHIPPING.put(&id, &body).await.expect(201);
    id
}

/// 25 % on top of the prices in `region`, for goods and shipping.
async fn tax_in(region: &str) -> [String; 2] {
    let ids = [unique_id(), unique_id()];
    for (id, category) in ids.iter().zip(["standard", "shipping"]) {
        let body = json!({
            "country": "NO", "region": region, "taxCategory": category, "rate": 2_500, "includedInPrices": false,
        });
        TAX.put(id, &body).await.expect(201);
    }
    ids
}

/// A promotion of 10 % off `product` by a code, with the members of `more`.
pub(super) async fn code_for(product: &Product, more: Value) -> (String, String) {
    let id = unique_id();
    let code = id.to_uppercase();
    let mut body = json!({
        "code": code, "kind": "percentage", "value": 1_000, "conditions": {"productIds": [product.sku]},
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    PROMOTION.put(&id, &body).await.expect(201);
    settings_are_effective().await;
    (id, code)
}

pub(super) async fn checkout(person: &Person, body: &Value) -> Answer {
    person.ask(post(CHECKOUT).json(body)).await
}

#[tokio::test]
async fn an_order_is_priced_with_shipping_taxes_and_a_code() {
    let _room = room().await;
    let (anna, kettle) = (customer().await, product(99_999, 9).await);
    let (region, method) = (unique_id(), parcel().await);
    let rates = tax_in(&region).await;
    let (promotion, code) = code_for(&kettle, json!({})).await;
    put_in_cart(&anna, &kettle.sku, 3).await;
    let body = json!({
        "shippingAddress": norway(&region), "shippingMethodId": method,
        "promotionCodes": [format!(" {} ", code.to_lowercase())],
        "method": "card", "cardToken": "tok_success", "expectedTotal": 374_996,
    });
    let order = checkout(&anna, &body).await.expect(201);
    // 3 x 999.99 less 10 % is 2,699.97 (299.997 is rounded half up), and 300 for the parcel; 25 % of each on top, 674.99 (674.9925) and 75.
    let totals = json!({
        "itemCount": 1, "totalQuantity": 3, "subtotalCents": 299_997, "currency": "RUB", "subtotal": 299_997,
        "discount": 30_000, "shipping": 30_000, "tax": 74_999, "total": 374_996,
    });
    assert_eq!(order["totals"], totals);
    assert_eq!((&order["totalAmount"], &order["taxIncluded"]), (&json!(374_996), &json!(false)));
    assert_eq!(order["status"], "paid");
    let line = &order["items"][0];
    assert_eq!(
        (&line["totalAmount"], &line["discount"], &line["tax"], &line["total"]),
        (&json!(299_997), &json!(30_000), &json!(67_499), &json!(337_496))
    );
    let shipping = json!({"methodId": method, "price": 30_000, "discount": 0, "tax": 7_500, "total": 37_500});
    assert_eq!(order["shipping"], shipping);
    assert_eq!(order["promotions"], json!([{"promotionId": promotion, "code": code, "amount": 30_000}]));
    assert_eq!(order["pricing"], Value::Null, "which operators alone see");
    let operator = customer_with(&["orders:read"]).await;
    let seen = reload(&operator, &order).await;
    let steps = seen["pricing"]["lines"][0]["steps"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(names, ["goods", "promotion", "tax"]);
    assert!(steps.iter().all(|step| !step["text"].as_str().unwrap().is_empty()));
    // What it was priced by may go: nothing is computed again.
    PROMOTION.remove(&promotion).await;
    SHIPPING.remove(&method).await;
    for rate in rates {
        TAX.remove(&rate).await;
    }
    assert_eq!(reload(&anna, &order).await["totals"], totals);
}

#[tokio::test]
async fn another_total_is_refused_with_all_of_the_new_one() {
    let _room = room().await;
    let (anna, kettle, method) = (customer().await, product(10_000, 9).await, parcel().await);
    settings_are_effective().await;
    let body = json!({
        "productId": kettle.sku, "shippingAddress": norway("Oslo"), "shippingMethodId": method, "expectedTotal": 10_000,
    });
    let told = anna.ask(post(ORDERS).json(&body)).await.problem(409, "price_changed");
    let totals = json!({
        "itemCount": 1, "totalQuantity": 1, "subtotal": 10_000, "discount": 0, "shipping": 30_000, "tax": 0,
        "total": 40_000, "currency": "RUB",
    });
    assert_eq!(told["totals"], totals);
    assert_eq!(stock_of(&kettle.sku).await, 9);
    SHIPPING.remove(&method).await;
}

#[tokio::test]
async fn goods_that_have_to_be_shipped_need_an_address_and_a_method() {
    let _room = room().await;
    let (anna, kettle, method) = (customer().await, product(10_000, 9).await, parcel().await);
    let mut shipped = details(10_000);
    shipped["requiresShipping"] = json!(true);
    put_product(&kettle.sku, &shipped).await;
    settings_are_effective().await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    checkout(&anna, &json!({})).await.problem_at(422, "address_required", "/shippingAddress");
    let address = norway("Oslo");
    let refused = checkout(&anna, &json!({"shippingAddress": address})).await;
    refused.problem_at(422, "shipping_method_required", "/shippingMethodId");
    let body = json!({"shippingAddress": address, "shippingMethodId": "no-such-method"});
    let told =
        checkout(&anna, &body).await.problem_at(422, "shipping_method_not_applicable", "/shippingMethodId");
    assert_eq!(told["shippingMethod"]["reason"], "unknown");
    let elsewhere = json!({
        "recipientName": "João", "recipientPhone": "+351912345678", "country": "MZ", "city": "Maputo", "street": "Rua 1",
    });
    let body = json!({"shippingAddress": elsewhere, "shippingMethodId": method});
    checkout(&anna, &body).await.problem_at(422, "no_shipping_method", "/shippingAddress");
    assert_eq!(cart_of(&anna).await["items"][0]["quantity"], 1, "nothing was done");
    let body = json!({"shippingAddress": address, "shippingMethodId": method});
    let order = checkout(&anna, &body).await.expect(201);
    assert_eq!(order["totalAmount"], 40_000);
    SHIPPING.remove(&method).await;
}

#[tokio::test]
async fn goods_of_which_nothing_is_said_are_ordered_as_before() {
    let (anna, kettle) = (customer().await, product(10_000, 9).await);
    // A country by its name has no rates.
    let order = order_directly(&anna, &kettle, 2, &json!({"country": "Россия"})).await;
    let order = reload(&anna, &order).await;
    assert_eq!((&order["totalAmount"], &order["taxIncluded"]), (&json!(20_000), &json!(true)));
    for member in ["shipping", "promotions", "contact", "billingAddress"] {
        assert_eq!(order[member], Value::Null, "{member}");
    }
    assert_eq!(order["items"][0]["discount"], Value::Null);
    let kept =
        item("ORDERS_TABLE", &format!("ORDER#{}", order["id"].as_str().unwrap()), "ORDER").await.unwrap();
    assert!(
        !kept.contains_key("pricing"),
        "an order without shipping, taxes and discounts stays as small as it was"
    );
}

#[tokio::test]
async fn a_contact_and_both_addresses_are_kept_seen_and_forgotten() {
    let (anna, kettle) = (customer().await, product(10_000, 9).await);
    put_in_cart(&anna, &kettle.sku, 1).await;
    let body = json!({
        "shippingAddress": norway("Oslo"), "billingAddress": norway("Viken"),
        "contact": {"email": "Kari@Example.com", "phone": "+4791234567", "firstName": "Kari"},
    });
    let order = checkout(&anna, &body).await.expect(201);
    let contact = json!({"email": "kari@example.com", "phone": "+4791234567", "firstName": "Kari"});
    assert_eq!(order["contact"], contact);
    assert_eq!(order["shippingAddress"], norway("Oslo"));
    assert_eq!(order["billingAddress"], norway("Viken"));
    assert_eq!(
        (&order["country"], &order["region"]),
        (&json!("NO"), &json!("Oslo")),
        "the short form, for older clients"
    );
    let operator = customer_with(&["orders:read"]).await;
    assert_eq!(reload(&operator, &order).await["contact"], contact);
    let id = order["id"].as_str().unwrap();
    for event in journal_of(&format!("order/{id}")).await {
        let told = event.to_string();
        assert!(
            !told.contains("kari") && !told.contains("Karl Johan") && !told.contains("91234567"),
            "{told}"
        );
    }
    anna.ask(post(&format!("{ORDERS}/{id}/cancel"))).await.expect(200);
    let body = json!({"password": crate::harness::PASSWORD});
    anna.ask(delete("/api/v1/users/me").json(&body)).await.expect(204);
    let forgotten =
        crate::harness::eventually("the order is forgotten", std::time::Duration::from_mins(1), || async {
            let order = reload(&operator, &order).await;
            (order["contact"] == Value::Null).then_some(order)
        });
    let order = forgotten.await;
    for member in ["shippingAddress", "billingAddress", "contact", "street"] {
        assert_eq!(order[member], Value::Null, "{member}");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once() {
    let (anna, kettle) = (customer().await, product(10_000, 9).await);
    put_in_cart(&anna, &kettle.sku, 1).await;
    let body = json!({
        "shippingAddress": {"recipientName": "Kari", "recipientPhone": "12", "country": "NO", "city": "Oslo", "street": " "},
        "billingAddress": {"country": "XX"}, "contact": {"email": "kari"},
        "shippingMethodId": "m".repeat(101), "promotionCodes": ["c".repeat(101)], "note": "\u{0}",
    });
    let told = checkout(&anna, &body).await.problem(422, "invalid_input");
    let named: Vec<&str> =
        told["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    for pointer in [
        "/shippingAddress/recipientPhone",
        "/shippingAddress/street",
        "/shippingAddress/postalCode",
        "/billingAddress/recipientName",
        "/billingAddress/country",
        "/contact/email",
        "/shippingMethodId",
        "/promotionCodes/0",
        "/note",
    ] {
        assert!(named.contains(&pointer), "{pointer} in {named:?}");
    }
    let both = json!({"shippingAddress": norway("Oslo"), "city": "Oslo"});
    checkout(&anna, &both).await.problem_at(422, "invalid_input", "/shippingAddress");
    let nobody = json!({"contact": {"firstName": "Kari"}});
    checkout(&anna, &nobody).await.problem(422, "invalid_input");
    let codes = json!({"promotionCodes": (0..11).map(|n| format!("C{n}")).collect::<Vec<_>>()});
    checkout(&anna, &codes).await.problem_at(422, "invalid_input", "/promotionCodes");
    assert_eq!(cart_of(&anna).await["items"][0]["quantity"], 1);
}

#[tokio::test]
async fn a_code_that_does_not_apply_is_refused_with_the_reason() {
    let _room = room().await;
    let (anna, kettle, other) = (customer().await, product(10_000, 9).await, product(10_000, 9).await);
    let past = json!({"startsAt": "2020-01-01T00:00:00Z", "endsAt": "2020-02-01T00:00:00Z"});
    let (ended_id, ended) = code_for(&kettle, past).await;
    let (others_id, others) = code_for(&other, json!({})).await;
    let (dear_id, dear) = code_for(
        &kettle,
        json!({"currency": "RUB", "conditions": {"productIds": [kettle.sku], "minSubtotal": 50_000}}),
    )
    .await;
    let (dollars_id, dollars) =
        code_for(&kettle, json!({"kind": "amount", "value": 100, "currency": "USD"})).await;
    let mut body = crate::harness::address();
    body["productId"] = json!(kettle.sku);
    body["promotionCodes"] = json!([ended, others, dear, dollars, "NO-SUCH-CODE"]);
    let told = anna.ask(post(ORDERS).json(&body)).await.problem(409, "promotion_not_applicable");
    let reasons: Vec<&Value> =
        told["promotions"].as_array().unwrap().iter().map(|promotion| &promotion["reason"]).collect();
    assert_eq!(reasons, ["expired", "no_matching_products", "below_minimum", "currency", "unknown"]);
    assert_eq!(stock_of(&kettle.sku).await, 9);
    for id in [ended_id, others_id, dear_id, dollars_id] {
        PROMOTION.remove(&id).await;
    }
}

/// The orders of `buyers` who all want one of `product` by `code` at the same time, at `total` and no other price.
async fn ordered_at_once(buyers: &[Person], product: &Product, code: &str, total: i64) -> Vec<Answer> {
    let mut body = crate::harness::address();
    body["productId"] = json!(product.sku);
    body["promotionCodes"] = json!([code]);
    body["expectedTotal"] = json!(total);
    let order = |buyer: &Person| {
        let (buyer, body) = (buyer.clone(), body.clone());
        async move { buyer.ask_until_available(|| post(ORDERS).json(&body)).await }
    };
    join_all(buyers.iter().map(order)).await
}

#[tokio::test]
async fn the_last_uses_of_a_code_go_to_as_many_and_come_back_with_cancelled_orders() {
    let _room = room().await;
    let kettle = product(10_000, 100).await;
    let (id, code) = code_for(&kettle, json!({"usageLimit": 5})).await;
    let buyers = join_all((0..12).map(|_| customer())).await;
    let answers = ordered_at_once(&buyers, &kettle, &code, 9_000).await;
    let (mut with, mut without) = (Vec::new(), 0);
    for (buyer, answer) in buyers.iter().zip(answers) {
        if answer.status == 201 {
            with.push((buyer, answer.body));
        } else {
            let told = answer.problem(409, "promotion_not_applicable");
            assert_eq!(told["promotions"][0]["reason"], "used_up");
            without += 1;
        }
    }
    assert_eq!((with.len(), without), (5, 7));
    let counter = |id: &str| format!("USES#{id}");
    let uses =
        async || item("PRICING_TABLE", &counter(&id), "ALL").await.unwrap()["uses"].as_n().unwrap().clone();
    assert_eq!(uses().await, "5");

    // One is cancelled and one expires: two more may use it.
    let order_id = with[0].1["orderId"].as_str().unwrap();
    with[0].0.ask(post(&format!("{ORDERS}/{order_id}/cancel"))).await.expect(200);
    expire(&with[1].1).await;
    assert_eq!(uses().await, "3");
    let late = join_all((0..4).map(|_| customer())).await;
    let statuses: Vec<u16> =
        ordered_at_once(&late, &kettle, &code, 9_000).await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 2, "{statuses:?}");
    assert_eq!(uses().await, "5");
    PROMOTION.remove(&id).await;
}

#[tokio::test]
async fn a_customer_uses_a_code_as_often_as_each_may() {
    let _room = room().await;
    let (anna, kettle) = (customer().await, product(10_000, 100).await);
    let (id, code) = code_for(&kettle, json!({"usageLimitPerCustomer": 1})).await;
    let same = [anna.clone(), anna.clone(), anna.clone()];
    let answers = ordered_at_once(&same, &kettle, &code, 9_000).await;
    let placed: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(placed.len(), 1);
    let told = ordered_at_once(&same[..1], &kettle, &code, 9_000).await.remove(0);
    let told = told.problem(409, "promotion_not_applicable");
    assert_eq!(told["promotions"][0]["reason"], "used_up_by_customer");
    let other = ordered_at_once(&[customer().await], &kettle, &code, 9_000).await;
    assert_eq!(other[0].status, 201);
    PROMOTION.remove(&id).await;
}

#[tokio::test]
async fn a_first_order_is_the_first_that_was_not_cancelled() {
    let _room = room().await;
    let (anna, kettle) = (customer().await, product(10_000, 100).await);
    let conditions = json!({"conditions": {"productIds": [kettle.sku], "firstOrder": true}});
    let (id, code) = code_for(&kettle, conditions).await;
    let twice = [anna.clone(), anna.clone()];
    let answers = ordered_at_once(&twice, &kettle, &code, 9_000).await;
    let placed: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(placed.len(), 1, "of two first orders at once one is the first");
    let order_id = placed[0].body["orderId"].as_str().unwrap();
    anna.ask(post(&format!("{ORDERS}/{order_id}/cancel"))).await.expect(200);
    let again = ordered_at_once(&twice[..1], &kettle, &code, 9_000).await.remove(0);
    assert_eq!(again.status, 201, "{}", again.text);
    let told = ordered_at_once(&twice[..1], &kettle, &code, 9_000).await.remove(0);
    told.problem(409, "promotion_not_applicable");
    PROMOTION.remove(&id).await;
}

/// An order that failed for lack of stock holds no use of its promotion; reserving it takes one.
#[tokio::test]
async fn a_failed_order_takes_its_use_when_it_is_reserved() {
    let _room = room().await;
    let (anna, kettle) = (customer().await, product(10_000, 1).await);
    let (id, code) = code_for(&kettle, json!({"usageLimit": 1})).await;
    let mut body = crate::harness::address();
    body["items"] = json!([{"productId": kettle.sku, "quantity": 2}]);
    body["promotionCodes"] = json!([code]);
    let failed = anna.ask(post(ORDERS).json(&body)).await.problem(409, "insufficient_stock");
    let other = ordered_at_once(&[customer().await], &kettle, &code, 9_000).await;
    assert_eq!(other[0].status, 201, "{}", other[0].text);
    crate::harness::put_stock(&kettle.sku, &json!({"warehouse": "msk-1", "available": 9})).await;
    let path = format!("{ORDERS}/{}/reserve", failed["number"]);
    anna.ask(post(&path)).await.problem(409, "promotion_not_applicable");
    PROMOTION.remove(&id).await;
}

/// A tax added to the price and a free order: what a code makes cost nothing is paid as it is placed.
#[tokio::test]
async fn an_order_that_a_code_makes_free_is_paid_at_once() {
    let _room = room().await;
    let (anna, kettle) = (customer().await, product(10_000, 9).await);
    let (id, code) = code_for(&kettle, json!({"value": 10_000})).await;
    let mut body = crate::harness::address();
    body["productId"] = json!(kettle.sku);
    body["promotionCodes"] = json!([code]);
    let placed = anna.ask(post(ORDERS).json(&body)).await.expect(201);
    assert_eq!((&placed["status"], &placed["totalAmount"]), (&json!("paid"), &json!(0)));
    let order = anna.ask(get(&format!("{ORDERS}/{}", placed["number"]))).await.expect(200);
    assert_eq!((&order["totals"]["discount"], &order["totals"]["total"]), (&json!(10_000), &json!(0)));
    PROMOTION.remove(&id).await;
}
