//! The stack's functions, called as an operator with IAM rights would.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{BehaviorVersion, Region, SharedAsyncSleep};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::SdkConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::setting;

/// The settings of clients for the stack under test, as its operator: a test's clients share their connections.
pub(super) fn config() -> SdkConfig {
    thread_local! {
        static CONFIG: SdkConfig = new_config();
    }
    CONFIG.with(SdkConfig::clone)
}

fn new_config() -> SdkConfig {
    let (id, key) = (setting("AWS_ACCESS_KEY_ID"), setting("AWS_SECRET_ACCESS_KEY"));
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(setting("AWS_REGION")))
        .endpoint_url(setting("AWS_ENDPOINT_URL"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(id, key, None, None, "tests")))
        .http_client(http)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SystemTimeSource::new())
        .build()
}

/// The Lambda API of the stack under test.
pub(crate) fn lambda() -> Client {
    Client::new(&config())
}

/// The environment variables of the function with the logical id `function`.
pub(crate) async fn variables(function: &str) -> HashMap<String, String> {
    let function = format!("{}-{function}", setting("STACK_NAME"));
    let configuration = lambda().get_function_configuration().function_name(function).send().await.unwrap();
    configuration.environment.unwrap().variables.unwrap()
}

/// The program of the function with the logical id `function`, and the handler that it is configured with.
pub(crate) async fn program(function: &str) -> (PathBuf, String) {
    let function = format!("{}-{function}", setting("STACK_NAME"));
    let configuration = lambda().get_function_configuration().function_name(function).send().await.unwrap();
    let context = configuration.environment.unwrap().variables.unwrap().remove("CONTEXT").unwrap();
    let folder = format!("{}/../target/lambda/{context}", env!("CARGO_MANIFEST_DIR"));
    (Path::new(&folder).join("bootstrap"), configuration.handler.unwrap())
}

/// The environment variable `name` of the function with the logical id `function`.
pub(crate) async fn variable(function: &str, name: &str) -> String {
    variables(function).await.remove(name).unwrap_or_else(|| panic!("no variable {name}"))
}

/// The text of the secret whose ARN stands in the environment variable `name` of `function`.
pub(crate) async fn secret(function: &str, name: &str) -> String {
    let arn = variable(function, name).await;
    let client = aws_sdk_secretsmanager::Client::new(&config());
    client.get_secret_value().secret_id(arn).send().await.unwrap().secret_string.unwrap()
}

/// Lets SES send letters from `address`, as its owner would.
pub(crate) async fn verify_sender(address: &str) {
    let client = aws_sdk_sesv2::Client::new(&config());
    let made = client.create_email_identity().email_identity(address).send().await;
    if let Err(error) = made {
        assert!(error.into_service_error().is_already_exists_exception());
    }
}

/// Puts a message with this body into a queue of dead letters, as if its consumer had given it up.
pub(crate) async fn give_up(queue: &str, body: &str) {
    let listed = variable("RedriveDeadLetters", "DEAD_LETTERS").await;
    let entry = listed.split(',').map(|entry| entry.split(':').collect::<Vec<_>>());
    let found =
        entry.into_iter().find(|entry| entry[0] == queue).unwrap_or_else(|| panic!("{queue} in {listed}"));
    let url = format!("{}{}", variable("RedriveDeadLetters", "QUEUES_URL").await, found[2]);
    aws_sdk_sqs::Client::new(&config())
        .send_message()
        .queue_url(url)
        .message_body(body)
        .send()
        .await
        .unwrap();
}

/// Sets the attribute `attribute` of an item to a text behind the system's back, to stand for what happened while it did not look.
pub(crate) async fn set_text(table_variable: &str, pk: &str, sk: &str, attribute: &str, text: &str) {
    set(table_variable, pk, sk, attribute, AttributeValue::S(text.to_owned())).await;
}

/// Sets the attribute `attribute` of an item to a list of texts behind the system's back.
pub(crate) async fn set_texts(table_variable: &str, pk: &str, sk: &str, attribute: &str, texts: &[&str]) {
    let texts = texts.iter().map(|text| AttributeValue::S((*text).to_owned())).collect();
    set(table_variable, pk, sk, attribute, AttributeValue::L(texts)).await;
}

