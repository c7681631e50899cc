//! Batch reads against injected answers: the emulator never leaves a key unprocessed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::replay::dynamo;
use super::*;

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "PK")]
    pk: String,
}

fn keys(count: usize) -> Vec<Key> {
    (0..count).map(|number| Key::new(format!("K{number}"), "ROW")).collect()
}

fn attributes(key: &Key) -> Value {
    json!({"PK": {"S": key.pk}, "SK": {"S": key.sk}})
}

fn answer(found: &[Key], unprocessed: &[Key]) -> (u16, String) {
    let items = |keys: &[Key]| keys.iter().map(attributes).collect::<Vec<Value>>();
    let left =
        if unprocessed.is_empty() { json!({}) } else { json!({"stock": {"Keys": items(unprocessed)}}) };
    (200, json!({"Responses": {"stock": items(found)}, "UnprocessedKeys": left}).to_string())
}

#[tokio::test(start_paused = true)]
async fn every_key_is_answered_once_whatever_was_left_unprocessed() {
    let keys = keys(250);
    let answers = vec![
        answer(&keys[..100], &[]),
        answer(&keys[100..150], &keys[150..200]),
        answer(&keys[200..], &[]),
        answer(&keys[150..200], &[]),
    ];
    let (dynamo, replay) = dynamo(answers);
    let rows: Vec<Row> = dynamo.table("stock").get_many(&keys).await.unwrap();
    let asked: Vec<usize> = replay
        .actual_requests()
        .map(|sent| {
            let body: Value = serde_json::from_slice(sent.body().bytes().unwrap()).unwrap();
            body["RequestItems"]["stock"]["Keys"].as_array().unwrap().len()
        })
        .collect();
    assert_eq!(asked, [100, 100, 50, 50]);
    assert_eq!(rows.len(), 250);
    let found: BTreeSet<String> = rows.into_iter().map(|row| row.pk).collect();
    assert_eq!(found, keys.into_iter().map(|key| key.pk).collect());
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_never_processed_are_given_up_as_unavailable() {
    let keys = keys(1);
    let (dynamo, _) = dynamo(vec![answer(&[], &keys); 9]);
    let outcome: Result<Vec<Row>, Problem> = dynamo.table("stock").get_many(&keys).await;
    let Err(problem) = outcome else { panic!("an unread key is no missing item") };
    assert_eq!(problem.kind, kernel::Kind::Unavailable);
}

#[tokio::test]
async fn nothing_is_asked_for_no_keys() {
    let (dynamo, replay) = dynamo(Vec::new());
    let rows: Vec<Row> = dynamo.table("stock").get_many(&[]).await.unwrap();
    assert!(rows.is_empty() && replay.actual_requests().count() == 0);
}
