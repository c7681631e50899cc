//! `PUT /api/v1/admin/tax-rates/{id}`

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::settings::{
    TAX, faults_are_named, ids_have_a_form, is_changed_only_at_the_version_that_is_named,
    is_created_and_replaced, needs_the_scope, room, unique_id,
};
use crate::harness::{put, wants_the_scope};

/// A rate of a country that no other test and no sample taxes.
fn rate(region: Option<&str>, category: &str, included: bool) -> Value {
    let mut rate =
        json!({"country": "IS", "taxCategory": category, "rate": 1_100, "includedInPrices": included});
    if let Some(region) = region {
        rate["region"] = json!(region);
    }
    rate
}

#[tokio::test]
async fn it_is_created_and_replaced() {
    is_created_and_replaced(&TAX).await;
}

#[tokio::test]
async fn it_is_changed_only_at_the_version_that_is_named() {
    is_changed_only_at_the_version_that_is_named(&TAX).await;
}

#[tokio::test]
async fn it_needs_the_scope_and_an_id() {
    let _room = room().await;
    let id = unique_id();
    let details = (TAX.details)(&id);
    needs_the_scope(201, || put(&TAX.of(&id)).json(&details)).await;
    TAX.remove(&id).await;
    ids_have_a_form(&TAX, |path| put(path).json(&details)).await;
    // Who may not do it does not hear what is wrong with it either.
    wants_the_scope("pricing:write", || put(&TAX.of(&id)).json(&json!({}))).await;
}

#[tokio::test]
async fn two_rates_of_different_kinds_in_one_country_are_refused() {
    let (country, region, other) = ("t-iceland", unique_id(), unique_id());
    TAX.put(country, &rate(None, "books", true)).await;
    TAX.put(&region, &rate(Some("1"), "books", true)).await.expect(201);
    for body in
        [rate(Some("1"), "standard", false), rate(Some("2"), "books", false), rate(None, "food", false)]
    {
        TAX.put(&other, &body).await.problem_at(422, "invalid_input", "/includedInPrices");
    }
    let alone = TAX.put(country, &rate(None, "books", false)).await;
    alone.problem_at(422, "invalid_input", "/includedInPrices");
    TAX.put(&other, &rate(None, "books", true)).await.problem_at(422, "invalid_input", "/taxCategory");
    TAX.get(&other).await.problem(404, "not_found");
    TAX.remove(&region).await;
    TAX.put(country, &rate(None, "books", false)).await.expect(200);
    TAX.remove(country).await;
}

#[tokio::test]
async fn rates_at_one_instant_are_of_one_kind() {
    let (region, ids) = (unique_id(), (0..10).map(|_| unique_id()).collect::<Vec<_>>());
    let create = async |(number, id): (usize, &String)| {
        let mut body = (TAX.details)(&region);
        body["taxCategory"] = json!(format!("c{number}"));
        body["includedInPrices"] = json!(number % 2 == 0);
        let answer = TAX.put(id, &body).await;
        if answer.status != 201 {
            answer.clone().problem_at(422, "invalid_input", "/includedInPrices");
        }
        (id.clone(), number % 2 == 0, answer.status)
    };
    let made = join_all(ids.iter().enumerate().map(create)).await;
    let created: Vec<_> = made.iter().filter(|(_, _, status)| *status == 201).collect();
    assert_eq!(created.len(), 5, "those of one kind: {made:?}");
    assert!(created.iter().all(|(_, included, _)| *included == created[0].1), "{made:?}");
    for (id, _, _) in created {
        TAX.remove(id).await;
    }
}

#[tokio::test]
async fn every_faulty_member_is_named() {
    let cases = vec![
        ("country", Value::Null),
        ("country", json!("ZZ")),
        ("region", json!("Two\nlines")),
        ("taxCategory", json!("Books")),
        ("taxCategory", Value::Null),
        ("rate", json!(10_001)),
        ("rate", json!(-1)),
        ("rate", json!(7.25)),
        ("includedInPrices", Value::Null),
        ("includedInPrices", json!("yes")),
        ("receiptVatCode", json!(100)),
        ("receiptVatCode", json!(0)),
        ("id", json!("another")),
    ];
    let faults = json!({"country": "Atlantis", "region": "  ", "taxCategory": "", "rate": 10_001,
        "includedInPrices": 1, "receiptVatCode": 0, "name": "VAT"});
    let pointers =
        ["/country", "/region", "/taxCategory", "/rate", "/includedInPrices", "/receiptVatCode", "/name"];
    faults_are_named(&TAX, cases, &faults, &pointers).await;
}
