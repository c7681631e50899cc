//! `POST /ops/session/refresh`

use serde_json::json;

use super::ops_session::{by_page, cookie, has_no_refresh_token, refresh, refuses_forged_requests, session};
use crate::harness::{Answer, claims, customer, post, tampered};

#[tokio::test]
async fn the_session_goes_on_by_the_cookie_alone() {
    let anna = customer().await;
    let mut current = session(&anna).await;
    for _ in 0..3 {
        let answer = refresh(&current).await;
        let next = cookie(&answer);
        assert_ne!(next, current, "the cookie is replaced");
        let body = answer.expect(200);
        assert_eq!(claims(body["accessToken"].as_str().unwrap())["sub"], anna.id);
        assert_eq!(body["userId"], anna.id);
        has_no_refresh_token(&body, &next);
        current = next;
    }
}

#[tokio::test]
async fn a_browser_without_a_cookie_has_no_session() {
    let answer = Answer::to(by_page(post("/ops/session/refresh"), None)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert!(answer.header("set-cookie").is_empty());
}

#[tokio::test]
async fn a_cookie_that_comes_back_ends_the_session() {
    let first = session(&customer().await).await;
    let second = cookie(&refresh(&first).await);
    let third = cookie(&refresh(&second).await);
    refresh(&first).await.problem(401, "invalid_refresh_token");
    for gone in [&third, &second] {
        refresh(gone).await.problem(401, "invalid_refresh_token");
    }
}

#[tokio::test]
async fn a_page_that_was_reloaded_before_it_heard_the_answer_gets_it_again() {
    let first = session(&customer().await).await;
    let second = cookie(&refresh(&first).await);
    assert_eq!(cookie(&refresh(&first).await), second);
    refresh(&second).await.expect(200);
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused() {
    let good = session(&customer().await).await;
    for wrong in ["nonsense", "a.b.c", &tampered(&good), &format!("{good}x")] {
        let answer = refresh(wrong).await;
        assert!(answer.header("set-cookie").is_empty(), "a better cookie of another tab stays");
        answer.problem(401, "invalid_refresh_token");
    }
}

#[tokio::test]
async fn two_cookies_are_none() {
    let good = session(&customer().await).await;
    let planted = session(&customer().await).await;
    let both = format!("{planted}; __Secure-holdfast-ops={good}");
    assert_eq!(refresh(&both).await.status, 204);
    refresh(&good).await.expect(200);
}

#[tokio::test]
async fn a_forged_request_is_refused_and_uses_nothing_up() {
    let good = session(&customer().await).await;
    refuses_forged_requests(|| {
        post("/ops/session/refresh").header("cookie", format!("__Secure-holdfast-ops={good}"))
    })
    .await;
    refresh(&good).await.expect(200);
}

#[tokio::test]
async fn the_cookie_opens_no_other_route() {
    let good = session(&customer().await).await;
    let answer = Answer::to(by_page(post("/api/v1/auth/refresh"), Some(&good)).json(&json!({}))).await;
    answer.problem(422, "invalid_input");
}
