//! What is called asynchronously and fails each time is not forgotten.

use std::collections::HashMap;

use aws_sdk_lambda::types::{DeadLetterConfig, InvocationType};
use serde_json::json;

use crate::harness::{invoke, lambda, make_copy, remove_copy, setting, taken_from};

/// A function that ends as it starts, for want of every variable, with the dead letters of one that a schedule calls.
#[tokio::test]
async fn a_job_that_fails_each_time_waits_for_an_operator() {
    let client = lambda();
    let of = |id: &str| format!("{}-{id}", setting("STACK_NAME"));
    let deployed =
        client.get_function_configuration().function_name(of("SweepDueWebhooks")).send().await.unwrap();
    let queue = deployed.dead_letter_config.unwrap().target_arn.unwrap();
    assert!(queue.contains("JobFailures"), "{queue}");
    let name = format!("Sweep{}", uuid::Uuid::new_v4().simple());
    make_copy(&name, "SweepDueWebhooks", "SweepDueWebhooks", HashMap::new()).await;
    let letters = DeadLetterConfig::builder().target_arn(&queue).build();
    client
        .update_function_configuration()
        .function_name(of(&name))
        .dead_letter_config(letters)
        .send()
        .await
        .unwrap();
    assert!(invoke(&name, &json!({})).await.is_err());

    let call = client.invoke().function_name(of(&name)).invocation_type(InvocationType::Event);
    let payload = json!({"from": name}).to_string().into_bytes();
    let accepted = call.payload(aws_sdk_lambda::primitives::Blob::new(payload)).send().await.unwrap();
    assert_eq!(accepted.status_code, 202);
    taken_from(&queue, |message| message.to_string().contains(&name)).await;
    remove_copy(&name).await;
}
