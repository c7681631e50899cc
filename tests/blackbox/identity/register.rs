//! `POST /register` and `POST /api/register`

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::logging_in::{WINDOW_SECONDS, now, room_in_the_window};
use crate::harness::{
    Answer, PASSWORD, log_in, post, post_from, registration, set_number, unique_phone, variables, without,
};

#[tokio::test]
async fn an_account_is_made_by_email_or_by_phone_under_both_paths() {
    for (path, missing) in [("/register", "phone"), ("/api/register", "email"), ("/register", "")] {
        let mut body = registration();
        if !missing.is_empty() {
            body = without(&body, missing);
        }
        let user = Answer::to(post(path).json(&body)).await.expect(201);
        for member in ["firstName", "lastName"] {
            assert_eq!(user[member], body[member]);
        }
        if missing != "email" {
            log_in(body["email"].as_str().unwrap(), PASSWORD).await;
        }
    }
}

#[tokio::test]
async fn a_problem_carries_one_more_member() {
    let body = registration();
    Answer::to(post("/register").json(&body)).await.expect(201);
    let taken = Answer::to(post("/api/register").json(&body)).await.problem(409, "email_taken");
    assert_eq!(taken["error"], taken["title"]);
    let neither = without(&without(&body, "email"), "phone");
    let problem =
        Answer::to(post("/register").json(&neither)).await.problem_at(422, "invalid_input", "/email");
    assert_eq!(problem["error"], problem["title"]);
    let mut weak = registration();
    weak["password"] = json!("password");
    Answer::to(post("/register").json(&weak)).await.problem_at(422, "invalid_input", "/password");
}

#[tokio::test]
async fn of_two_registrations_at_one_instant_one_wins_on_either_surface() {
    let phone = unique_phone();
    let bodies = [registration(), registration()].map(|mut body| {
        body["phone"] = json!(phone);
        body
    });
    let paths = ["/register", "/api/v1/auth/register/phone"];
    let answers =
        join_all(paths.iter().zip(&bodies).map(|(path, body)| Answer::to(post(path).json(body)))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

/// Who asks by registrations which logins are taken is stopped, whichever of the routes they use.
#[tokio::test]
async fn registrations_from_one_address_are_counted_on_every_route() {
    room_in_the_window().await;
    let address = format!("2001:db8:{:x}::1", Uuid::new_v4().as_u128() & 0xffff | 1);
    let network = address.replace("::1", "::/64");
    let routes = [
        ("Register", "/register"),
        ("RegisterByEmail", "/api/v1/auth/register/email"),
        ("RegisterByPhone", "/api/v1/auth/register/phone"),
    ];
    let limit: i64 = variables("Register").await["REGISTRATIONS_PER_ADDRESS"].parse().unwrap();
    post_from(&address, routes[0].0, routes[0].1, &registration()).await.expect(201);
    let window = format!("WINDOW#{}", now() / WINDOW_SECONDS * WINDOW_SECONDS);
    let key = format!("THROTTLE#register:address:{network}");
    set_number("IDENTITY_TABLE", &key, &window, "attempts", limit - 1).await;
    post_from(&address, routes[1].0, routes[1].1, &registration()).await.expect(201);
    for (function, path) in routes {
        let refused = post_from(&address, function, path, &registration()).await;
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=WINDOW_SECONDS).contains(&wait), "{wait}");
        refused.problem(429, "too_many_attempts");
    }
}

/// Two people who happen to use one key neither collide nor see each other's answers.
#[tokio::test]
async fn a_key_is_kept_for_each_login_by_itself() {
    let key = Uuid::new_v4().to_string();
    let (first, second) = (registration(), registration());
    let keyed = |body: &Value| Answer::to(post("/register").header("idempotency-key", &key).json(body));
    let opened = keyed(&first).await.expect(201);
    assert_ne!(keyed(&second).await.expect(201)["id"], opened["id"]);
    let again = keyed(&first).await;
    assert_eq!(again.header("x-idempotent-replay"), "true");
    assert_eq!(again.expect(200), opened);
}
