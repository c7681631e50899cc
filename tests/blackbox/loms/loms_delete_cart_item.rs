//! `POST /cart/item/delete`

use serde_json::json;

use super::{
    AROUND_UINT32, AROUND_USER, add, call, goods, lines, refuses_bad_requests, refuses_integers, unique_user,
};

const PATH: &str = "/cart/item/delete";

#[tokio::test]
async fn a_line_goes_whole_and_a_repeat_changes_nothing() {
    let (user, kettle, cup) = (unique_user(), goods(100, 5).await, goods(100, 5).await);
    add(user, kettle, 3).await;
    add(user, cup, 1).await;
    for _ in 0..2 {
        assert_eq!(call(PATH, &json!({"user": user, "sku": kettle})).await, json!({}));
        assert_eq!(lines(user).await, [(u64::from(cup), 1)]);
    }
    let nobody = unique_user();
    assert_eq!(call(PATH, &json!({"user": nobody, "sku": u32::MAX})).await, json!({}), "nothing was there");
}

#[tokio::test]
async fn bad_input_is_named() {
    let body = json!({"user": 1, "sku": 1});
    refuses_bad_requests(PATH, &body).await;
    refuses_integers(PATH, &body, "user", AROUND_USER).await;
    refuses_integers(PATH, &body, "sku", AROUND_UINT32).await;
}