/// Sets the attribute `attribute` of an item behind the system's back, to stand for time that went by.
pub(crate) async fn set_number(table_variable: &str, pk: &str, sk: &str, attribute: &str, value: i64) {
    set(table_variable, pk, sk, attribute, AttributeValue::N(value.to_string())).await;
}

/// Sets the attribute `attribute` of an item to a truth value behind the system's back.
pub(crate) async fn set_flag(table_variable: &str, pk: &str, sk: &str, attribute: &str, value: bool) {
    set(table_variable, pk, sk, attribute, AttributeValue::Bool(value)).await;
}

async fn set(table_variable: &str, pk: &str, sk: &str, attribute: &str, value: AttributeValue) {
    let table = variable("GetReady", table_variable).await;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let client = aws_sdk_dynamodb::Client::new(&config());
    let update = client.update_item().table_name(table).key("PK", text(pk)).key("SK", text(sk));
    update
        .update_expression("SET #attribute = :value")
        .expression_attribute_names("#attribute", attribute)
        .condition_expression("attribute_exists(PK)")
        .expression_attribute_values(":value", value)
        .send()
        .await
        .unwrap();
}

/// Sets texts of an item behind the system's back, provided that the item has the attribute `existing`; answers whether it has.
/// A change names an attribute or, with a dot, a member of one.
pub(crate) async fn set_texts_of_existing(
    table_variable: &str,
    pk: &str,
    sk: &str,
    changes: &[(&str, &str)],
    existing: &str,
) -> bool {
    let table = variable("GetReady", table_variable).await;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let mut update = aws_sdk_dynamodb::Client::new(&config()).update_item().table_name(table);
    update = update.key("PK", text(pk)).key("SK", text(sk)).expression_attribute_names("#existing", existing);
    let mut assignments = Vec::new();
    for (number, (path, value)) in changes.iter().enumerate() {
        let names = path.split('.').enumerate().map(|(depth, name)| (format!("#n{number}_{depth}"), name));
        let names: Vec<_> = names.collect();
        let path: Vec<_> = names.iter().map(|(placeholder, _)| placeholder.as_str()).collect();
        assignments.push(format!("{} = :v{number}", path.join(".")));
        update = update.expression_attribute_values(format!(":v{number}"), text(value));
        for (placeholder, name) in names {
            update = update.expression_attribute_names(placeholder, name);
        }
    }
    let update = update.update_expression(format!("SET {}", assignments.join(", ")));
    match update
        .condition_expression("attribute_exists(#existing)")
        .send()
        .await
        .map_err(SdkError::into_service_error)
    {
        Ok(_) => true,
        Err(error) if error.is_conditional_check_failed_exception() => false,
        Err(error) => panic!("{error:?}"),
    }
}

/// Takes an item out of a table behind the system's back.
pub(crate) async fn remove(table_variable: &str, pk: &str, sk: &str) {
    let table = variable("GetReady", table_variable).await;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let client = aws_sdk_dynamodb::Client::new(&config());
    client.delete_item().table_name(table).key("PK", text(pk)).key("SK", text(sk)).send().await.unwrap();
}

/// Puts back an item that was taken out of a table.
pub(crate) async fn put_back(table_variable: &str, item: std::collections::HashMap<String, AttributeValue>) {
    let table = variable("GetReady", table_variable).await;
    let client = aws_sdk_dynamodb::Client::new(&config());
    client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}

/// An item as the table holds it, in words for a test to search.
pub(crate) async fn item(
    table_variable: &str,
    pk: &str,
    sk: &str,
) -> Option<HashMap<String, AttributeValue>> {
    let table = variable("GetReady", table_variable).await;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let client = aws_sdk_dynamodb::Client::new(&config());
    client.get_item().table_name(table).key("PK", text(pk)).key("SK", text(sk)).send().await.unwrap().item
}

/// The journal's events of `aggregate`, oldest first.
pub(crate) async fn journal_of(aggregate: &str) -> Vec<Value> {
    let table = variable("GetReady", "JOURNAL_TABLE").await;
    let client = aws_sdk_dynamodb::Client::new(&config());
    let query = client.query().table_name(table).key_condition_expression("PK = :aggregate");
    let query = query.expression_attribute_values(":aggregate", AttributeValue::S(aggregate.to_owned()));
    let rows = query.consistent_read(true).send().await.unwrap().items.unwrap();
    rows.iter().map(|row| json(&row["event"])).collect()
}

