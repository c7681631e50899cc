//! `GET /api/v1/users/me/addresses`

use serde_json::{Value, json};

use super::put_address::{address, new_path, put_address};
use crate::harness::{Person, customer, delete, get, wants_a_token};

pub(super) const ADDRESSES: &str = "/api/v1/users/me/addresses";

/// The addresses of `person`, as they are listed.
pub(super) async fn addresses(person: &Person) -> Vec<Value> {
    let page = person.ask(get(ADDRESSES)).await.expect(200);
    assert_eq!(page.get("nextCursor"), None, "all of them are one page");
    page["items"].as_array().unwrap().clone()
}

/// The ids of the addresses that are the default.
pub(super) fn defaults(addresses: &[Value]) -> Vec<&Value> {
    addresses.iter().filter(|address| address["isDefault"] == true).map(|address| &address["id"]).collect()
}

#[tokio::test]
async fn the_default_comes_first_and_then_the_oldest() {
    let anna = customer().await;
    assert_eq!(addresses(&anna).await, Vec::<Value>::new());
    let mut saved = Vec::new();
    for number in 1..=3 {
        let body = address(json!({"street": format!("ул. Тверская, {number}"), "isDefault": number == 2}));
        saved.push(put_address(&anna, &new_path(), &body).await.expect(201));
    }
    let listed = addresses(&anna).await;
    let ids: Vec<&Value> = listed.iter().map(|address| &address["id"]).collect();
    assert_eq!(ids, [&saved[1]["id"], &saved[0]["id"], &saved[2]["id"]]);
    assert_eq!(listed[0], saved[1]);
    assert_eq!(listed[2], saved[2]);
    assert_eq!(defaults(&listed), [&saved[1]["id"]], "the first one is the default no longer");
}

#[tokio::test]
async fn another_persons_addresses_are_not_seen() {
    let (anna, boris) = (customer().await, customer().await);
    let path = new_path();
    let hers = put_address(&anna, &path, &address(json!({}))).await.expect(201);
    assert_eq!(addresses(&boris).await, Vec::<Value>::new());
    // The same id is his own address in his book.
    let his = put_address(&boris, &path, &address(json!({"street": "ул. Советская, 2"}))).await.expect(201);
    assert_eq!(addresses(&boris).await, [his]);
    boris.ask(delete(&path)).await.expect(204);
    assert_eq!(addresses(&anna).await, [hers]);
}

#[tokio::test]
async fn addresses_are_exported_with_the_account() {
    let anna = customer().await;
    let export = anna.ask(get("/api/v1/users/me/export")).await.expect(200);
    assert_eq!(export["addresses"], json!([]));
    for _ in 0..2 {
        put_address(&anna, &new_path(), &address(json!({"isDefault": true}))).await.expect(201);
    }
    let export = anna.ask(get("/api/v1/users/me/export")).await.expect(200);
    assert_eq!(export["addresses"], json!(addresses(&anna).await));
    assert_eq!(export["addresses"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_deleted_account_has_no_addresses() {
    let anna = customer().await;
    put_address(&anna, &new_path(), &address(json!({}))).await.expect(201);
    anna.ask(delete("/api/v1/users/me")).await.expect(204);
    anna.ask(get(ADDRESSES)).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn a_parameter_is_not_known() {
    let anna = customer().await;
    let answer = anna.ask(get(&format!("{ADDRESSES}?country=RU"))).await;
    answer.problem_at(400, "invalid_parameter", "/query/country");
}

#[tokio::test]
async fn nobody_lists_addresses_without_a_token() {
    wants_a_token(|| get(ADDRESSES)).await;
}
