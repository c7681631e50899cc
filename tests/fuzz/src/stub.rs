//! AWS as far as one run needs it: every call succeeds at once, reads return the items of the input, and writes are kept for the run to look at.
//!
//! No rule of DynamoDB is kept: no condition fails and no update is applied. What the functions make of foreign bytes is tested here, not what they
//! make of other callers.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value, json};

/// An answer of SNS to `Publish`, the only call that is not JSON.
const PUBLISHED: &str = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>stub</MessageId></PublishResult></PublishResponse>";

/// The items that reads return, and those that were written, all in DynamoDB's JSON.
#[derive(Default)]
struct Tables {
    items: Vec<Value>,
    /// How many reads of one item were answered with the next item.
    turns: usize,
    written: Vec<Value>,
}

/// The AWS of this process.
#[derive(Clone, Default)]
pub struct Stub {
    secrets: Arc<Vec<(String, String)>>,
    tables: Arc<Mutex<Tables>>,
}

impl std::fmt::Debug for Stub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stub")
    }
}

impl Stub {
    /// With these secrets by their ARNs.
    pub fn new(secrets: Vec<(String, String)>) -> Self {
        Self { secrets: Arc::new(secrets), ..Self::default() }
    }

    /// Begins another run, in which reads return `items`, given as plain JSON objects.
    pub fn hold(&self, items: &[Value]) {
        let items = items.iter().map(|item| attributes(item)).collect();
        *self.tables() = Tables { items, ..Tables::default() };
    }

    /// The items that were put since [`Self::hold`], as plain JSON objects.
    pub fn written(&self) -> Vec<Value> {
        self.tables().written.iter().map(plain_item).collect()
    }

    fn tables(&self) -> std::sync::MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &HttpRequest) -> String {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let (service, operation) = target.split_once('.').unwrap_or_default();
        match service {
            "DynamoDB_20120810" => self.dynamodb(operation, &asked).to_string(),
            "AmazonSQS" => queue(operation, &asked).to_string(),
            "secretsmanager" => self.secret(&asked).to_string(),
            "AWSEvents" => bus(&asked).to_string(),
            _ if body.starts_with(b"Action=Publish") => PUBLISHED.to_owned(),
            _ => json!({"MessageId": "stub"}).to_string(),
        }
    }

    fn secret(&self, asked: &Value) -> Value {
        let id = asked["SecretId"].as_str().unwrap_or_default();
        let value = self.secrets.iter().find(|(arn, _)| arn == id).map(|(_, value)| value.as_str());
        json!({"ARN": id, "Name": id, "SecretString": value.unwrap_or_default()})
    }

    fn dynamodb(&self, operation: &str, asked: &Value) -> Value {
        let mut tables = self.tables();
        match operation {
            "GetItem" => match tables.get(&asked["Key"]) {
                Some(item) => json!({"Item": item}),
                None => json!({}),
            },
            "BatchGetItem" => {
                let requested = asked["RequestItems"].as_object().into_iter().flatten();
                let responses: Map<String, Value> = requested
                    .map(|(table, keys)| {
                        let keys = keys["Keys"].as_array().into_iter().flatten();
                        (table.clone(), keys.filter_map(|key| tables.get(key)).collect())
                    })
                    .collect();
                json!({"Responses": responses, "UnprocessedKeys": {}})
            }
            "Query" | "Scan" => {
                let items = &tables.items;
                json!({"Items": items, "Count": items.len(), "ScannedCount": items.len()})
            }
            "PutItem" => {
                tables.written.push(asked["Item"].clone());
                json!({})
            }
            "TransactWriteItems" => {
                let actions = asked["TransactItems"].as_array().into_iter().flatten();
                tables.written.extend(actions.filter_map(|action| action["Put"].get("Item").cloned()));
                json!({})
            }
            "UpdateItem" if asked.get("ReturnValues").is_some() => {
                json!({"Attributes": tables.get(&asked["Key"]).unwrap_or_else(|| json!({}))})
            }
            _ => json!({}),
        }
    }
}

impl Tables {
    /// The item under `key`; where no item has that key, the next one, so that items of an input are read regardless of their keys.
    fn get(&mut self, key: &Value) -> Option<Value> {
        let has_key = |item: &&Value| item["PK"] == key["PK"] && item["SK"] == key["SK"];
        if let Some(found) = self.items.iter().find(has_key) {
            return Some(found.clone());
        }
        let next = self.turns.checked_rem(self.items.len())?;
        self.turns += 1;
        self.items.get(next).cloned()
    }
}

fn queue(operation: &str, asked: &Value) -> Value {
    match operation {
        "SendMessageBatch" => {
            let entries = asked["Entries"].as_array().into_iter().flatten();
            let sent: Vec<Value> = entries
                .map(|entry| json!({"Id": entry["Id"], "MessageId": "stub", "MD5OfMessageBody": ""}))
                .collect();
            json!({"Successful": sent, "Failed": []})
        }
        "SendMessage" => json!({"MessageId": "stub", "MD5OfMessageBody": ""}),
        "GetQueueAttributes" => json!({"Attributes": {"ApproximateNumberOfMessages": "0"}}),
        _ => json!({}),
    }
}

fn bus(asked: &Value) -> Value {
    let entries = asked["Entries"].as_array().map_or(0, Vec::len);
    let taken: Vec<Value> = (0..entries).map(|number| json!({"EventId": number.to_string()})).collect();
    json!({"FailedEntryCount": 0, "Entries": taken, "Arn": "arn:aws:events:eu-central-2:000000000000:event-bus/fuzz", "Name": "fuzz"})
}

/// The attributes of a plain JSON object; an empty item for what is none.
fn attributes(item: &Value) -> Value {
    let members = item.as_object().into_iter().flatten();
    Value::Object(members.map(|(name, value)| (name.clone(), attribute(value))).collect())
}

fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(value) => json!({"BOOL": value}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(values) => json!({"L": values.iter().map(attribute).collect::<Vec<_>>()}),
        Value::Object(_) => json!({"M": attributes(value)}),
    }
}

fn plain_item(item: &Value) -> Value {
    let members = item.as_object().into_iter().flatten();
    Value::Object(members.map(|(name, value)| (name.clone(), plain(value))).collect())
}

fn plain(attribute: &Value) -> Value {
    let Some((kind, value)) = attribute.as_object().and_then(|members| members.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        "N" => value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
        "L" => value.as_array().into_iter().flatten().map(plain).collect(),
        "M" => plain_item(value),
        "NULL" => Value::Null,
        _ => value.clone(),
    }
}

impl HttpConnector for Stub {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = self.answer(&request);
        let status = StatusCode::try_from(200).map_err(|error| {
            aws_smithy_runtime_api::client::result::ConnectorError::other(error.into(), None)
        });
        HttpConnectorFuture::ready(status.map(|status| HttpResponse::new(status, SdkBody::from(body))))
    }
}

impl HttpClient for Stub {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
