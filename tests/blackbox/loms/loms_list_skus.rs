//! `POST /product/list_skus`

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use super::{AROUND_UINT32, ask, call, client, refuses_bad_requests, refuses_integers, unique_number};
use crate::harness::{Answer, details, eventually, post, put_product, tampered};

const PATH: &str = "/product/list_skus";

async fn listed(after: u32, count: u32) -> Value {
    call(PATH, &json!({"startAfterSku": after, "count": count})).await["skus"].clone()
}

#[tokio::test]
async fn numbers_come_in_their_order() {
    let first = unique_number();
    let numbers: Vec<u32> = (first..first + 5).collect();
    for sku in numbers.iter().rev() {
        put_product(&sku.to_string(), &details(100)).await;
    }
    // Another product than the one without zeros, and none of this surface.
    put_product(&format!("00{first}"), &details(100)).await;
    eventually("the list to have them all", crate::harness::PATIENCE, || async {
        (listed(first - 1, 5).await == json!(numbers)).then_some(())
    })
    .await;
    assert_eq!(listed(first - 1, 2).await, json!([first, first + 1]));
    assert_eq!(listed(first + 1, 2).await, json!([first + 2, first + 3]), "after the one that is named");
    assert_eq!(listed(first, 0).await, json!([]));
    let mut gone = details(100);
    gone["isActive"] = json!(false);
    put_product(&(first + 1).to_string(), &gone).await;
    eventually("one to leave the list", crate::harness::PATIENCE, || async {
        (listed(first - 1, 2).await == json!([first, first + 2])).then_some(())
    })
    .await;
}

#[tokio::test]
async fn numbers_end_with_the_largest() {
    put_product(&u32::MAX.to_string(), &details(1)).await;
    // The next value is a product too, and has no number here.
    put_product("4294967296", &details(1)).await;
    eventually("the list to have it", crate::harness::PATIENCE, || async {
        (listed(u32::MAX - 1, 5).await == json!([u32::MAX])).then_some(())
    })
    .await;
    assert_eq!(listed(u32::MAX, u32::MAX).await, json!([]));
}

#[tokio::test]
async fn an_answer_may_be_longer_than_a_page_of_other_lists() {
    let first = unique_number();
    let numbers: Vec<u32> = (first..first + 130).collect();
    let enter = |sku: u32| async move { put_product(&sku.to_string(), &details(100)).await };
    stream::iter(numbers.clone()).map(enter).buffer_unordered(4).collect::<Vec<_>>().await;
    eventually("the list to have them all", crate::harness::PATIENCE, || async {
        (listed(first - 1, 130).await == json!(numbers)).then_some(())
    })
    .await;
    assert_eq!(listed(first - 1, 120).await, json!(numbers[..120]));
}

#[tokio::test]
async fn without_a_start_it_begins_at_the_first() {
    let all = call(PATH, &json!({"count": 3})).await["skus"].clone();
    let numbers: Vec<u64> = all.as_array().unwrap().iter().map(|sku| sku.as_u64().unwrap()).collect();
    assert!(numbers.is_sorted() && numbers.len() <= 3, "{numbers:?}");
    let most = listed(0, u32::MAX).await;
    assert!(most.as_array().unwrap().len() <= 1_000);
}

#[tokio::test]
async fn the_token_may_stand_in_the_body() {
    let client = client().await;
    let with =
        |token: &str| Answer::to(post(PATH).json(&json!({"token": token, "startAfterSku": 0, "count": 1})));
    assert!(with(&client.token).await.expect(200)["skus"].is_array());
    with(&tampered(&client.token)).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn bad_input_is_named() {
    let body = json!({"startAfterSku": 1, "count": 1});
    refuses_bad_requests(PATH, &body).await;
    refuses_integers(PATH, &body, "startAfterSku", AROUND_UINT32).await;
    refuses_integers(PATH, &body, "count", AROUND_UINT32).await;
    ask(PATH, &json!({"count": 1, "token": []})).await.problem_at(400, "invalid_input", "/token");
}
