//! `GET /api/v1/admin/orders/counts`

use serde_json::{Value, json};

use crate::harness::{
    Person, customer, customer_with, get, pay_for, place_order, post, product, wants_a_token, wants_the_scope,
};

const PATH: &str = "/api/v1/admin/orders/counts";

/// Orders that are counted, over all hours: all of them, those paid and those cancelled.
fn totals(counts: &Value) -> (u64, u64, u64) {
    let hours = counts["hours"].as_array().unwrap();
    let sum = |status: &str| hours.iter().map(|hour| hour["byStatus"][status].as_u64().unwrap()).sum::<u64>();
    let all = hours.iter().flat_map(|hour| hour["byStatus"].as_object().unwrap().values());
    (all.map(|count| count.as_u64().unwrap()).sum(), sum("paid"), sum("cancelled"))
}

async fn counts(clerk: &Person, query: &str) -> Value {
    clerk.ask(get(&format!("{PATH}{query}"))).await.expect(200)
}

#[tokio::test]
async fn orders_are_counted_by_what_they_are_now() {
    let (anna, clerk) = (customer().await, customer_with(&["orders:read"]).await);
    let kettle = product(300, 9).await;
    let before = totals(&counts(&clerk, "").await);
    pay_for(&anna, &kettle, 1).await;
    let cancelled = place_order(&anna, &kettle, 1).await;
    anna.ask(post(&format!("/api/v1/orders/{}/cancel", cancelled["number"]))).await.expect(200);
    place_order(&anna, &kettle, 1).await;
    let after = totals(&counts(&clerk, "").await);
    // Other tests place orders meanwhile, and move them on.
    assert!(after.0 >= before.0 + 3, "{before:?} {after:?}");
    assert!(after.1 > 0 && after.2 > 0, "{after:?}");
}

#[tokio::test]
async fn the_hours_are_those_of_the_clock_up_to_this_one() {
    let clerk = customer_with(&["orders:read"]).await;
    for (query, hours) in [("", 12), ("?hours=1", 1), ("?hours=48", 48)] {
        let counts = counts(&clerk, query).await;
        assert_eq!(counts["complete"], true);
        let told = counts["hours"].as_array().unwrap();
        assert_eq!(told.len(), hours, "{query}");
        assert_eq!(told[0]["from"], counts["from"]);
        let starts: Vec<jiff::Timestamp> =
            told.iter().map(|hour| hour["from"].as_str().unwrap().parse().unwrap()).collect();
        assert!(starts.iter().all(|start| start.as_second() % 3_600 == 0), "{starts:?}");
        assert!(starts.windows(2).all(|pair| pair[1].as_second() - pair[0].as_second() == 3_600));
        let to: jiff::Timestamp = counts["to"].as_str().unwrap().parse().unwrap();
        assert!((0..3_600).contains(&(to.as_second() - starts.last().unwrap().as_second())), "{counts}");
        let names: Vec<&String> = told[0]["byStatus"].as_object().unwrap().keys().collect();
        let mut all =
            ["awaiting_payment", "cancelled", "confirmed", "delivered", "failed", "new", "paid", "shipped"];
        all.sort_unstable();
        assert_eq!(json!(names), json!(all), "none is left out");
    }
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let clerk = customer_with(&["orders:read"]).await;
    for hours in ["0", "49", "-1", "1.5", "many", ""] {
        let answer = clerk.ask(get(&format!("{PATH}?hours={hours}"))).await;
        answer.problem_at(400, "invalid_parameter", "/query/hours");
    }
}

#[tokio::test]
async fn only_readers_of_orders_may_look() {
    wants_a_token(|| get(PATH)).await;
    wants_the_scope("orders:read", || get(PATH)).await;
    let writer = customer_with(&["orders:write", "payments:write"]).await;
    writer.ask(get(PATH)).await.problem(403, "insufficient_scope");
}
