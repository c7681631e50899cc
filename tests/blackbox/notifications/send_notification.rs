//! `POST /api/v1/notifications/send`

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::sending::{SEND, notification, once, send, wish};
use crate::harness::{
    Answer, CrashPoint, PASSWORD, PATIENCE, Person, access_token, customer, customer_with, emails,
    eventually, everything_in, journal_of, lapse, log_in, members, names_the_member_at_fault, operator,
    patch, post, registration, request_event, run_until, texts, unique_email, unique_phone,
    wants_a_json_object, wants_a_token, wants_the_scope,
};

/// Every template, and what a letter and a text message say in English.
const TEMPLATES: [(&str, &str, &str); 9] = [
    ("order_placed", "- Самовар ☕: 2 x 37.50 RUB", "order 42 is placed, 75.00 RUB"),
    ("order_paid", "11111111-1111-4111-8111-111111111111", "order 42 for 75.00 RUB is placed and paid"),
    ("order_confirmed", "order 42 for 75.00 RUB is confirmed", "order 42 is confirmed"),
    ("order_shipped", "has left us", "on its way"),
    ("order_canceled", "The reason given: out of paint", "cancelled by the shop"),
    ("order_refunded", "25.50 RUB for your order 42 went back", "25.50 RUB for order 42"),
    ("verification_code", "Your code is AbCdEf-012345.", "your code is AbCdEf-012345"),
    ("password_reset", "\n\nAbCdEf-012345\n\n", "use AbCdEf-012345"),
    ("account_changed", "The password of your account was changed.", "reset your password at once"),
];

/// The only email to `address`.
async fn the_email(address: &str) -> Value {
    let found = eventually("an email", PATIENCE, || async {
        Some(emails(address).await).filter(|found| !found.is_empty())
    });
    let [email] = <[Value; 1]>::try_from(found.await).unwrap();
    email
}

/// The only text message to `phone`.
async fn the_text(phone: &str) -> String {
    let found = eventually("a text message", PATIENCE, || async {
        Some(texts(phone).await).filter(|found| !found.is_empty())
    });
    let [text] = <[String; 1]>::try_from(found.await).unwrap();
    text
}

#[tokio::test]
async fn every_template_is_sent_by_email() {
    for (template, words, _) in TEMPLATES {
        let address = unique_email();
        let made = send(&wish("email", &address, template)).await.expect(201);
        assert_eq!(members(&made), ["notificationId", "status"], "{template}");
        assert_eq!(made["status"], "queued");
        let email = the_email(&address).await;
        assert_eq!((&email["template"], &email["id"]), (&json!(template), &made["notificationId"]));
        let (letter, page) = (email["text"].as_str().unwrap(), email["html"].as_str().unwrap());
        assert!(letter.starts_with("Hello, Анна!") && letter.contains(words), "{letter}");
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"), "{page}");
        let sent = once(&made["notificationId"], "sent").await;
        assert_eq!((&sent["channel"], &sent["template"]), (&json!("email"), &json!(template)));
    }
}

#[tokio::test]
async fn every_template_is_sent_by_text_message() {
    for (template, _, words) in TEMPLATES {
        let phone = unique_phone();
        let made = send(&wish("sms", &phone, template)).await.expect(201);
        let text = the_text(&phone).await;
        assert!(text.starts_with("Holdfast: ") && text.contains(words), "{text}");
        once(&made["notificationId"], "sent").await;
    }
}

#[tokio::test]
async fn a_link_leads_to_the_merchant() {
    let mut wish = wish("email", &unique_email(), "order_placed");
    for address in [
        "https://evil.test/p",
        "https://shop.example@evil.test/",
        "https://shop.example.evil.test/",
        "http://shop.example/",
    ] {
        wish["variables"]["paymentUrl"] = json!(address);
        send(&wish).await.problem_at(422, "invalid_input", "/variables/paymentUrl");
    }
    wish["variables"]["paymentUrl"] = json!("http://localhost:5173/pay/7");
    send(&wish).await.expect(201);
}

#[tokio::test]
async fn no_sms_is_asked_for_to_a_number_that_costs() {
    for phone in
        ["+979 1 234 5678", "+44 909 879 0879", "+882 13 300 655", "+49 151 23456789", "+7 495 123-45-67"]
    {
        send(&wish("sms", phone, "order_paid")).await.problem_at(422, "invalid_input", "/to");
    }
}

