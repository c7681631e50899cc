//! `POST /api/v1/cart/merge`

use futures_util::future::{join, join_all};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::visitor::{CART_TOKEN, MALFORMED, UNKNOWN, Visitor, lines};
use crate::harness::{
    Answer, Person, Product, cart_of, customer, details, names_the_member_at_fault, operator, post, product,
    put_in_cart, put_product, put_stock, unique_sku, wants_a_json_object, wants_a_token,
};

/// The most lines of a cart.
const MAX_LINES: usize = 40;

fn request(token: &str) -> RequestBuilder {
    post("/api/v1/cart/merge").json(&json!({"cartToken": token}))
}

async fn merge(person: &Person, visitor: &Visitor) -> Value {
    person.ask(request(&visitor.token)).await.expect(200)
}

async fn products(count: usize) -> Vec<Product> {
    operator().await;
    let mut products = Vec::new();
    while products.len() < count {
        let batch = (count - products.len()).min(4);
        products.extend(join_all((0..batch).map(|_| product(10, 100_000))).await);
    }
    products
}

fn sorted(mut lines: Vec<(String, u64)>) -> Vec<(String, u64)> {
    lines.sort();
    lines
}

#[tokio::test]
async fn quantities_are_added_up_and_the_anonymous_cart_is_empty() {
    let anna = customer().await;
    let products = products(3).await;
    let [kettle, cup, spoon] = [0, 1, 2].map(|index| products[index].sku.clone());
    put_in_cart(&anna, &kettle, 2).await;
    put_in_cart(&anna, &cup, 60_000).await;
    let visitor = Visitor::with(&cup, 6_000).await;
    visitor.put(&spoon, 4).await;

    let cart = merge(&anna, &visitor).await;
    let expected = sorted(vec![(kettle, 2), (cup, 65_535), (spoon, 4)]);
    assert_eq!((lines(&cart), &cart["version"]), (expected, &json!(3)), "a line holds 65,535 pieces");
    assert_eq!(cart_of(&anna).await, cart);
    assert_eq!(visitor.cart().await["items"], json!([]));

    assert_eq!(merge(&anna, &visitor).await, cart, "a repeat adds nothing");
}

#[tokio::test]
async fn a_token_that_finds_nothing_leaves_the_cart_as_it_is() {
    let anna = customer().await;
    let unknown = Visitor { token: UNKNOWN.to_owned() };
    assert_eq!(merge(&anna, &unknown).await["version"], 0);
    let kettle = product(100, 5).await;
    let cart = put_in_cart(&anna, &kettle.sku, 2).await;
    assert_eq!(merge(&anna, &unknown).await, cart);
    assert!(!unknown.is_kept().await);
}

#[tokio::test]
async fn the_token_is_good_again_for_what_is_chosen_later() {
    let anna = customer().await;
    let (kettle, cup) = (product(100, 5).await, product(100, 5).await);
    let visitor = Visitor::with(&kettle.sku, 1).await;
    merge(&anna, &visitor).await;
    let cart = visitor.put(&cup.sku, 1).await;
    assert_eq!(
        (lines(&cart), &cart["version"]),
        (vec![(cup.sku.clone(), 1)], &json!(3)),
        "the version goes on"
    );
    assert_eq!(lines(&merge(&anna, &visitor).await), sorted(vec![(kettle.sku, 1), (cup.sku, 1)]));
}

#[tokio::test]
async fn too_many_lines_are_refused_and_both_carts_stay() {
    let anna = customer().await;
    let products = products(MAX_LINES + 1).await;
    for product in &products[..MAX_LINES - 1] {
        put_in_cart(&anna, &product.sku, 1).await;
    }
    let visitor = Visitor::with(&products[0].sku, 2).await;
    visitor.put(&products[MAX_LINES - 1].sku, 1).await;
    visitor.put(&products[MAX_LINES].sku, 1).await;
    let (mine, theirs) = (cart_of(&anna).await, visitor.cart().await);
    let problem = anna.ask(request(&visitor.token)).await.problem(422, "too_many_lines");
    assert_eq!(problem["limit"], MAX_LINES);
    assert_eq!((cart_of(&anna).await, visitor.cart().await), (mine, theirs));

    let path = format!("/api/v1/cart/items/{}", products[MAX_LINES].sku);
    visitor.ask(crate::harness::delete(&path)).await.expect(200);
    assert_eq!(merge(&anna, &visitor).await["totals"]["itemCount"], MAX_LINES);
}

