//! Events and the batches that Lambda hands them over in, for functions that are called without their queue or stream.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Answer, invoke, setting};

/// What happened to the order `number` of the account `user`; `data` says what is peculiar to events of `kind`.
pub(crate) fn order_event(kind: &str, user: &str, number: u64, data: &Value) -> Value {
    let order = Uuid::new_v4();
    let mut all = json!({
        "orderId": order, "number": number, "userId": user, "status": "paid", "totalAmount": 7_500, "currency": "RUB",
    });
    all.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    json!({
        "id": Uuid::new_v4(), "type": kind, "version": 1, "occurredAt": "2026-03-03T14:25:00.000Z",
        "aggregateId": format!("order/{order}"), "sequence": 2, "actor": {"kind": "customer", "id": user},
        "correlationId": "a-test", "data": all,
    })
}

/// A number that no other test's order has.
pub(crate) fn unique_number() -> u64 {
    u64::try_from(Uuid::new_v4().as_u128() % 9_000_000_000_000).unwrap() + 1_000_000_000_000
}

/// A batch of SQS messages with these ids and bodies.
pub(crate) fn sqs_batch(messages: &[(&str, String)]) -> Value {
    let record =
        |(id, body): &(&str, String)| json!({"messageId": id, "body": body, "eventSource": "aws:sqs"});
    json!({"Records": messages.iter().map(record).collect::<Vec<_>>()})
}

/// A batch of a table's stream with these positions and items.
pub(crate) fn stream_batch(changes: &[(&str, Value)]) -> Value {
    let record = |(position, item): &(&str, Value)| {
        let keys = json!({"PK": attribute(&item["PK"]), "SK": attribute(&item["SK"])});
        let change = json!({
            "ApproximateCreationDateTime": 1_772_547_900, "Keys": keys, "NewImage": attribute(item)["M"],
            "SequenceNumber": position, "SizeBytes": 100, "StreamViewType": "NEW_IMAGE",
        });
        json!({
            "eventID": position, "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": setting("AWS_REGION"), "dynamodb": change,
        })
    };
    json!({"Records": changes.iter().map(record).collect::<Vec<_>>()})
}

/// The journal's row of `event`.
pub(crate) fn journal_row(event: &Value) -> Value {
    let sequence = format!("{:0>12}", event["sequence"].as_u64().unwrap());
    json!({"PK": event["aggregateId"], "SK": sequence, "event": event})
}

/// `value` as DynamoDB writes it.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(flag) => json!({"BOOL": flag}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(items) => json!({"L": items.iter().map(attribute).collect::<Vec<_>>()}),
        Value::Object(members) => {
            let members: Map<String, Value> =
                members.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
            json!({"M": members})
        }
    }
}

/// A request as the gateway hands it over: `route` is `METHOD /path/{id}`, and `id` stands for the parameter.
pub(crate) fn request_event(route: &str, id: &str, headers: &Value, body: &Value) -> Value {
    let (method, path) = route.split_once(' ').unwrap();
    let path = path.replace("{id}", id);
    let mut all = json!({"content-type": "application/json"});
    all.as_object_mut().unwrap().extend(headers.as_object().unwrap().clone());
    json!({
        "version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": "", "headers": all,
        "pathParameters": {"id": id},
        "requestContext": {
            "accountId": "123456789012", "apiId": "test", "domainName": "api.example.com", "domainPrefix": "api",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "test",
            },
            "requestId": Uuid::new_v4(), "routeKey": route, "stage": "$default",
            "time": "21/Nov/2026:09:00:00 +0000", "timeEpoch": 1_795_251_600_000_u64,
        },
        "isBase64Encoded": false, "body": if body.is_null() { String::new() } else { body.to_string() },
    })
}

/// Posts `body` to `path`, which is `function`'s, as the gateway would hand it over when it came from `address`.
pub(crate) async fn post_from(address: &str, function: &str, path: &str, body: &Value) -> Answer {
    let mut event = request_event(&format!("POST {path}"), "", &json!({}), body);
    event["requestContext"]["http"]["sourceIp"] = json!(address);
    let answered = invoke(function, &event).await.unwrap();
    let text = answered["body"].as_str().unwrap_or_default().to_owned();
    let header = |(name, value): (&String, &Value)| {
        let value = HeaderValue::from_str(value.as_str().unwrap()).unwrap();
        (HeaderName::try_from(name).unwrap(), value)
    };
    let headers: HeaderMap = answered["headers"].as_object().unwrap().iter().map(header).collect();
    let status = u16::try_from(answered["statusCode"].as_u64().unwrap()).unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
}