#[tokio::test]
async fn a_message_speaks_the_language_that_is_asked_for_or_its_recipients() {
    let anna = customer().await;
    anna.ask(patch("/api/v1/users/me").json(&json!({"locale": "ru"}))).await.expect(200);
    send(&wish("email", &anna.email, "order_paid")).await.expect(201);
    assert_eq!(the_email(&anna.email).await["subject"], "Заказ 42 оплачен", "the account's");
    let mut english = wish("sms", &anna.phone, "order_paid");
    english["locale"] = json!("en");
    send(&english).await.expect(201);
    assert!(the_text(&anna.phone).await.contains("is placed and paid"), "what is asked for");
    let stranger = unique_email();
    let mut russian = wish("email", &stranger, "order_paid");
    russian["locale"] = json!("ru");
    send(&russian).await.expect(201);
    assert_eq!(the_email(&stranger).await["subject"], "Заказ 42 оплачен");
}

#[tokio::test]
async fn what_a_recipient_does_without_is_not_sent_and_that_is_said() {
    let body = registration();
    let (email, phone) = (body["email"].as_str().unwrap(), body["phone"].as_str().unwrap());
    Answer::to(post("/api/v1/auth/register/email").json(&body)).await.expect(201);
    let token = access_token(&log_in(email, PASSWORD).await);
    let quiet = json!({"notifications": {"sms": false}});
    Answer::to(patch("/api/v1/users/me").bearer_auth(&token).json(&quiet)).await.expect(200);

    let refused = send(&wish("sms", phone, "order_shipped")).await.expect(201);
    assert_eq!(refused["status"], "failed");
    let kept = notification(&refused["notificationId"]).await;
    assert_eq!(
        (&kept["status"], &kept["errorMessage"]),
        (&json!("failed"), &json!("the recipient does not want it"))
    );
    let wanted = send(&wish("email", email, "order_shipped")).await.expect(201);
    assert_eq!(wanted["status"], "queued", "by email they hear of it");
    let necessary = send(&wish("sms", phone, "order_refunded")).await.expect(201);
    assert_eq!(necessary["status"], "queued", "what is necessary comes by whichever is asked for");
    assert!(the_text(phone).await.contains("25.50 RUB"), "and nothing else");
}

