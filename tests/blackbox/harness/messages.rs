//! What customers were sent, as the emulator has captured it.

use serde_json::{Value, json};

use super::{Answer, http, setting};

/// The emails to `address` that went to the topic: of each its id, its template, its subject, its text and its page.
pub(crate) async fn emails(address: &str) -> Vec<Value> {
    let (endpoint, queue) = (setting("AWS_ENDPOINT_URL"), setting("EMAIL_QUEUE_URL"));
    let url = format!("{endpoint}/_ministack/sqs/messages?QueueUrl={queue}");
    let captured = Answer::to(http().get(url)).await.expect(200);
    let mut emails = Vec::new();
    collect(&captured["messages"], &mut |message| {
        let envelope: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
        let attribute = |name: &str| envelope["MessageAttributes"][name]["Value"].clone();
        if attribute("recipient") == address {
            emails.push(json!({
                "id": attribute("notificationId"), "template": attribute("template"),
                "subject": attribute("subject"), "text": envelope["Message"], "html": attribute("html"),
            }));
        }
    });
    emails
}

/// The emails to `address` that went through SES, as it has captured them.
pub(crate) async fn ses_emails(address: &str) -> Vec<Value> {
    let url = format!("{}/_ministack/ses/messages", setting("AWS_ENDPOINT_URL"));
    let captured = Answer::to(http().get(url)).await.expect(200);
    let accounts = captured["messages"].as_object().unwrap().values();
    let emails = accounts.flat_map(|emails| emails.as_array().unwrap().clone());
    emails.filter(|email| email["To"].as_array().unwrap().iter().any(|to| to == address)).collect()
}

/// The text messages to `phone`.
pub(crate) async fn texts(phone: &str) -> Vec<String> {
    let url = format!("{}/_ministack/sns/sms-messages", setting("AWS_ENDPOINT_URL"));
    let captured = Answer::to(http().get(url)).await.expect(200);
    let messages = captured["sms_messages"][phone].as_array().cloned().unwrap_or_default();
    messages.iter().map(|message| message["Message"].as_str().unwrap().to_owned()).collect()
}

/// Visits every captured message, regardless of the account, region and queue it is filed under.
fn collect(value: &Value, visit: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(members) if members.contains_key("Body") => visit(value),
        Value::Object(members) => members.values().for_each(|value| collect(value, visit)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
