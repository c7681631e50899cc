//! What the gateway writes of each request, and what a function writes of a login that failed: together they tell who tried what from where.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::alarms::aws_json;
use crate::harness::{Answer, PATIENCE, customer, eventually, get, post, secret, setting};

/// A line of the log group `name` of the stack that holds `text`.
async fn line(name: &str, text: &str) -> Value {
    let group = format!("/holdfast/{}/{name}", setting("STACK_NAME"));
    let question = json!({"logGroupName": group, "filterPattern": format!("\"{text}\"")});
    eventually(&format!("{text} in the log of {name}"), PATIENCE, || async {
        let page = aws_json("logs", "Logs_20140328.FilterLogEvents", &question).await;
        let events = page["events"].as_array()?.clone();
        let message =
            events.iter().find_map(|event| event["message"].as_str().filter(|line| line.contains(text)))?;
        Some(serde_json::from_str(message).unwrap())
    })
    .await
}

#[tokio::test]
async fn every_request_is_in_the_access_log_by_its_route() {
    let answer = Answer::to(get("/api/v1/products?limit=1&cursor=nonsense")).await;
    let logged = line("access", answer.header("x-request-id")).await;
    assert_eq!(logged["status"], answer.status.to_string());
    assert_eq!((&logged["method"], &logged["route"]), (&json!("GET"), &json!("GET /api/v1/products")));
    assert!(logged["source_address"].as_str().unwrap().parse::<std::net::IpAddr>().is_ok(), "{logged}");
    assert!(!logged.to_string().contains("nonsense"), "{logged}");
}

/// A quote would end a text of the line, and what follows would be read as members of it.
#[tokio::test]
async fn a_stranger_writes_no_member_of_the_line() {
    let forged = "x%22,%22source_address%22:%22203.0.113.9%22,%22forged%22:%22yes";
    let answer = Answer::to(get(&format!("/api/v1/products/{forged}?q={forged}"))).await;
    let logged = line("access", answer.header("x-request-id")).await;
    assert!(logged.get("forged").is_none(), "{logged}");
    assert_ne!(logged["source_address"], "203.0.113.9");
}

/// As `make failed-logins` finds it: by a hash that only who holds the stack's key can make.
#[tokio::test]
async fn a_failed_login_is_found_by_who_knows_the_login_and_holds_the_key() {
    let anna = customer().await;
    let body = json!({"email": anna.email, "password": "not her password"});
    let answer = Answer::to(post("/api/v1/auth/login/email").json(&body)).await;
    let tried = answer.header("x-request-id").to_owned();
    answer.problem(401, "invalid_credentials");
    let key = secret("LogInByEmail", "LOGIN_HASH_SECRET_ARN").await;
    let login = format!("email:{}", anna.email.to_lowercase());
    let hash =
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(login).finalize().into_bytes();
    let shown = hex::encode(&hash[..16]);
    let logged = line("identity", &shown).await;
    assert_eq!(logged["why"], "credentials");
    assert!(!logged.to_string().contains(&anna.email), "{logged}");
    let spans = logged["spans"].as_array().unwrap();
    let request = spans.iter().find_map(|span| span["request_id"].as_str()).unwrap();
    assert_eq!(request, tried);
    line("access", request).await;
}