#[tokio::test]
async fn the_journal_tells_of_every_step_and_nothing_that_is_kept_says_to_whom() {
    let address = unique_email();
    let mut wish = wish("email", &address, "verification_code");
    let code = Uuid::new_v4().simple().to_string();
    wish["variables"]["code"] = json!(code);
    let made = send(&wish).await.expect(201);
    let id = made["notificationId"].as_str().unwrap();
    once(&made["notificationId"], "sent").await;
    let told = journal_of(&format!("notification/{id}")).await;
    let kinds: Vec<(&Value, &Value)> =
        told.iter().map(|event| (&event["type"], &event["sequence"])).collect();
    let expected = [
        (json!("notifications.notification_queued"), json!(1)),
        (json!("notifications.notification_sent"), json!(2)),
    ];
    assert_eq!(kinds, expected.iter().map(|(kind, sequence)| (kind, sequence)).collect::<Vec<_>>());
    for table in ["NOTIFICATIONS_TABLE", "JOURNAL_TABLE", "IDEMPOTENCY_TABLE"] {
        let all = everything_in(table).await;
        assert!(!all.contains(&address) && !all.contains(&code), "{table}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let operator = operator().await;
    let send = || post(SEND).bearer_auth(&operator.token);
    let cases = [
        ("channel", json!("post")),
        ("channel", json!(["email"])),
        ("channel", Value::Null),
        ("to", json!("nobody")),
        ("to", json!("+79161234567")),
        ("to", Value::Null),
        ("template", json!("advertisement")),
        ("template", json!(7)),
        ("template", Value::Null),
        ("variables", json!([7])),
        ("variables", Value::Null),
        ("locale", json!("de")),
        ("from", json!("shop@example.com")),
    ];
    names_the_member_at_fault(&wish("email", "anna@example.com", "order_paid"), cases, send).await;
    wants_a_json_object(send).await;
}

#[tokio::test]
async fn a_variable_that_is_missing_unknown_or_wrong_is_named() {
    for (template, name, value) in [
        ("order_placed", "items", Value::Null),
        ("order_placed", "items", json!([])),
        ("order_placed", "paymentUrl", json!("javascript:alert(1)")),
        ("order_paid", "number", Value::Null),
        ("order_paid", "totalAmount", json!(-1)),
        ("order_confirmed", "currency", json!("XXX")),
        ("order_shipped", "trackingNumber", json!("RA1")),
        ("order_canceled", "cause", json!("eaten")),
        ("order_refunded", "amount", Value::Null),
        ("verification_code", "code", json!("12 34")),
        ("password_reset", "minutes", json!(0)),
    ] {
        let mut wish = wish("email", "anna@example.com", template);
        let variables = wish["variables"].as_object_mut().unwrap();
        if value.is_null() {
            variables.remove(name);
        } else {
            variables.insert(name.to_owned(), value);
        }
        send(&wish).await.problem_at(422, "invalid_input", &format!("/variables/{name}"));
    }
}

async fn keyed(person: &Person, key: &str, body: &Value) -> Answer {
    person.ask(post(SEND).header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn the_same_request_with_the_same_key_is_one_message() {
    let (address, clerk, key) = (unique_email(), operator().await, Uuid::new_v4().to_string());
    let body = wish("email", &address, "order_paid");
    let first = keyed(&clerk, &key, &body).await;
    assert_eq!(first.header("x-idempotent-replay"), "");
    let first = first.expect(201);
    let again = keyed(&clerk, &format!("\"{key}\""), &body).await;
    assert_eq!(again.header("x-idempotent-replay"), "true");
    assert_eq!(again.expect(200), first);
    keyed(&clerk, &key, &wish("email", &address, "order_shipped"))
        .await
        .problem(422, "idempotency_key_reused");
    let other = customer_with(&["notifications:write"]).await;
    let others = keyed(&other, &key, &wish("email", &unique_email(), "order_paid")).await.expect(201);
    assert_ne!(others["notificationId"], first["notificationId"], "another caller's key is another key");
    once(&first["notificationId"], "sent").await;
    the_email(&address).await;
}

#[tokio::test]
async fn parallel_repeats_are_one_message() {
    let (phone, clerk, key) = (unique_phone(), operator().await, Uuid::new_v4().to_string());
    let body = wish("sms", &phone, "order_paid");
    let answers = join_all((0..5).map(|_| keyed(&clerk, &key, &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        match answer.status {
            200 => assert_eq!(answer.header("x-idempotent-replay"), "true"),
            _ => drop(answer.problem(409, "idempotency_in_progress")),
        }
    }
    the_text(&phone).await;
}

/// Dies before the message is stored, before the response is stored once the message was handed over, and before the response is sent.
#[tokio::test]
async fn a_request_that_died_is_carried_on_and_its_message_sent_once() {
    for death in
        [CrashPoint::BeforeTransaction(1), CrashPoint::BeforeTransaction(2), CrashPoint::BeforeAnswer]
    {
        let (address, clerk) = (unique_email(), customer_with(&["notifications:write"]).await);
        let (key, body) = (Uuid::new_v4().to_string(), wish("email", &address, "order_paid"));
        let route = format!("POST {SEND}");
        let headers = json!({"authorization": format!("Bearer {}", clerk.token), "idempotency-key": key});
        let event = request_event(&route, "", &headers, &body);
        run_until("SendNotification", &event, death).await;
        if death == CrashPoint::BeforeTransaction(2) {
            keyed(&clerk, &key, &body).await.problem(409, "idempotency_in_progress");
            lapse(&clerk.id, &route, &key).await;
        }
        let answer = keyed(&clerk, &key, &body).await;
        let expected = if death == CrashPoint::BeforeAnswer { 200 } else { 201 };
        let made = answer.expect(expected);
        once(&made["notificationId"], "sent").await;
        the_email(&address).await;
    }
}

#[tokio::test]
async fn only_who_may_send_messages_does() {
    let body = wish("email", "anna@example.com", "order_paid");
    wants_a_token(|| post(SEND).json(&body)).await;
    wants_the_scope("notifications:write", || post(SEND).json(&body)).await;
}
