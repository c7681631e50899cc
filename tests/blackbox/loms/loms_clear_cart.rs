//! `POST /cart/clear`

use serde_json::json;

use super::{AROUND_USER, add, call, goods, lines, refuses_bad_requests, refuses_integers, unique_user};

const PATH: &str = "/cart/clear";

#[tokio::test]
async fn everything_goes_and_a_repeat_changes_nothing() {
    let (user, kettle, cup) = (unique_user(), goods(100, 5).await, goods(100, 5).await);
    add(user, kettle, 3).await;
    add(user, cup, 1).await;
    for _ in 0..2 {
        assert_eq!(call(PATH, &json!({"user": user})).await, json!({}));
        assert!(lines(user).await.is_empty());
    }
    add(user, cup, 2).await;
    assert_eq!(lines(user).await, [(u64::from(cup), 2)], "what was there is forgotten");
}

#[tokio::test]
async fn bad_input_is_named() {
    let body = json!({"user": 1});
    refuses_bad_requests(PATH, &body).await;
    refuses_integers(PATH, &body, "user", AROUND_USER).await;
}