#[tokio::test]
async fn two_currencies_are_refused_and_both_carts_stay() {
    let anna = customer().await;
    put_in_cart(&anna, &product(100, 5).await.sku, 1).await;
    let foreign = unique_sku();
    let mut dollars = details(100);
    dollars["currency"] = json!("USD");
    put_product(&foreign, &dollars).await;
    put_stock(&foreign, &json!({"warehouse": "msk-1", "available": 9})).await;
    let visitor = Visitor::with(&foreign, 1).await;
    let (mine, theirs) = (cart_of(&anna).await, visitor.cart().await);
    let problem = anna.ask(request(&visitor.token)).await.problem(409, "mixed_currencies");
    assert_eq!((&problem["sku"], &problem["cartCurrency"]), (&json!(foreign), &json!("RUB")));
    assert_eq!((cart_of(&anna).await, visitor.cart().await), (mine, theirs));
    assert_eq!(merge(&customer().await, &visitor).await["totals"]["currency"], "USD");
}

#[tokio::test]
async fn what_can_not_be_had_any_more_moves_too_and_stays_in_sight() {
    let anna = customer().await;
    let (kettle, cup) = (product(100, 5).await, product(100, 5).await);
    put_in_cart(&anna, &kettle.sku, 4).await;
    let visitor = Visitor::with(&kettle.sku, 4).await;
    visitor.put(&cup.sku, 1).await;
    let mut withdrawn = details(100);
    withdrawn["isActive"] = json!(false);
    put_product(&cup.sku, &withdrawn).await;
    let cart = merge(&anna, &visitor).await;
    let line = |sku: &str| cart["items"].as_array().unwrap().iter().find(|line| line["sku"] == sku).unwrap();
    assert_eq!((&line(&kettle.sku)["quantity"], &line(&kettle.sku)["available"]), (&json!(8), &json!(5)));
    assert_eq!(line(&cup.sku)["purchasable"], false);
}

#[tokio::test]
async fn merging_twice_at_once_adds_once() {
    let anna = customer().await;
    let laptop = anna.elsewhere().await;
    let kettle = product(100, 50).await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let visitor = Visitor::with(&kettle.sku, 10).await;
    let devices = [&anna, &laptop, &anna, &laptop];
    for cart in join_all(devices.map(|device| merge(device, &visitor))).await {
        assert_eq!(lines(&cart), [(kettle.sku.clone(), 11)]);
    }
}

#[tokio::test]
async fn of_two_customers_one_gets_what_was_chosen() {
    let (anna, boris) = (customer().await, customer().await);
    let kettle = product(100, 50).await;
    let visitor = Visitor::with(&kettle.sku, 10).await;
    join(merge(&anna, &visitor), merge(&boris, &visitor)).await;
    let pieces = |cart: Value| cart["totals"]["totalQuantity"].as_u64().unwrap();
    assert_eq!(pieces(cart_of(&anna).await) + pieces(cart_of(&boris).await), 10);
}

#[tokio::test]
async fn a_merge_among_changes_of_both_carts_loses_nothing() {
    let anna = customer().await;
    let laptop = anna.elsewhere().await;
    let products = products(12).await;
    let visitor = Visitor::with(&product(1, 5).await.sku, 5).await;
    let put = async |index: usize| {
        let (sku, quantity) = (&products[index].sku, u32::try_from(index).unwrap() + 1);
        match index % 3 {
            0 => put_in_cart(&anna, sku, quantity).await,
            1 => put_in_cart(&laptop, sku, quantity).await,
            _ => visitor.put(sku, quantity).await,
        }
    };
    let merges = async || {
        merge(&anna, &visitor).await;
        merge(&laptop, &visitor).await;
    };
    join(join_all((0..products.len()).map(put)), merges()).await;

    // What was put into the anonymous cart after the last merge is still there.
    let cart = merge(&anna, &visitor).await;
    assert_eq!(cart["totals"]["itemCount"], products.len() + 1);
    for (index, product) in products.iter().enumerate() {
        let line = (product.sku.clone(), u64::try_from(index).unwrap() + 1);
        assert!(lines(&cart).contains(&line), "{line:?}: {cart}");
    }
    assert_eq!(visitor.cart().await["items"], json!([]));
}

#[tokio::test]
async fn the_token_is_a_member_of_the_body() {
    let anna = customer().await;
    let cases = MALFORMED.map(|token| ("cartToken", json!(token))).into_iter().chain([
        ("cartToken", Value::Null),
        ("cartToken", json!(7)),
        ("sku", json!("kettle")),
    ]);
    let ask = || post("/api/v1/cart/merge").bearer_auth(&anna.token);
    names_the_member_at_fault(&json!({"cartToken": UNKNOWN}), cases, ask).await;
    wants_a_json_object(ask).await;
}

#[tokio::test]
async fn merging_is_for_who_is_logged_in_and_ordering_for_who_says_who_they_are() {
    let visitor = Visitor::with(&product(100, 5).await.sku, 1).await;
    wants_a_token(|| request(&visitor.token)).await;
    let sent = |path| post(path).header(CART_TOKEN, &visitor.token).json(&json!({}));
    Answer::to(sent("/api/v1/cart/merge")).await.problem(401, "token_required");
    Answer::to(sent("/api/v1/orders/checkout")).await.problem_at(422, "invalid_input", "/contact");
    assert_eq!(visitor.cart().await["version"], 1);
}
