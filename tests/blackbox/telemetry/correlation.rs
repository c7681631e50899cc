//! One correlation id finds all that a request set off.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::alarms::aws_json;
use crate::harness::{
    PATIENCE, customer, eventually, http, journal_of, post, product, put_in_cart, setting, url,
};

/// The lines of all functions that name `id`, as long as the stack keeps them, by function.
async fn lines_about(id: &str, since: i64) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for context in ["orders", "ordering", "payments", "notifications", "service"] {
        let group = format!("/holdfast/{}/{context}", setting("STACK_NAME"));
        let question =
            json!({"logGroupName": group, "startTime": since, "filterPattern": format!("\"{id}\"")});
        let answer = aws_json("logs", "Logs_20140328.FilterLogEvents", &question).await;
        for event in answer["events"].as_array().unwrap() {
            let Ok(line) = serde_json::from_str::<Value>(event["message"].as_str().unwrap()) else {
                continue;
            };
            let function = line["spans"][0]["function"].as_str().unwrap_or_default();
            let name = function.rsplit('-').next().unwrap_or_default();
            found.push((name.to_owned(), line));
        }
    }
    found
}

#[tokio::test]
async fn the_lines_of_an_order_are_found_by_its_correlation_id() {
    let anna = customer().await;
    put_in_cart(&anna, &product(100, 1).await.sku, 1).await;
    let (id, since) = (format!("t-{}", Uuid::new_v4()), jiff::Timestamp::now().as_millisecond() - 1_000);
    let request = post("/api/v1/orders/checkout").header("x-correlation-id", &id);
    let answer = anna.ask(request).await;
    assert_eq!(answer.header("x-correlation-id"), id);
    let order = answer.expect(201);
    let lines = eventually("lines of all three functions", PATIENCE, || async {
        let lines = lines_about(&id, since).await;
        let functions: BTreeSet<&str> = lines.iter().map(|(function, _)| function.as_str()).collect();
        ["Checkout", "NotifyCustomer", "PublishEvents"]
            .iter()
            .all(|name| functions.contains(name))
            .then_some(lines)
    })
    .await;
    let of = |function: &str| &lines.iter().find(|(name, _)| name == function).unwrap().1;
    let checkout = of("Checkout");
    assert_eq!(checkout["correlation_id"], id);
    assert_eq!(checkout["route"], "POST /api/v1/orders/checkout");
    assert_eq!(checkout["status"], 201);
    for (function, line) in lines.iter().filter(|(_, line)| line.get("duration_ms").is_some()) {
        for field in ["duration_ms", "cold_start", "request_id", "trace_id", "dynamo_calls", "conflicts"] {
            assert!(line.get(field).is_some(), "{function} does not say {field}: {line}");
        }
    }
    // The event carries the trace of the request that made it.
    let told = journal_of(&format!("order/{}", order["id"].as_str().unwrap())).await;
    let traceparent = told[0]["traceparent"].as_str().unwrap();
    let trace = checkout["trace_id"].as_str().unwrap().strip_prefix("1-").unwrap().replace('-', "");
    assert_eq!(traceparent.split('-').nth(1), Some(trace.as_str()), "{told:?}");
}

#[tokio::test]
async fn what_goes_wrong_in_a_request_is_told_with_its_correlation_id() {
    let (id, since) = (format!("t-{}", Uuid::new_v4()), jiff::Timestamp::now().as_millisecond() - 1_000);
    let path = url("/api/v1/orders/me");
    let answer = http().get(path).header("x-correlation-id", &id).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let lines = eventually("the line", PATIENCE, || async {
        Some(lines_about(&id, since).await).filter(|lines| !lines.is_empty())
    })
    .await;
    assert_eq!(lines.len(), 1, "one line a request: {lines:?}");
    assert_eq!((&lines[0].1["status"], &lines[0].1["level"]), (&json!(401), &json!("INFO")));
}
