//! An example of each event's data, made of its description: the members that are required, with values such as there are.

use serde_json::{Map, Value, json};

/// What stands in members by their names, as JSON.
const VALUES: [(&str, &str); 41] = [
    ("amount", "7500"),
    ("available", "7"),
    ("by", "\"email\""),
    ("channel", "\"email\""),
    ("currency", "\"RUB\""),
    ("event", "\"payment.succeeded\""),
    ("expected", "3"),
    ("fromLane", "0"),
    ("host", "\"shop.example.com\""),
    ("how", "\"reset\""),
    ("lane", "0"),
    ("lanes", "4"),
    ("method", "\"card\""),
    ("name", "\"Kettle\""),
    ("number", "42"),
    ("orderNumber", "42"),
    ("overlapHours", "24"),
    ("price", "2500"),
    ("promotionId", "\"welcome\""),
    ("provider", "\"yookassa\""),
    ("quantity", "3"),
    ("reason", "\"refresh_token_reused\""),
    ("reference", "\"2d3f1a5e-000f-5000-8000-1b2c3d4e5f60\""),
    ("reserved", "5"),
    ("scopes", "\"orders:read\""),
    ("shippingMethodId", "\"courier-ru\""),
    ("sku", "\"kettle-17\""),
    ("status", "\"sent\""),
    ("taxRateId", "\"ru-books\""),
    ("template", "\"order_paid\""),
    ("threshold", "10"),
    ("to.lane", "1"),
    ("totalAmount", "7500"),
    ("unitPrice", "2500"),
    ("units", "20"),
    ("version", "12"),
    ("warehouse", "\"msk-1\""),
    ("orderId", "\"2e995cee-6444-5287-bae5-cc95d4299590\""),
    ("userId", "\"7d9f6f0e-52a5-4c1e-9a6e-0b1c2d3e4f50\""),
    ("paymentId", "\"5f0c6d3a-9b1e-4c57-8f1d-2a6b7c8d9e01\""),
    ("expiresAt", "\"2026-03-03T14:35:00.000Z\""),
];
/// What has to stand in the members of some events for the example to make sense.
const OF_EVENTS: [(&str, &str, &str); 25] = [
    ("identity.login_removed", "reason", "\"unverified\""),
    ("orders.order_placed", "status", "\"awaiting_payment\""),
    ("orders.order_reserved", "status", "\"awaiting_payment\""),
    ("orders.order_failed", "status", "\"failed\""),
    ("orders.order_paid", "status", "\"paid\""),
    ("orders.order_confirmed", "status", "\"confirmed\""),
    ("orders.order_shipped", "status", "\"shipped\""),
    ("orders.order_delivered", "status", "\"delivered\""),
    ("orders.order_canceled", "status", "\"cancelled\""),
    ("orders.address_changed", "status", "\"paid\""),
    ("orders.order_claimed", "status", "\"paid\""),
    ("orders.customer_forgotten", "status", "\"delivered\""),
    ("orders.order_created", "status", "\"new\""),
    ("notifications.notification_queued", "status", "\"queued\""),
    ("notifications.notification_unconfirmed", "status", "\"unconfirmed\""),
    ("notifications.notification_delivered", "status", "\"delivered\""),
    ("notifications.notification_failed", "status", "\"failed\""),
    ("payments.unknown_object_reported", "reason", "\"not_there\""),
    ("payments.payment_started", "status", "\"pending\""),
    ("payments.payment_succeeded", "status", "\"succeeded\""),
    ("payments.payment_failed", "status", "\"failed\""),
    ("payments.reconciliation_given_up", "status", "\"pending\""),
    ("stock.stock_recovered", "available", "120"),
    ("webhooks.endpoint_disabled", "enabled", "false"),
    ("webhooks.endpoint_deleted", "enabled", "false"),
];
/// Any id that no table names.
const ID: &str = "11111111-1111-4111-8111-111111111111";
const TIME: &str = "2026-03-03T14:25:00.000Z";

/// An example of the data that `schema` describes, which is the event `name`'s.
pub(crate) fn of(name: &str, schema: &Value) -> Value {
    value(name, "", schema)
}

/// What stands at `path` in an example of the event `name`.
fn value(name: &str, path: &str, schema: &Value) -> Value {
    let last = path.rsplit('.').next().unwrap_or(path);
    let chosen = OF_EVENTS.iter().find(|(event, member, _)| *event == name && *member == path);
    if let Some((_, _, text)) = chosen {
        return parsed(text);
    }
    if let Some(members) = schema["properties"].as_object() {
        let required: Vec<&Value> = schema["required"].as_array().into_iter().flatten().collect();
        let wanted = members.iter().filter(|(member, _)| required.iter().any(|name| *name == *member));
        let under =
            |member: &str| if path.is_empty() { member.to_owned() } else { format!("{path}.{member}") };
        let made = wanted.map(|(member, schema)| (member.clone(), value(name, &under(member), schema)));
        return Value::Object(made.collect::<Map<_, _>>());
    }
    if schema["items"].is_object() {
        return json!([value(name, path, &schema["items"])]);
    }
    let known = VALUES.iter().find(|(member, _)| *member == path);
    if let Some((_, text)) = known.or_else(|| VALUES.iter().find(|(member, _)| *member == last)) {
        return parsed(text);
    }
    let first = schema["oneOf"].as_array().or(schema["anyOf"].as_array()).and_then(|choices| choices.first());
    if let Some(choice) = first {
        return choice.get("const").cloned().unwrap_or_else(|| value(name, path, choice));
    }
    match (schema["format"].as_str(), schema["type"].as_str()) {
        (Some("uuid"), _) => json!(ID),
        (Some("date-time"), _) => json!(TIME),
        (_, Some("integer")) => json!(schema["minimum"].as_i64().unwrap_or(0).max(1)),
        (_, Some("boolean")) => json!(true),
        _ => Value::Null,
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
