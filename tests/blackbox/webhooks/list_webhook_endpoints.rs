//! `GET /api/v1/webhooks/endpoints`

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ENDPOINTS, register, remove, unique_type};
use crate::harness::{Answer, customer_with, get, operator, wants_a_token, wants_the_scope};

/// Every endpoint, in pages of `limit`; other tests register and remove theirs meanwhile.
async fn all(limit: usize) -> Vec<Value> {
    let (keeper, mut found, mut cursor) = (operator().await, Vec::new(), String::new());
    loop {
        let path = format!("{ENDPOINTS}?limit={limit}{cursor}");
        let page = keeper.ask(get(&path)).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        found.extend(items.clone());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn endpoints_are_listed_oldest_first_in_pages_without_their_secrets() {
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(register("https://erp.example.com/", &[&unique_type()]).await);
    }
    for limit in [2, 100] {
        let found = all(limit).await;
        let ids: Vec<&str> = found.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "none twice");
        let at = |one: &Value| ids.iter().position(|id| *id == one["id"]).unwrap();
        assert!(at(&made[0]) < at(&made[1]) && at(&made[1]) < at(&made[2]), "{ids:?}");
        assert!(found.iter().all(|one| one.get("secret").is_none()), "{found:?}");
    }
    for one in &made {
        remove(one).await;
    }
    assert!(!all(100).await.iter().any(|one| one["id"] == made[0]["id"]));
}

#[tokio::test]
async fn nonsense_is_named() {
    let keeper = operator().await;
    for (query, pointer) in
        [("limit=0", "/query/limit"), ("limit=101", "/query/limit"), ("cursor=x", "/query/cursor")]
    {
        let answer = keeper.ask(get(&format!("{ENDPOINTS}?{query}"))).await;
        answer.problem_at(400, "invalid_parameter", pointer);
    }
}

#[tokio::test]
async fn whoever_reads_or_changes_orders_sees_them() {
    wants_a_token(|| get(ENDPOINTS)).await;
    wants_the_scope("orders:read", || get(ENDPOINTS)).await;
    for scope in ["orders:read", "webhooks:write"] {
        customer_with(&[scope]).await.ask(get(ENDPOINTS)).await.expect(200);
    }
    let other: Answer = customer_with(&["stock:write"]).await.ask(get(ENDPOINTS)).await;
    other.problem(403, "insufficient_scope");
}
