//! `DELETE /ops/session`

use super::ops_session::{cookie, refresh, refuses_forged_requests, session, sign_out};
use crate::harness::{customer, delete};

#[tokio::test]
async fn the_session_is_over_and_the_cookie_is_taken_away() {
    let anna = customer().await;
    let (office, home) = (session(&anna).await, session(&anna).await);
    let answer = sign_out(Some(&office)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(cookie(&answer), "");
    refresh(&office).await.problem(401, "invalid_refresh_token");
    refresh(&home).await.expect(200);
}

#[tokio::test]
async fn a_browser_that_missed_the_last_answer_signs_out_all_the_same() {
    let first = session(&customer().await).await;
    let second = cookie(&refresh(&first).await);
    assert_eq!(sign_out(Some(&first)).await.status, 204);
    refresh(&second).await.problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn the_answer_is_the_same_without_a_session() {
    for none in [None, Some("nonsense")] {
        let answer = sign_out(none).await;
        assert_eq!((answer.status, cookie(&answer).as_str()), (204, ""));
    }
}

#[tokio::test]
async fn a_forged_request_is_refused_and_ends_nothing() {
    let good = session(&customer().await).await;
    refuses_forged_requests(|| {
        delete("/ops/session").header("cookie", format!("__Secure-holdfast-ops={good}"))
    })
    .await;
    refresh(&good).await.expect(200);
}