/// All events in the journal, in no particular order.
pub(crate) async fn whole_journal() -> Vec<Value> {
    let table = variable("GetReady", "JOURNAL_TABLE").await;
    let client = aws_sdk_dynamodb::Client::new(&config());
    let (mut told, mut start) = (Vec::new(), None);
    loop {
        let page = client.scan().table_name(&table).set_exclusive_start_key(start).send().await.unwrap();
        told.extend(page.items.unwrap_or_default().iter().map(|row| json(&row["event"])));
        start = page.last_evaluated_key;
        if start.is_none() {
            return told;
        }
    }
}

/// An attribute as JSON.
fn json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => Value::from(text.as_str()),
        AttributeValue::N(number) => serde_json::from_str(number).unwrap(),
        AttributeValue::Bool(flag) => Value::from(*flag),
        AttributeValue::L(items) => items.iter().map(json).collect(),
        AttributeValue::M(members) => {
            members.iter().map(|(name, value)| (name.clone(), json(value))).collect()
        }
        AttributeValue::Null(_) => Value::Null,
        other => panic!("{other:?} in a journal"),
    }
}

/// How many items of a table have `value` as their attribute `name`.
pub(crate) async fn count(table_variable: &str, name: &str, value: &str) -> i32 {
    let table = variable("GetReady", table_variable).await;
    let client = aws_sdk_dynamodb::Client::new(&config());
    let (mut found, mut start) = (0, None);
    loop {
        let page = client
            .scan()
            .table_name(&table)
            .filter_expression("#name = :value")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", AttributeValue::S(value.to_owned()))
            .set_exclusive_start_key(start)
            .send()
            .await
            .unwrap();
        found += page.count;
        start = page.last_evaluated_key;
        if start.is_none() {
            return found;
        }
    }
}

/// Lets the lease of a request that died lapse: the one that `caller` sent on `route` with `key`.
pub(crate) async fn lapse(caller: &str, route: &str, key: &str) {
    let mut hash = Sha256::new();
    for part in [caller, route, key] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let pk = format!("KEY#{}", hex::encode(hash.finalize()));
    set_number("IDEMPOTENCY_TABLE", &pk, "RECORD", "leaseEnds", 0).await;
}

/// Everything that a table holds, in words for a test to search.
pub(crate) async fn everything_in(table_variable: &str) -> String {
    let table = variable("GetReady", table_variable).await;
    let client = aws_sdk_dynamodb::Client::new(&config());
    let (mut all, mut start) = (Vec::new(), None);
    loop {
        let page = client.scan().table_name(&table).set_exclusive_start_key(start).send().await.unwrap();
        all.push(format!("{:?}", page.items.unwrap_or_default()));
        start = page.last_evaluated_key;
        if start.is_none() {
            return all.concat();
        }
    }
}

/// Calls the function with the logical id `function`; answers its result, or `Err` with what it failed with.
pub(crate) async fn invoke(function: &str, event: &Value) -> Result<Value, Value> {
    invoke_raw(&format!("{}-{function}", setting("STACK_NAME")), event).await
}

/// As [`invoke`]; answers also the end of what the function logged.
pub(crate) async fn invoke_and_read_log(function: &str, event: &Value) -> (Value, String) {
    let name = format!("{}-{function}", setting("STACK_NAME"));
    let call = lambda().invoke().function_name(name).payload(Blob::new(event.to_string()));
    let answer = call.log_type(LogType::Tail).send().await.unwrap();
    let log = STANDARD.decode(answer.log_result.unwrap_or_default()).unwrap();
    let body = answer.payload.map(Blob::into_inner).unwrap_or_default();
    assert!(answer.function_error.is_none(), "{}", String::from_utf8_lossy(&body));
    (serde_json::from_slice(&body).unwrap(), String::from_utf8_lossy(&log).into_owned())
}

/// Calls the function called `name`.
async fn invoke_raw(name: &str, event: &Value) -> Result<Value, Value> {
    let payload = Blob::new(event.to_string());
    let answer = lambda().invoke().function_name(name).payload(payload).send().await.unwrap();
    let body = answer.payload.map(Blob::into_inner).unwrap_or_default();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    if answer.function_error.is_some() { Err(body) } else { Ok(body) }
}
