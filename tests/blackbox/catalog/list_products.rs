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

#[tokio::test]
async fn an_item_says_what_it_costs_and_how_many_there_are() {
    let (sku, word) = (unique_sku(), unique_word());
    enter(&sku, &format!("Чай {word}"), true).await;
    put_stock(&sku, &json!({"warehouse": "msk-1", "available": 2})).await;
    put_stock(&sku, &json!({"warehouse": "spb-1", "available": 3})).await;
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
    // The list follows the products at some distance, where a search finds them at once.
    eventually("the list to follow", PATIENCE, || async {
        let listed = ids(|| get(LIST).query(&[("limit", 100)])).await;
        skus.iter().all(|sku| listed.contains(sku)).then_some(())
    })
    .await;
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
async fn a_product_is_found_once_by_however_many_of_its_words_on_pages_of_any_size() {
    let word = unique_word();
    let kinds =
        [("a b", true), ("a", false), ("a c", true), ("b a", true), ("b", false), ("c", true), ("c b", true)];
    // Under the first of the words that begin so: in the order of these words, and then of the SKUs. Operators see both kinds.
    let mut expected = Vec::new();
    for (name, is_active) in kinds {
        let (sku, words) = (unique_sku(), name.split(' ').map(|letter| format!("{word}{letter}")));
        let words: Vec<String> = words.collect();
        enter(&sku, &words.join(" and "), is_active).await;
        expected.push((words.into_iter().min().unwrap(), sku));
    }
    expected.sort();
    let expected: Vec<String> = expected.into_iter().map(|(_, sku)| sku).collect();
    let operator = operator().await;
    for limit in [1, 2, 3, 7, 100] {
        let found = async |text: &str| {
            ids(|| search(text).query(&[("limit", limit)]).bearer_auth(&operator.token)).await
        };
        assert_eq!(found(&word).await, expected, "limit {limit}");
        let both = found(&format!("{word} an")).await;
        assert_eq!(both.len(), 4, "those of two words, limit {limit}: {both:?}");
        assert!(expected.iter().filter(|sku| both.contains(sku)).eq(&both), "limit {limit}: {both:?}");
        assert_eq!(found(&format!("{word}c {word}b")).await.len(), 1, "limit {limit}");
    }
}

#[tokio::test]
async fn a_name_that_changes_is_found_by_its_new_words_alone() {
    let (sku, words) = (unique_sku(), [(); 3].map(|()| unique_word()));
    let found = async |word: &str| ids(|| search(word)).await.len();
    enter(&sku, &format!("{} {}", words[0], words[1]), true).await;
    assert_eq!((found(&words[0]).await, found(&words[1]).await, found(&words[2]).await), (1, 1, 0));
    enter(&sku, &format!("{} {}", words[1], words[2]), true).await;
    assert_eq!((found(&words[0]).await, found(&words[1]).await, found(&words[2]).await), (0, 1, 1));
    let mut dearer = details(9_900);
    dearer["name"] = json!(format!("{} {}", words[1], words[2]));
    put_product(&sku, &dearer).await;
    let items = pages(|| search(&words[2])).await.concat();
    assert_eq!(items[0]["price"], 9_900, "what a search shows follows the product");
}

#[tokio::test]
async fn the_first_twenty_words_of_a_name_find_it() {
    let (sku, words) = (unique_sku(), [(); 2].map(|()| unique_word()));
    let fill: Vec<String> = (0..19).map(|number| format!("f{number}")).collect();
    enter(&sku, &format!("{} {} {}", fill.join(" "), words[0], words[1]), true).await;
    assert_eq!(ids(|| search(&words[0])).await, [sku.as_str()]);
    assert!(ids(|| search(&words[1])).await.is_empty());
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
    for is_active in [true, false, true] {
        enter(&sku, &word, is_active).await;
        assert_eq!(ids(|| search(&word)).await.len(), usize::from(is_active));
    }
}

#[tokio::test]
async fn a_parameter_that_is_not_understood_is_named() {
    for (name, value) in [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "1.5"),
        ("limit", "many"),
        ("limit", "+5"),
        ("limit", "007"),
        ("limit", ""),
        ("active", "yes"),
        ("active", "1"),
        ("q", ""),
        ("q", " %_*"),
        ("q", "\0"),
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
        with(search(&word), &"A".repeat(2_049)),
        with(search(&word), &forged("")),
        with(search(&word), &forged("no sku")),
        with(search(&word), &forged("PRODUCT#x")),
        with(search(&word), &forged("another#x")),
        with(search(&word), &forged(&format!("{word}#no sku"))),
        with(search(&word), &forged(&format!("{word}#x#y"))),
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
