//! `GET /api/v1/webhooks/endpoints/{id}/deliveries`

use serde_json::Value;
use uuid::Uuid;

use super::{ENDPOINTS, deliveries, event, listening, register, remove, route, tell, unique_type};
use crate::harness::{
    PATIENCE, customer_with, eventually, get, members, operator, wants_a_token, wants_the_scope,
};

#[tokio::test]
async fn what_was_sent_is_listed_newest_first_in_pages() {
    let (_receiver, made, kind) = listening().await;
    let mut told = Vec::new();
    for _ in 0..5 {
        let event = event(&kind);
        tell(&event).await;
        told.push(event["id"].clone());
    }
    told.reverse();
    let log = eventually("five deliveries", PATIENCE, || async {
        let log = deliveries(&made).await;
        let done = log.iter().filter(|one| one["status"] == "delivered").count();
        (done == 5).then_some(log)
    })
    .await;
    assert_eq!(log.iter().map(|one| one["eventId"].clone()).collect::<Vec<_>>(), told);
    let wanted = ["attempts", "createdAt", "endedAt", "eventId", "eventType", "id", "status"];
    assert_eq!(members(&log[0]), wanted);
    assert_eq!(log[0]["eventType"], kind);
    let attempt = &log[0]["attempts"][0];
    assert_eq!(members(attempt), ["at", "durationMs", "statusCode"]);
    assert_eq!(attempt["statusCode"], 200);

    let (keeper, mut found, mut cursor): (_, Vec<Value>, _) = (operator().await, Vec::new(), String::new());
    loop {
        let page = keeper.ask(get(&format!("{}/deliveries?limit=2{cursor}", route(&made)))).await.expect(200);
        assert!(page["items"].as_array().unwrap().len() <= 2);
        found.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, log);
    remove(&made).await;
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_endpoint_alone() {
    let (_receiver, made, kind) = listening().await;
    for _ in 0..2 {
        tell(&event(&kind)).await;
    }
    let other = register("https://erp.example.com/", &[&unique_type()]).await;
    let keeper = operator().await;
    let page = keeper.ask(get(&format!("{}/deliveries?limit=1", route(&made)))).await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    let foreign = get(&format!("{}/deliveries?cursor={cursor}", route(&other)));
    keeper.ask(foreign).await.problem_at(400, "invalid_parameter", "/query/cursor");
    assert_eq!(deliveries(&other).await, Vec::<Value>::new());
    for endpoint in [made, other] {
        remove(&endpoint).await;
    }
}

#[tokio::test]
async fn whoever_reads_or_changes_orders_sees_them() {
    let made = register("https://erp.example.com/", &[&unique_type()]).await;
    let path = format!("{}/deliveries", route(&made));
    wants_a_token(|| get(&path)).await;
    wants_the_scope("orders:read", || get(&path)).await;
    for scope in ["orders:read", "webhooks:write"] {
        customer_with(&[scope]).await.ask(get(&path)).await.expect(200);
    }
    let nowhere = format!("{ENDPOINTS}/{}/deliveries", Uuid::new_v4());
    operator().await.ask(get(&nowhere)).await.problem(404, "not_found");
    remove(&made).await;
}
