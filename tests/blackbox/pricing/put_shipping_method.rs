//! `PUT /api/v1/admin/shipping-methods/{id}`

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::settings::{
    ROOM, SHIPPING, faults_are_named, ids_have_a_form, is_changed_only_at_the_version_that_is_named,
    is_created_and_replaced, needs_the_scope, room, unique_id,
};
use crate::harness::{put, wants_the_scope, without};

/// The most shipping methods.
const MAX_SHIPPING_METHODS: usize = 100;
/// Requests at a time.
const PARALLEL: usize = 4;

#[tokio::test]
async fn it_is_created_and_replaced() {
    is_created_and_replaced(&SHIPPING).await;
}

#[tokio::test]
async fn it_is_changed_only_at_the_version_that_is_named() {
    is_changed_only_at_the_version_that_is_named(&SHIPPING).await;
}

#[tokio::test]
async fn it_needs_the_scope_and_an_id() {
    let _room = room().await;
    let id = unique_id();
    let details = (SHIPPING.details)(&id);
    needs_the_scope(201, || put(&SHIPPING.of(&id)).json(&details)).await;
    SHIPPING.remove(&id).await;
    ids_have_a_form(&SHIPPING, |path| put(path).json(&details)).await;
    // Who may not do it does not hear what is wrong with it either.
    wants_the_scope("pricing:write", || put(&SHIPPING.of(&id)).json(&json!({}))).await;
}

#[tokio::test]
async fn what_is_left_out_gets_its_default() {
    let _room = room().await;
    let id = unique_id();
    let short = json!({
        "name": {"en": "Parcel"}, "zones": [{"countries": ["IS"]}], "currency": "ISK", "rateBy": "subtotal",
        "rates": [{"price": 0}], "minDays": 0, "maxDays": 0,
    });
    SHIPPING.put(&id, &(SHIPPING.details)(&id)).await.expect(201);
    let mut expected = short.clone();
    expected["isActive"] = json!(true);
    let mut answered = SHIPPING.put(&id, &short).await.expect(200);
    for added in ["id", "version"] {
        answered = without(&answered, added);
    }
    assert_eq!(answered, expected);
    SHIPPING.remove(&id).await;
}

#[tokio::test]
async fn places_are_stored_in_one_form() {
    let _room = room().await;
    let id = unique_id();
    let mut body = (SHIPPING.details)(&id);
    body["zones"] =
        json!([{"countries": ["US"], "regions": [" us-ca ", "ny"], "postalPrefixes": ["90-2 1"]}]);
    let answered = SHIPPING.put(&id, &body).await.expect(201);
    let expected = json!([{"countries": ["US"], "regions": ["CA", "NY"], "postalPrefixes": ["9021"]}]);
    assert_eq!(answered["zones"], expected);
    SHIPPING.remove(&id).await;
}

#[tokio::test]
async fn every_faulty_member_is_named() {
    let cases = vec![
        ("name", Value::Null),
        ("name", json!({})),
        ("name", json!("Parcel")),
        ("zones", json!([])),
        ("currency", json!("XXX")),
        ("rateBy", json!("volume")),
        ("rates", json!([])),
        ("freeFrom", json!(-1)),
        ("minDays", json!(366)),
        ("maxDays", json!(0)),
        ("maxDays", json!("3")),
        ("isActive", json!("yes")),
        ("id", json!("another")),
        ("version", json!(1)),
    ];
    let faults = json!({
        "name": {"en": "Two\nlines", "ENGLISH": "Parcel", "ru": null},
        "zones": [{"countries": []}, {"countries": ["DE", "ZZ"], "regions": ["BY"]}, {"countries": ["US"], "postalPrefixes": ["?"]}],
        "currency": "EUR", "rateBy": "weight",
        "rates": [{"price": 1}, {"upTo": 5, "price": -1}, {"upTo": 5, "price": 1}],
        "freeFrom": 1_000_000_000_000_001_i64, "minDays": 3, "maxDays": 2,
    });
    let pointers = [
        "/name/en",
        "/name/ENGLISH",
        "/name/ru",
        "/zones/0/countries",
        "/zones/1/countries/1",
        "/zones/1/regions",
        "/zones/2/postalPrefixes/0",
        "/rates/0/upTo",
        "/rates/1/price",
        "/rates/2/upTo",
        "/freeFrom",
        "/maxDays",
    ];
    faults_are_named(&SHIPPING, cases, &faults, &pointers).await;
}

#[tokio::test]
async fn there_are_never_more_than_there_may_be() {
    let _alone = ROOM.write().await;
    let free = MAX_SHIPPING_METHODS - SHIPPING.all(100).await.len();
    let ids: Vec<String> = (0..free + 3).map(|_| unique_id()).collect();
    let create = async |id: &String| {
        let answer = SHIPPING.put(id, &(SHIPPING.details)(id)).await;
        if answer.status != 201 {
            let refused = answer.clone().problem(409, "too_many_settings");
            assert_eq!(refused["detail"], "There are 100 shipping methods already; remove one first.");
        }
        (id.clone(), answer.status)
    };
    let made: Vec<(String, u16)> = stream::iter(&ids).map(create).buffer_unordered(PARALLEL).collect().await;
    let created: Vec<String> =
        made.into_iter().filter(|(_, status)| *status == 201).map(|(id, _)| id).collect();
    // A test of all bodies may have one or two for a moment.
    assert!((free - 2..=free).contains(&created.len()), "{} of {free}", created.len());
    assert!(SHIPPING.all(100).await.len() <= MAX_SHIPPING_METHODS);
    let mut changed = (SHIPPING.details)(&created[0]);
    changed["maxDays"] = json!(9);
    SHIPPING.put(&created[0], &changed).await.expect(200);
    let removed = stream::iter(&created).map(|id| SHIPPING.remove(id)).buffer_unordered(PARALLEL);
    removed.collect::<Vec<()>>().await;
}
