//! `GET /api/v1/products`

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, PATIENCE, customer, customer_with, details, eventually, get, operator, put_product, put_stock,
    unique_sku,
};

const LIST: &str = "/api/v1/products";

/// A word that stands in no other product's name.
fn unique_word() -> String {
    format!("w{}", Uuid::new_v4().simple())
}

async fn enter(sku: &str, name: &str, is_active: bool) {
    let mut body = details(4_200);
    body["name"] = json!(name);
    body["isActive"] = json!(is_active);
    put_product(sku, &body).await;
}

/// The items on each of the pages that `request` leads through, to the last one.
async fn pages(request: impl Fn() -> RequestBuilder) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut page = Answer::to(request()).await.expect(200);
    loop {
        pages.push(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page.get("nextCursor") else { return pages };
        page = Answer::to(request().query(&[("cursor", cursor.as_str().unwrap())])).await.expect(200);
    }
}

/// The ids of all products that `request` leads through.
async fn ids(request: impl Fn() -> RequestBuilder) -> Vec<String> {
    let items = pages(request).await.concat();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

fn search(word: &str) -> RequestBuilder {
    get(LIST).query(&[("q", word)])
}

/// Waits until the list, which follows the products at some distance, has `count` products called `word`.
async fn until_listed(word: &str, count: usize) {
    eventually("the list to follow", PATIENCE, || async {
        (ids(|| search(word)).await.len() == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_item_says_what_it_costs_and_how_many_there_are() {
    let (sku, word) = (unique_sku(), unique_word());
    enter(&sku, &format!("Чай {word}"), true).await;
    put_stock(&sku, &json!({"warehouse": "msk-1", "available": 2})).await;
    put_stock(&sku, &json!({"warehouse": "spb-1", "available": 3})).await;
    until_listed(&word, 1).await;
    let mut item =
        json!({"id": sku, "name": format!("Чай {word}"), "stock": 5, "price": 4_200, "currency": "RUB"});
    assert_eq!(pages(|| search(&word)).await.concat(), [item.clone()]);
    let customer = customer().await;
    let seen = pages(|| search(&word).bearer_auth(&customer.token)).await.concat();
    assert_eq!(seen, [item.clone()], "a customer sees no more than anybody");
    item["isActive"] = json!(true);
    let operator = operator().await;
    assert_eq!(pages(|| search(&word).bearer_auth(&operator.token)).await.concat(), [item]);
}

#[tokio::test]
async fn pages_of_any_size_hold_every_product_once_in_the_order_of_the_skus() {
    let word = unique_word();
    let number = 1_000_000_000_000_000_000 + Uuid::new_v4().as_u128() % 100_000_000_000_000_000;
    // Numbers by value, then the others by text.
    let ordered = [
        format!("0{number}"),
        number.to_string(),
        (number + 1).to_string(),
        format!("{number}0"),
        format!("A-{number}"),
        format!("B.{number}"),
        format!("a_{number}"),
    ];
    for sku in ordered.iter().rev() {
        enter(sku, &word, true).await;
    }
    until_listed(&word, ordered.len()).await;
    for limit in [1, 2, 3, 6, 7, 100] {
        let limited = || search(&word).query(&[("limit", limit)]);
        assert_eq!(ids(limited).await, ordered, "limit {limit}");
        assert!(pages(limited).await.iter().all(|page| page.len() <= limit), "limit {limit}");
    }
}

#[tokio::test]
async fn the_whole_list_is_read_to_its_end_without_loss_or_repetition() {
    let (word, skus) = (unique_word(), [(); 5].map(|()| unique_sku()));
    for sku in &skus {
        enter(sku, &word, true).await;
    }
    until_listed(&word, skus.len()).await;
    let first = Answer::to(get(LIST)).await.expect(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 20, "the seed alone fills a page of the usual size");
    let found = ids(|| get(LIST).query(&[("limit", 7)])).await;
    let distinct: BTreeSet<&String> = found.iter().collect();
    assert_eq!(distinct.len(), found.len(), "something came twice");
    assert!(skus.iter().all(|sku| distinct.contains(sku)), "something is missing");
}

#[tokio::test]
async fn a_name_is_found_by_the_beginnings_of_its_words() {
    let (sku, word) = (unique_sku(), unique_word());
    enter(&sku, &format!("Чай «Зелёный», {word}"), true).await;
    until_listed(&word, 1).await;
    for text in
        [word.to_uppercase(), format!("ЧАЙ {word}"), format!("{word} зелён ча"), word[..30].to_owned()]
    {
        assert_eq!(ids(|| search(&text)).await, [sku.as_str()], "{text}");
    }
    for text in [format!("ай {word}"), word[1..].to_owned(), format!("{word}x"), format!("кофе {word}")]
    {
        assert!(ids(|| search(&text)).await.is_empty(), "{text}");
    }
}

#[tokio::test]
async fn what_is_not_active_is_listed_for_operators_alone() {
    let (word, sold, hidden) = (unique_word(), unique_sku(), unique_sku());
    enter(&sold, &word, true).await;
    enter(&hidden, &word, false).await;
    let operator = operator().await;
    let seen = async |active: &[(&str, bool)]| {
        ids(|| search(&word).query(active).bearer_auth(&operator.token)).await
    };
    eventually("the list to follow", PATIENCE, || async { (seen(&[]).await.len() == 2).then_some(()) }).await;
    assert_eq!(ids(|| search(&word)).await, [sold.as_str()]);
    assert_eq!(ids(|| search(&word).query(&[("active", true)])).await, [sold.as_str()]);
    assert_eq!(seen(&[("active", true)]).await, [sold.as_str()]);
    assert_eq!(seen(&[("active", false)]).await, [hidden.as_str()]);
    let both: BTreeSet<String> = seen(&[]).await.into_iter().collect();
    assert_eq!(both, BTreeSet::from([sold, hidden]));

    let request = || search(&word).query(&[("active", false)]);
    Answer::to(request()).await.problem(401, "token_required");
    let stranger = customer_with(&["stock:write"]).await;
    assert_eq!(stranger.ask(request()).await.problem(403, "insufficient_scope")["scope"], "catalog:write");
}

#[tokio::test]
async fn a_product_changes_lists_when_it_stops_and_starts_to_be_sold() {
    let (sku, word) = (unique_sku(), unique_word());
    enter(&sku, &word, true).await;
    until_listed(&word, 1).await;
    enter(&sku, &word, false).await;
    until_listed(&word, 0).await;
    enter(&sku, &word, true).await;
    until_listed(&word, 1).await;
}

#[tokio::test]
async fn a_parameter_that_is_not_understood_is_named() {
    for (name, value) in [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "1.5"),
        ("limit", "many"),
        ("limit", ""),
        ("active", "yes"),
        ("active", "1"),
        ("q", ""),
        ("q", " %_*"),
        ("q", &"ы".repeat(101)),
    ] {
        let answer = Answer::to(get(LIST).query(&[(name, value)])).await;
        answer.problem_at(400, "invalid_parameter", &format!("/query/{name}"));
    }
    for (name, value) in [("limit", "1"), ("limit", "100"), ("active", "true"), ("q", &"ы".repeat(100))] {
        Answer::to(get(LIST).query(&[(name, value)])).await.expect(200);
    }
}

#[tokio::test]
async fn a_cursor_goes_on_in_the_list_it_comes_from_and_in_no_other() {
    let word = unique_word();
    join_all([(); 3].map(|()| async { enter(&unique_sku(), &word, true).await })).await;
    until_listed(&word, 3).await;
    let limited = |request: RequestBuilder| request.query(&[("limit", 1)]);
    let page = Answer::to(limited(search(&word))).await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    let with = |request: RequestBuilder, cursor: &str| limited(request).query(&[("cursor", cursor)]);

    let operator = operator().await;
    let sealed: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
    let forged = |position: &str| {
        let mut forged = sealed.clone();
        forged["p"] = json!(position);
        URL_SAFE_NO_PAD.encode(forged.to_string())
    };
    let refused = [
        with(get(LIST), cursor),
        with(search("another"), cursor),
        with(search(&word), cursor).bearer_auth(&operator.token),
        with(search(&word), &format!("x{cursor}")),
        with(search(&word), &cursor[..cursor.len() - 4]),
        with(search(&word), ""),
        with(search(&word), "null"),
        with(search(&word), &"A".repeat(1_025)),
        with(search(&word), &forged("")),
        with(search(&word), &forged("no sku")),
        with(search(&word), &forged("PRODUCT#x")),
    ];
    for request in refused {
        Answer::to(request).await.problem_at(400, "invalid_parameter", "/query/cursor");
    }
    Answer::to(with(search(&word), cursor)).await.expect(200);
}

#[tokio::test]
async fn a_token_is_not_needed_and_a_bad_one_is_still_refused() {
    Answer::to(get(LIST).bearer_auth("nonsense")).await.problem(401, "invalid_token");
}
