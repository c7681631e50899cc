//! `DELETE /api/v1/users/me/addresses/{id}`

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::list_addresses::{ADDRESSES, addresses, defaults};
use super::put_address::{address, new_path, put_address};
use crate::harness::{customer, delete, journal_of, wants_a_token};

#[tokio::test]
async fn a_repeat_finds_the_address_deleted() {
    let anna = customer().await;
    let path = new_path();
    put_address(&anna, &path, &address(json!({}))).await.expect(201);
    let answer = anna.ask(delete(&path)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let before = journal_of(&format!("user/{}", anna.id)).await.len();
    anna.ask(delete(&path)).await.expect(204);
    anna.ask(delete(&new_path())).await.expect(204);
    assert_eq!(journal_of(&format!("user/{}", anna.id)).await.len(), before);
    assert_eq!(addresses(&anna).await, Vec::<Value>::new());
}

#[tokio::test]
async fn the_oldest_address_left_follows_the_default() {
    let anna = customer().await;
    let paths: Vec<String> = (0..3).map(|_| new_path()).collect();
    let mut ids = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        let body = address(json!({"isDefault": number == 2}));
        ids.push(put_address(&anna, path, &body).await.expect(201)["id"].clone());
    }
    anna.ask(delete(&paths[2])).await.expect(204);
    assert_eq!(defaults(&addresses(&anna).await), [&ids[0]]);
    // It is no default for good: the id is free for another address.
    let again = put_address(&anna, &paths[2], &address(json!({}))).await.expect(201);
    assert_eq!(again["isDefault"], false);
    anna.ask(delete(&paths[1])).await.expect(204);
    assert_eq!(defaults(&addresses(&anna).await), [&ids[0]]);
    anna.ask(delete(&paths[0])).await.expect(204);
    assert_eq!(defaults(&addresses(&anna).await), [&ids[2]]);
}

#[tokio::test]
async fn changes_at_once_leave_one_default() {
    let anna = customer().await;
    let paths: Vec<String> = (0..8).map(|_| new_path()).collect();
    let body = address(json!({"isDefault": true}));
    for path in &paths {
        put_address(&anna, path, &body).await.expect(201);
    }
    let (deleted, chosen) = paths.split_at(4);
    let deletions = join_all(deleted.iter().map(|path| anna.ask(delete(path))));
    let choices = join_all(chosen.iter().map(|path| put_address(&anna, path, &body)));
    let (deletions, choices) = tokio::join!(deletions, choices);
    assert!(deletions.iter().all(|answer| answer.status == 204));
    assert!(choices.iter().all(|answer| answer.status == 200));
    let listed = addresses(&anna).await;
    assert_eq!((listed.len(), defaults(&listed).len()), (4, 1));
}

#[tokio::test]
async fn anothers_address_stays() {
    let (anna, boris) = (customer().await, customer().await);
    let path = new_path();
    let saved = put_address(&anna, &path, &address(json!({}))).await.expect(201);
    boris.ask(delete(&path)).await.expect(204);
    assert_eq!(addresses(&anna).await, [saved]);
    anna.ask(delete(&format!("{ADDRESSES}/7"))).await.problem_at(400, "invalid_parameter", "/path/id");
}

#[tokio::test]
async fn nobody_deletes_an_address_without_a_token() {
    let path = new_path();
    wants_a_token(|| delete(&path)).await;
}
