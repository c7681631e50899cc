//! `PATCH /api/v1/webhooks/endpoints/{id}`

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    ALSO_RARE, ENDPOINTS, change, deliveries, delivery_that_is, endpoint, event, listening, register, remove,
    route, tell, unique_type,
};
use crate::harness::{
    customer_with, journal_of, names_the_member_at_fault, operator, patch, wants_a_json_object,
    wants_a_token, wants_the_scope, without,
};

#[tokio::test]
async fn what_changes_is_journalled_by_name() {
    let made = register("https://erp.example.com/", &[&unique_type()]).await;
    let body = json!({"url": "https://erp.example.com/v2?key=hidden", "eventTypes": [ALSO_RARE], "description": "ERP"});
    let changed = change(&made, &body).await.expect(200);
    assert_eq!((&changed["url"], &changed["eventTypes"]), (&body["url"], &body["eventTypes"]));
    assert_eq!((&changed["description"], &changed["version"]), (&json!("ERP"), &json!(2)));
    assert!(changed.get("secret").is_none());
    assert_eq!(endpoint(&made).await, changed);
    // What is so already is no change.
    assert_eq!(change(&made, &body).await.expect(200), changed);
    let unnamed = change(&made, &json!({"description": null})).await.expect(200);
    assert!(unnamed.get("description").is_none());
    let told = journal_of(&format!("webhook-endpoint/{}", made["id"].as_str().unwrap())).await;
    let names: Vec<&Value> = told.iter().skip(1).map(|event| &event["data"]["changed"]).collect();
    assert_eq!(names, [&json!(["url", "eventTypes", "description"]), &json!(["description"])]);
    assert!(told.iter().all(|event| !event.to_string().contains("hidden")));
    remove(&made).await;
}

#[tokio::test]
async fn nothing_is_sent_to_an_endpoint_that_an_operator_disabled() {
    let (receiver, made, kind) = listening().await;
    let off = change(&made, &json!({"enabled": false})).await.expect(200);
    assert_eq!((&off["enabled"], &off["disabledReason"]), (&json!(false), &json!("operator")));
    assert!(off["disabledAt"].is_string());
    tell(&event(&kind)).await;
    assert_eq!(deliveries(&made).await, Vec::<Value>::new());
    let on = change(&made, &json!({"enabled": true})).await.expect(200);
    assert_eq!(without(&without(&on, "updatedAt"), "version"), {
        let first = without(&made, "secret");
        without(&without(&first, "updatedAt"), "version")
    });
    tell(&event(&kind)).await;
    delivery_that_is(&made, "delivered").await;
    assert_eq!(receiver.heard().len(), 1);
    remove(&made).await;
}

/// Changes of different members made at once are all made.
#[tokio::test]
async fn no_change_is_written_over() {
    let made = register("https://erp.example.com/", &[&unique_type()]).await;
    let changes = [
        json!({"url": "https://erp.example.com/v2"}),
        json!({"eventTypes": [ALSO_RARE]}),
        json!({"description": "ERP"}),
        json!({"enabled": false}),
    ];
    for answer in join_all(changes.iter().map(|body| change(&made, body))).await {
        answer.expect(200);
    }
    let now = endpoint(&made).await;
    assert_eq!(now["url"], "https://erp.example.com/v2");
    assert_eq!((&now["eventTypes"], &now["description"]), (&json!([ALSO_RARE]), &json!("ERP")));
    assert_eq!((&now["enabled"], &now["version"]), (&json!(false), &json!(5)));
    assert_eq!(journal_of(&format!("webhook-endpoint/{}", made["id"].as_str().unwrap())).await.len(), 5);
    remove(&made).await;
}

#[tokio::test]
async fn a_member_that_breaks_a_rule_is_named() {
    let (made, keeper) = (register("https://erp.example.com/", &[&unique_type()]).await, operator().await);
    let request = || patch(&route(&made)).bearer_auth(&keeper.token);
    let cases = [
        ("url", json!("http://erp.example.com/")),
        ("url", json!("https://10.0.0.1/")),
        ("url", json!("https://user:password@erp.example.com/")),
        ("eventTypes", json!([])),
        ("enabled", json!("yes")),
        ("description", json!("x".repeat(201))),
        ("id", json!(Uuid::new_v4())),
        ("secret", json!("whsec_x")),
    ];
    names_the_member_at_fault(&json!({"enabled": true}), cases, request).await;
    for body in [json!({"url": null}), json!({"eventTypes": null}), json!({"enabled": null})] {
        change(&made, &body).await.problem(422, "invalid_input");
    }
    let problem = change(&made, &json!({})).await.problem_at(422, "invalid_input", "/url");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 4);
    wants_a_json_object(request).await;
    assert_eq!(endpoint(&made).await, without(&made, "secret"), "nothing changed");
    remove(&made).await;
}

#[tokio::test]
async fn only_who_may_change_endpoints_changes_it() {
    let made = register("https://erp.example.com/", &[&unique_type()]).await;
    let request = || patch(&route(&made)).json(&json!({"enabled": true}));
    wants_a_token(request).await;
    wants_the_scope("webhooks:write", request).await;
    customer_with(&["orders:read"]).await.ask(request()).await.problem(403, "insufficient_scope");
    let nowhere = patch(&format!("{ENDPOINTS}/{}", Uuid::new_v4())).json(&json!({"enabled": true}));
    operator().await.ask(nowhere).await.problem(404, "not_found");
    remove(&made).await;
}
