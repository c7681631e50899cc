//! What a person types against a running stack, on the stack under test: `make invoke`, `make expire`, `make reconcile`, and the README's first order.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::harness::{
    PATIENCE, customer, eventually, get, place_order, product, request_event, set_text, setting, stack_tool,
    unique_sku,
};

fn run(arguments: &[&str]) -> Output {
    stack_tool(arguments).output().unwrap()
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Invokes `function` on its sample or on `event`: its exit code, its answer, and what it logged.
fn invoke(function: &str, event: Option<&Path>) -> (Option<i32>, Value, Vec<Value>) {
    let mut arguments = vec!["invoke", "--function", function];
    if let Some(file) = event {
        arguments.extend(["--event", file.to_str().unwrap()]);
    }
    let output = run(&arguments);
    let (told, complaint) = said(&output);
    let mut values = serde_json::Deserializer::from_str(&told)
        .into_iter()
        .map(|value| value.unwrap_or_else(|error| panic!("{function}: {error} in {told}{complaint}")));
    let answer = values.next().unwrap_or_else(|| panic!("{function} said nothing: {complaint}"));
    (output.status.code(), answer, values.collect())
}

/// A file that is gone when the test ends.
struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What `command` printed of `function`'s answer.
fn answer_of(command: &str, function: &str) -> Value {
    let output = run(&[command, "--stage", "local"]);
    let (told, complaint) = said(&output);
    assert!(output.status.success(), "{told}{complaint}");
    let line = told.lines().find(|line| line.starts_with(function)).unwrap_or_else(|| panic!("{told}"));
    serde_json::from_str(line.trim_start_matches(function).trim()).unwrap()
}

#[tokio::test]
async fn a_function_of_each_kind_runs_on_its_sample_without_docker() {
    let gives_back = json!([{"itemIdentifier": "059f36b4-87a3-44ab-83d2-661975830a7d"}]);
    for (kind, function, member, expected) in [
        ("HTTP", "ListProducts", "statusCode", Some(json!(200))),
        ("queue", "ExpireOrder", "batchItemFailures", Some(gives_back)),
        ("stream", "PublishEvents", "batchItemFailures", Some(json!([]))),
        ("schedule", "SweepExpiredOrders", "queued", None),
        ("direct", "CreateClient", "clientSecret", None),
    ] {
        let (code, answer, log) = invoke(function, None);
        assert_eq!(code, Some(0), "{kind}: {answer}");
        let got = answer.get(member).unwrap_or_else(|| panic!("{kind}: {answer}"));
        assert!(expected.is_none_or(|expected| *got == expected), "{kind}: {answer}");
        if function == "ListProducts" {
            assert!(
                answer["body"]["items"][0].is_object(),
                "the sample finds nothing in the catalog: {answer}"
            );
        }
        let name = format!("{}-{function}", setting("STACK_NAME"));
        assert!(log.iter().any(|line| line["spans"][0]["function"] == name), "{kind}: {log:?}");
    }
}

#[tokio::test]
async fn an_event_of_ones_own_is_answered_from_the_stacks_tables() {
    let anna = customer().await;
    let order = place_order(&anna, &product(5_000, 1).await, 1).await;
    let id = order["id"].as_str().unwrap();
    let headers = json!({"authorization": format!("Bearer {}", anna.token)});
    let event = request_event("GET /api/v1/orders/{id}", id, &headers, &Value::Null);
    let file = File(std::env::temp_dir().join(format!("holdfast-{}.json", unique_sku())));
    std::fs::write(&file.0, event.to_string()).unwrap();
    let (code, answer, _) = invoke("GetOrder", Some(&file.0));
    assert_eq!((code, &answer["statusCode"]), (Some(0), &json!(200)), "{answer}");
    assert_eq!(answer["body"]["number"], order["number"], "a body of JSON is shown as JSON");
}

#[test]
fn what_fails_is_said_and_ends_badly() {
    let (code, answer, _) = invoke("RepairStockDrift", None);
    assert_eq!((code, &answer["errorType"]), (Some(1), &json!("not_found")));
    for (function, event, words) in [
        ("GtOrder", "", "there is no function GtOrder"),
        ("GtOrder", "", "GetOrder"),
        ("", "", "no function is named"),
        ("GetOrder", "/nowhere.json", "/nowhere.json is no event"),
    ] {
        let output = run(&["invoke", "--function", function, "--event", event]);
        let (_, complaint) = said(&output);
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(complaint.contains(words), "{complaint}");
        assert!(!complaint.contains("Traceback"), "{complaint}");
    }
}

#[tokio::test]
async fn overdue_orders_are_cancelled_when_somebody_says_so() {
    let anna = customer().await;
    let order = place_order(&anna, &product(5_000, 1).await, 1).await;
    let id = order["id"].as_str().unwrap();
    for attribute in ["expiresAt", "expiryKey"] {
        let past = "2026-01-01T00:00:00.000Z";
        set_text("ORDERS_TABLE", &format!("ORDER#{id}"), "ORDER", attribute, past).await;
    }
    assert!(answer_of("expire", "SweepExpiredOrders")["queued"].is_u64());
    assert!(answer_of("expire", "SweepExpiredReservations")["queued"].is_u64());
    eventually("the order to be cancelled", PATIENCE, || async {
        let order = anna.ask(get(&format!("/api/v1/orders/{id}"))).await.expect(200);
        (order["status"] == "cancelled").then_some(())
    })
    .await;
}

#[test]
fn payments_are_asked_about_and_stock_is_recounted_when_somebody_says_so() {
    assert!(answer_of("reconcile", "SweepOpenPayments")["queued"].is_u64());
    assert!(answer_of("reconcile", "CheckStockDrift")["rows"].as_u64().unwrap() > 0);
}

#[test]
fn the_first_order_of_the_readme_is_paid() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("README.md");
    let page = std::fs::read_to_string(readme).unwrap();
    let (_, below) = page.split_once("## A first order\n").unwrap();
    let (section, _) = below.split_once("\n## ").unwrap();
    let lines: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let (environment, requests) = lines.split_first().unwrap();
    // The stack under test has its address in the environment, and no `.stack/env`.
    assert!(environment.contains(". .stack/env"), "{environment}");
    let script = requests.join("\n");
    let output =
        Command::new("sh").args(["-ec", &script]).env("API_URL", setting("API_URL")).output().unwrap();
    let (told, complaint) = said(&output);
    assert!(output.status.success(), "{told}{complaint}");
    let order: Value = serde_json::from_str(told.lines().last().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error} in {told}{complaint}"));
    assert_eq!(order["items"][0]["status"], "paid", "{told}{complaint}");
}
