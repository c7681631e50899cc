//! `POST /api/v1/webhooks/endpoints`

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ALSO_RARE, ENDPOINTS, RARE, endpoint, register, remove, route, unique_type, wish};
use crate::harness::{
    Answer, customer_with, everything_in, get, item, journal_of, names_the_member_at_fault, operator, post,
    wants_a_json_object, wants_a_token, wants_the_scope, without,
};

const ELSEWHERE: &str = "https://erp.example.com:8443/hooks?key=hidden-from-the-journal";

#[tokio::test]
async fn an_endpoint_is_registered_and_the_journal_tells_of_it() {
    let mut body = wish(ELSEWHERE, &[RARE, ALSO_RARE, RARE]);
    body["description"] = json!("  ERP в Москве  ");
    let made = operator().await.ask(post(ENDPOINTS).json(&body)).await.expect(201);
    assert_eq!(made["url"], ELSEWHERE);
    assert_eq!(made["eventTypes"], json!([ALSO_RARE, RARE]), "each once");
    assert_eq!((&made["description"], &made["enabled"]), (&json!("ERP в Москве"), &json!(true)));
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap().len(), 32);

    // Shown once.
    assert_eq!(endpoint(&made).await, without(&made, "secret"));
    let told = journal_of(&format!("webhook-endpoint/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["type"], &told[0]["sequence"]), (&json!("webhooks.endpoint_created"), &json!(1)));
    assert_eq!(
        (&told[0]["data"]["host"], &told[0]["actor"]["kind"]),
        (&json!("erp.example.com"), &json!("operator"))
    );
    let text = told[0].to_string();
    assert!(!text.contains("whsec_") && !text.contains("hidden"), "{text}");
    remove(&made).await;
}

#[tokio::test]
async fn the_same_request_with_the_same_key_is_one_endpoint_with_one_secret() {
    let (keeper, key) = (operator().await, Uuid::new_v4().to_string());
    let body = wish(ELSEWHERE, &[RARE]);
    let ask = |body: Value| {
        let (keeper, key) = (keeper.clone(), key.clone());
        async move { keeper.ask(post(ENDPOINTS).header("idempotency-key", key).json(&body)).await }
    };
    let first = ask(body.clone()).await.expect(201);
    let again = ask(body.clone()).await;
    assert_eq!(again.header("x-idempotent-replay"), "true");
    assert_eq!(again.expect(200), first, "whoever lost the answer gets the secret too");
    ask(wish(ELSEWHERE, &["*"])).await.problem(422, "idempotency_key_reused");

    // The secret lies in one table alone.
    let secret = first["secret"].as_str().unwrap();
    for table in ["IDEMPOTENCY_TABLE", "JOURNAL_TABLE"] {
        assert!(!everything_in(table).await.contains(secret), "{table}");
    }
    let sort = format!("ENDPOINT#{}", first["id"].as_str().unwrap());
    let kept = format!("{:?}", item("WEBHOOKS_TABLE", "ENDPOINTS", &sort).await.unwrap());
    assert!(kept.contains(secret));

    // A newer secret is not the answer to this request.
    let newer = keeper.ask(post(&format!("{}/rotate-secret", route(&first)))).await.expect(200);
    let again = ask(body.clone()).await.expect(200);
    assert!(again.get("secret").is_none() && newer["secret"] != first["secret"], "{again}");
    remove(&first).await;
    assert!(ask(body).await.expect(200).get("secret").is_none());
}

#[tokio::test]
async fn parallel_repeats_are_one_endpoint() {
    let (keeper, key) = (operator().await, Uuid::new_v4().to_string());
    let body = wish(ELSEWHERE, &[RARE]);
    let ask = || keeper.ask(post(ENDPOINTS).header("idempotency-key", &key).json(&body));
    let answers: Vec<Answer> = join_all((0..5).map(|_| ask())).await;
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    for answer in &answers {
        match answer.status {
            200 | 201 => assert_eq!(answer.body, made[0].body),
            _ => drop(answer.clone().problem(409, "idempotency_in_progress")),
        }
    }
    remove(&made[0].body.clone()).await;
}

/// No caller can make this system send a request to an address that only this system reaches. The stack under test may send to its own machine; to
/// no other internal address.
#[tokio::test]
async fn an_address_that_is_not_public_is_refused() {
    let keeper = operator().await;
    for url in [
        "https://169.254.169.254/latest/meta-data/",
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.170.2/v2/credentials",
        "https://0xa9fea9fe/",
        "https://2852039166/",
        "https://[::ffff:169.254.169.254]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:a9fe:a9fe::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1:8443/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://192.0.2.1/",
        "https://intranet/",
        "https://db.internal/",
        "https://printer.local/",
    ] {
        let answer = keeper.ask(post(ENDPOINTS).json(&wish(url, &["*"]))).await;
        assert_eq!(answer.status, 422, "{url}: {}", answer.text);
        answer.problem_at(422, "invalid_input", "/url");
    }
}

#[tokio::test]
async fn a_member_that_breaks_a_rule_is_named() {
    let keeper = operator().await;
    let request = || post(ENDPOINTS).bearer_auth(&keeper.token);
    let good = wish(ELSEWHERE, &["*"]);
    let long = format!("https://erp.example.com/{}", "x".repeat(2_048));
    let mut cases = vec![("url", Value::Null), ("url", json!(7)), ("url", json!([])), ("url", json!(long))];
    let urls = [
        "",
        "erp.example.com",
        "http://erp.example.com/",
        "ftp://erp.example.com/",
        "https://user@erp.example.com/",
        "https://user:password@erp.example.com/",
        "https://erp.example.com:22/",
        "https://erp.example.com/#part",
        "javascript:alert(1)",
    ];
    cases.extend(urls.map(|url| ("url", json!(url))));
    let many = vec![RARE; 51];
    cases.extend([
        ("eventTypes", Value::Null),
        ("eventTypes", json!([])),
        ("eventTypes", json!("*")),
        ("eventTypes", json!(many)),
    ]);
    cases.extend([
        ("description", json!("x".repeat(201))),
        ("description", json!(7)),
        ("secret", json!("whsec_x")),
    ]);
    names_the_member_at_fault(&good, cases, request).await;
    for kind in [
        "",
        "orders",
        "orders.*",
        "orders.order_paid",
        "identity.logged_in.v1",
        "webhooks.endpoint_created.v1",
    ] {
        let body = wish(ELSEWHERE, &["orders.order_paid.v1", kind]);
        keeper.ask(post(ENDPOINTS).json(&body)).await.problem_at(422, "invalid_input", "/eventTypes/1");
    }
    let both = json!({"url": "nowhere", "eventTypes": []});
    let problem = keeper.ask(post(ENDPOINTS).json(&both)).await.problem_at(422, "invalid_input", "/url");
    assert_eq!(problem["errors"][1]["pointer"], "/eventTypes");
    wants_a_json_object(request).await;
}

#[tokio::test]
async fn a_misspelt_event_type_is_answered_with_those_that_are_like_it() {
    let keeper = operator().await;
    let body = wish(ELSEWHERE, &["*", "orders.order_payed.v1", "order.order_paid.v1"]);
    let problem =
        keeper.ask(post(ENDPOINTS).json(&body)).await.problem_at(422, "invalid_input", "/eventTypes/1");
    assert_eq!(problem["errors"][1]["pointer"], "/eventTypes/2", "{problem}");
    for error in problem["errors"].as_array().unwrap() {
        assert!(error["detail"].as_str().unwrap().contains("orders.order_paid.v1"), "{error}");
    }
}

#[tokio::test]
async fn only_who_may_change_endpoints_registers() {
    let request = || post(ENDPOINTS).json(&wish(ELSEWHERE, &[RARE]));
    wants_a_token(request).await;
    wants_the_scope("webhooks:write", request).await;
    let reader = customer_with(&["orders:read", "catalog:write"]).await;
    reader.ask(request()).await.problem(403, "insufficient_scope");
    let writer = customer_with(&["webhooks:write"]).await;
    let made = writer.ask(request()).await.expect(201);
    // Endpoints belong to the merchant and not to the account that registered them.
    reader.ask(get(&route(&made))).await.expect(200);
    remove(&made).await;
}

#[tokio::test]
async fn every_endpoint_has_a_secret_of_its_own() {
    let (one, other) =
        (register(ELSEWHERE, &[&unique_type()]).await, register(ELSEWHERE, &[&unique_type()]).await);
    assert_ne!(one["secret"], other["secret"]);
    assert_ne!(one["id"], other["id"]);
    for made in [one, other] {
        remove(&made).await;
    }
}
