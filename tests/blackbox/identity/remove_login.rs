//! `DELETE /api/v1/users/me/logins/{kind}`

use serde_json::json;

use super::add_login::{LOGINS, add};
use super::sending::{EMAIL, PHONE, accepted};
use crate::harness::{Answer, PASSWORD, customer, delete, get, in_seconds, post, set_text, wants_a_token};

fn path(kind: &str) -> String {
    format!("{LOGINS}/{kind}")
}

#[tokio::test]
async fn a_login_goes_and_one_that_was_proved_is_left() {
    let anna = customer().await;
    for kind in ["email", "phone"] {
        anna.ask(delete(&path(kind))).await.problem(409, "last_login");
    }
    accepted(EMAIL.send(&anna.email).await);
    EMAIL.confirm(&anna.email, &EMAIL.code(&anna.email, 1).await).await.expect(204);
    anna.ask(delete(&path("phone"))).await.problem(404, "not_found");
    anna.ask(delete(&path("email"))).await.problem(409, "last_login");
    accepted(add(&anna, &json!({"phone": anna.phone})).await);
    let code = PHONE.code(&anna.phone, 1).await;
    let body = json!({"phone": anna.phone, "code": code});
    anna.ask(post(&format!("{LOGINS}/confirm")).json(&body)).await.expect(200);
    let me = anna.ask(delete(&path("email"))).await.expect(200);
    assert_eq!((me.get("email"), &me["phone"]), (None, &json!(anna.phone)));
    let login = json!({"email": anna.email, "password": PASSWORD});
    Answer::to(post("/api/v1/auth/login/email").json(&login)).await.problem(401, "invalid_credentials");
    anna.ask(delete(&path("phone"))).await.problem(409, "last_login");
    anna.ask(delete(&path("fax"))).await.problem_at(400, "invalid_parameter", "/path/kind");
}

#[tokio::test]
async fn an_old_login_needs_the_password() {
    let anna = customer().await;
    let seen = anna.ask(get("/api/v1/users/me/sessions")).await.expect(200);
    let session = format!("SESSION#{}", seen["items"][0]["id"].as_str().unwrap());
    let key = format!("USER#{}", anna.id);
    set_text("IDENTITY_TABLE", &key, &session, "startedAt", &in_seconds(-6 * 60)).await;
    anna.ask(delete(&path("phone"))).await.problem(403, "fresh_login_required");
    let with = delete(&path("phone")).json(&json!({"password": PASSWORD}));
    anna.ask(with).await.problem(409, "last_login");
}

#[tokio::test]
async fn nobody_removes_a_login_without_a_token() {
    wants_a_token(|| delete(&path("phone"))).await;
}
