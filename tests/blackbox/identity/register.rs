//! `POST /register` and `POST /api/register`

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{Answer, PASSWORD, log_in, post, registration, unique_phone, without};

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
