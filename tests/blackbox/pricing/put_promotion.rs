//! `PUT /api/v1/admin/promotions/{id}`

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::settings::{
    PROMOTION, faults_are_named, ids_have_a_form, is_changed_only_at_the_version_that_is_named,
    is_created_and_replaced, needs_the_scope, room, unique_id,
};
use crate::harness::{put, wants_the_scope};

#[tokio::test]
async fn it_is_created_and_replaced() {
    is_created_and_replaced(&PROMOTION).await;
}

#[tokio::test]
async fn it_is_changed_only_at_the_version_that_is_named() {
    is_changed_only_at_the_version_that_is_named(&PROMOTION).await;
}

#[tokio::test]
async fn it_needs_the_scope_and_an_id() {
    let _room = room().await;
    let id = unique_id();
    let details = (PROMOTION.details)(&id);
    needs_the_scope(201, || put(&PROMOTION.of(&id)).json(&details)).await;
    PROMOTION.remove(&id).await;
    ids_have_a_form(&PROMOTION, |path| put(path).json(&details)).await;
    // Who may not do it does not hear what is wrong with it either.
    wants_the_scope("pricing:write", || put(&PROMOTION.of(&id)).json(&json!({}))).await;
}

#[tokio::test]
async fn a_code_is_of_one_promotion_in_any_case() {
    let (id, created) = PROMOTION.create().await;
    let code = &created.body["code"];
    let other = unique_id();
    let mut body = (PROMOTION.details)(&other);
    for spelling in [code.clone(), json!(format!(" {} ", code.as_str().unwrap().to_lowercase()))] {
        body["code"] = spelling;
        let refused = PROMOTION.put(&other, &body).await.problem_at(422, "invalid_input", "/code");
        let detail = format!("is the code of the promotion {id}; choose another");
        assert_eq!(refused["errors"][0]["detail"], detail);
    }
    body["code"] = json!(format!(" {} ", other.to_lowercase()));
    assert_eq!(PROMOTION.put(&other, &body).await.expect(201)["code"], other.to_uppercase());
    // It is free once its promotion is gone.
    PROMOTION.remove(&id).await;
    body["code"] = code.clone();
    PROMOTION.put(&other, &body).await.expect(200);
    PROMOTION.remove(&other).await;
}

#[tokio::test]
async fn of_promotions_with_one_code_at_one_instant_one_is_created() {
    let (code, ids) = (unique_id(), (0..10).map(|_| unique_id()).collect::<Vec<_>>());
    let create = async |id: &String| {
        let answer = PROMOTION.put(id, &(PROMOTION.details)(&code)).await;
        if answer.status != 201 {
            answer.clone().problem_at(422, "invalid_input", "/code");
        }
        (id.clone(), answer.status)
    };
    let made = join_all(ids.iter().map(create)).await;
    let created: Vec<_> = made.iter().filter(|(_, status)| *status == 201).collect();
    assert_eq!(created.len(), 1, "{made:?}");
    PROMOTION.remove(&created[0].0).await;
}

#[tokio::test]
async fn promotions_at_one_instant_all_land() {
    let ids: Vec<String> = (0..20).map(|_| unique_id()).collect();
    let create = async |id: &String| PROMOTION.put(id, &(PROMOTION.details)(id)).await.expect(201);
    let made = join_all(ids.iter().map(create)).await;
    let versions: BTreeSet<u64> = made.iter().map(|one| one["version"].as_u64().unwrap()).collect();
    assert_eq!(versions.len(), ids.len(), "each has a version of its own");
    let listed = PROMOTION.all(100).await;
    for one in &made {
        assert!(listed.contains(one), "{one}");
    }
    join_all(ids.iter().map(|id| PROMOTION.remove(id))).await;
}

#[tokio::test]
async fn what_is_left_out_gets_its_default() {
    let id = unique_id();
    let short = json!({"kind": "free_shipping", "code": id});
    let answered = PROMOTION.put(&id, &short).await.expect(201);
    let expected = json!({
        "id": id, "version": answered["version"], "code": id.to_uppercase(), "kind": "free_shipping",
        "conditions": {"firstOrder": false}, "stackable": false,
    });
    assert_eq!(answered, expected);
    PROMOTION.remove(&id).await;
}

#[tokio::test]
async fn every_faulty_member_is_named() {
    let cases = vec![
        ("code", json!("two words")),
        ("code", json!("x".repeat(41))),
        ("kind", Value::Null),
        ("kind", json!("gift")),
        ("value", Value::Null),
        ("value", json!(10_001)),
        ("currency", Value::Null),
        ("currency", json!("XXX")),
        ("buyQuantity", json!(1)),
        ("startsAt", json!("tomorrow")),
        ("endsAt", json!("2026-03-01T00:00:00.000Z")),
        ("usageLimit", json!(0)),
        ("usageLimitPerCustomer", json!(1_000_000_001)),
        ("stackable", json!("yes")),
        ("id", json!("another")),
    ];
    let faults = json!({
        "code": "?", "kind": "buy_x_get_y", "value": 0, "buyQuantity": 1_001,
        "conditions": {"minSubtotal": -1, "productIds": ["a b"], "categories": [" tea"], "lastOrder": true},
        "startsAt": "2026-03-02T00:00:00Z", "endsAt": "2026-03-02T03:00:00+03:00", "usageLimit": 0,
    });
    let pointers = [
        "/code",
        "/value",
        "/currency",
        "/buyQuantity",
        "/getQuantity",
        "/conditions/minSubtotal",
        "/conditions/productIds/0",
        "/conditions/categories/0",
        "/conditions/lastOrder",
        "/endsAt",
        "/usageLimit",
    ];
    faults_are_named(&PROMOTION, cases, &faults, &pointers).await;
}
