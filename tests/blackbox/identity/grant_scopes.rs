//! Giving an account its scopes. It has no route: a caller that IAM allows invokes the function.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Person, SCOPES, claims, customer, details, get, invoke, put, unique_email, unique_phone, unique_sku,
};

async fn grant(order: &Value) -> Result<Value, Value> {
    invoke("GrantScopes", order).await
}

/// What a token of the account says now.
async fn scopes(person: &Person) -> String {
    claims(&person.elsewhere().await.token)["scope"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_account_is_named_by_its_id_or_by_either_login() {
    let anna = customer().await;
    let spelt = [
        json!({"userId": anna.id}),
        json!({"email": anna.email.to_uppercase()}),
        json!({"phone": anna.phone}),
    ];
    for (order, scope) in spelt.into_iter().zip(["orders:read", "catalog:write", "loms"]) {
        let mut order = order;
        order["scopes"] = json!([scope]);
        assert_eq!(scopes_of(&grant(&order).await.unwrap()), [scope]);
        assert_eq!(scopes(&anna).await, scope, "what was granted before is replaced");
    }
}

#[tokio::test]
async fn scopes_come_in_one_order_and_once() {
    let anna = customer().await;
    let mut asked: Vec<&str> = SCOPES.iter().rev().copied().collect();
    asked.push("loms");
    let order = json!({"userId": anna.id, "scopes": asked});
    let granted =
        |before: &[&str]| json!({"userId": anna.id, "before": before, "scopes": SCOPES, "verified": false});
    assert_eq!(grant(&order).await.unwrap(), granted(&[]));
    assert_eq!(grant(&order).await.unwrap(), granted(&SCOPES), "a repeated order changes nothing");
    assert_eq!(scopes(&anna).await, SCOPES.join(" "));
    grant(&json!({"userId": anna.id, "scopes": []})).await.unwrap();
    assert_eq!(scopes(&anna).await, "");
}

fn scopes_of(granted: &Value) -> Vec<&str> {
    granted["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap()).collect()
}

#[tokio::test]
async fn scopes_are_added_and_removed_without_the_others() {
    let anna = customer().await;
    grant(&json!({"userId": anna.id, "scopes": ["orders:read"]})).await.unwrap();
    let granted = grant(&json!({"userId": anna.id, "add": ["loms", "stock:write"]})).await.unwrap();
    assert_eq!(
        (&granted["before"], scopes_of(&granted)),
        (&json!(["orders:read"]), vec!["orders:read", "stock:write", "loms"])
    );
    let granted = grant(&json!({"userId": anna.id, "remove": ["stock:write"]})).await.unwrap();
    assert_eq!(scopes_of(&granted), ["orders:read", "loms"]);
    assert_eq!(scopes(&anna).await, "orders:read loms");
}

/// An operator may vouch for the login that names the account: it counts as proved, and an unproved one goes.
#[tokio::test]
async fn an_operator_vouches_for_a_login() {
    let anna = customer().await;
    let order = json!({"email": anna.email, "add": ["loms"], "verified": true});
    assert_eq!(grant(&order).await.unwrap()["verified"], true);
    let me = anna.ask(get("/api/v1/users/me")).await.expect(200);
    assert_eq!((&me["emailVerified"], me.get("phone")), (&json!(true), None));
    let refused = grant(&json!({"userId": anna.id, "add": ["loms"], "verified": true})).await.unwrap_err();
    assert_eq!(refused["errorType"], "invalid_input");
}

#[tokio::test]
async fn a_scope_opens_what_it_is_for_from_the_next_token_on() {
    let anna = customer().await;
    let request = || put(&format!("/api/v1/products/{}", unique_sku())).json(&details(100));
    anna.ask(request()).await.problem(403, "insufficient_scope");
    grant(&json!({"userId": anna.id, "scopes": ["catalog:write"]})).await.unwrap();
    anna.ask(request()).await.problem(403, "insufficient_scope");
    anna.elsewhere().await.ask(request()).await.expect(200);
}

#[tokio::test]
async fn nobody_is_granted_anything_who_does_not_exist() {
    for account in [
        json!({"userId": Uuid::new_v4()}),
        json!({"email": unique_email()}),
        json!({"phone": unique_phone()}),
    ] {
        let mut order = account;
        order["scopes"] = json!(["loms"]);
        let refused = grant(&order).await.unwrap_err();
        assert_eq!(refused["errorType"], "not_found", "{order}");
        assert_eq!(refused["errorMessage"], "There is no such account.");
    }
}

#[tokio::test]
async fn an_order_that_is_not_understood_says_why_and_changes_nothing() {
    let anna = customer().await;
    grant(&json!({"userId": anna.id, "scopes": ["loms"]})).await.unwrap();
    let id = &anna.id;
    for (order, why) in [
        (json!({"userId": id, "scopes": ["orders:read", "everything"]}), "everything"),
        (json!({"userId": id, "scopes": ["ORDERS:READ"]}), "ORDERS:READ"),
        (json!({"userId": id, "scopes": "orders:read"}), "a sequence"),
        (json!({"userId": id}), "scopes, add or remove"),
        (json!({"userId": id, "scopes": [], "add": ["loms"]}), "together"),
        (json!({"userId": id, "add": ["everything"]}), "everything"),
        (json!({"userId": id, "email": anna.email, "scopes": []}), "exactly one"),
        (json!({"scopes": []}), "exactly one"),
        (json!({"userId": "7", "scopes": []}), "UUID"),
        (json!({"email": "anna", "scopes": []}), "email address"),
        (json!({"phone": "seven", "scopes": []}), "phone number"),
        (json!({"userId": id, "scopes": [], "role": "admin"}), "role"),
        (json!([id, []]), "object"),
        (Value::Null, "object"),
    ] {
        let refused = grant(&order).await.unwrap_err();
        assert_eq!(refused["errorType"], "invalid_input", "{order}: {refused}");
        assert!(refused["errorMessage"].as_str().unwrap().contains(why), "{order}: {refused}");
    }
    assert_eq!(scopes(&anna).await, "loms");
}
