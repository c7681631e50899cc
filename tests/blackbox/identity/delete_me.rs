//! `DELETE /api/v1/users/me`

use serde_json::{Value, json};

use crate::harness::{
    Answer, PASSWORD, customer, delete, everything_in, get, in_seconds, log_in, operator, place_order, post,
    product, set_text, wants_a_token,
};

const ME: &str = "/api/v1/users/me";

#[tokio::test]
async fn nothing_is_left_of_a_person_but_their_orders() {
    let anna = customer().await;
    let session = log_in(&anna.email, PASSWORD).await;
    let order = place_order(&anna, &product(100, 5).await, 1).await;
    let answer = anna.ask(delete(ME)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));

    anna.ask(get(ME)).await.problem(401, "invalid_token");
    let refresh = json!({"refreshToken": session["refreshToken"]});
    Answer::to(post("/api/v1/auth/refresh").json(&refresh)).await.problem(401, "invalid_refresh_token");
    for (by, login) in [("email", &anna.email), ("phone", &anna.phone)] {
        let body = json!({by: login, "password": PASSWORD});
        let answer = Answer::to(post(&format!("/api/v1/auth/login/{by}")).json(&body)).await;
        answer.problem(401, "invalid_credentials");
    }
    let id = order["id"].as_str().unwrap();
    let kept = operator().await.ask(get(&format!("/api/v1/orders/{id}"))).await.expect(200);
    assert_eq!(kept["userId"], anna.id);
    let kept: Value = kept;
    assert!(!kept.to_string().contains(&anna.email) && !kept.to_string().contains("Каренина"));
    for table in ["ORDERS_TABLE", "JOURNAL_TABLE", "NOTIFICATIONS_TABLE"] {
        let all = everything_in(table).await;
        assert!(!all.contains(&anna.email) && !all.contains(&anna.phone), "{table}");
    }
}

#[tokio::test]
async fn the_logins_are_free_for_others() {
    let anna = customer().await;
    anna.ask(delete(ME)).await.expect(204);
    let body = json!({
        "firstName": "Мария", "lastName": "Иванова", "email": anna.email, "phone": anna.phone, "password": PASSWORD,
    });
    let new = Answer::to(post("/api/v1/auth/register/email").json(&body)).await.expect(201);
    assert_ne!(new["id"], anna.id);
    anna.ask(delete(ME)).await.problem(401, "invalid_token");
    log_in(&anna.email, PASSWORD).await;
}

/// A stolen token does not delete an account: a login has to be fresh, or the password is asked for.
#[tokio::test]
async fn an_old_login_needs_the_password() {
    let anna = customer().await;
    let seen = anna.ask(get("/api/v1/users/me/sessions")).await.expect(200);
    let session = format!("SESSION#{}", seen["items"][0]["id"].as_str().unwrap());
    let key = format!("USER#{}", anna.id);
    set_text("IDENTITY_TABLE", &key, &session, "startedAt", &in_seconds(-6 * 60)).await;
    let refused = anna.ask(delete(ME)).await.problem(403, "fresh_login_required");
    assert_eq!(refused["maxAge"], 300);
    let with = async |body: Value| anna.ask(delete(ME).json(&body)).await;
    with(json!({})).await.problem(403, "fresh_login_required");
    with(json!({"password": "a wrong password"})).await.problem_at(422, "wrong_password", "/password");
    with(json!({"password": 7})).await.problem_at(422, "invalid_input", "/password");
    with(json!({"passwort": PASSWORD})).await.problem_at(422, "invalid_input", "/passwort");
    anna.ask(get(ME)).await.expect(200);
    with(json!({"password": PASSWORD})).await.expect(204);
    anna.ask(get(ME)).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn nobody_is_deleted_without_a_token() {
    wants_a_token(|| delete(ME)).await;
}
