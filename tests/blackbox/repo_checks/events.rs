//! The events in the journal are those that the catalogue describes.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use regex::Regex;
use serde_json::{Value, json};

use crate::harness::{
    Person, customer, delete, document, invoke, operator, order_directly, patch, pay_for, place_order, post,
    product, put_stock, whole_journal,
};

/// The schemas of all events by their names.
fn schemas() -> BTreeMap<String, Validator> {
    let described = events::catalogue();
    assert!(described.len() > 40, "only {} events are described", described.len());
    described
        .iter()
        .map(|event| {
            let options = jsonschema::options().should_validate_formats(true);
            (event.detail_type(), options.build(&event.schema()).unwrap())
        })
        .collect()
}

/// A client that is made of the API document can ask for every event that webhooks tell, and for no other.
#[test]
fn the_document_names_the_events_of_webhooks() {
    let schema =
        document().root().at("components").unwrap().at("schemas").unwrap().at("WantedEventType").unwrap();
    let named: BTreeSet<&str> =
        schema.value["enum"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let told = ["orders", "payments", "stock", "catalog"];
    let catalogue: Vec<String> = events::catalogue().iter().map(events::Described::detail_type).collect();
    let of_webhooks =
        catalogue.iter().map(String::as_str).filter(|name| told.contains(&name.split('.').next().unwrap()));
    assert_eq!(named, of_webhooks.chain(["*"]).collect());
}

/// The members that every event has.
const MEMBERS: [&str; 9] =
    ["actor", "aggregateId", "correlationId", "data", "id", "occurredAt", "sequence", "type", "version"];

/// Makes enough changes for most events to be published: tests run side by side, and those that cause the others may not have begun.
async fn change_things() {
    let (anna, clerk) = (customer().await, operator().await);
    anna.ask(patch("/api/v1/users/me").json(&json!({"locale": "ru"}))).await.expect(200);
    invoke("GrantScopes", &json!({"userId": anna.id, "scopes": ["loms"]})).await.unwrap();
    let kettle = product(500, 9).await;
    put_stock(&kettle.sku, &json!({"warehouse": "spb-1", "available": 2})).await;
    let order = |order: &Value| format!("/api/v1/orders/{}", order["number"]);
    let paid = pay_for(&anna, &kettle, 1).await;
    for status in ["confirmed", "shipped", "delivered"] {
        clerk.ask(patch(&order(&paid)).json(&json!({"status": status}))).await.expect(200);
    }
    let waiting = place_order(&anna, &kettle, 1).await;
    anna.ask(post(&format!("{}/cancel", order(&waiting))).json(&json!({}))).await.expect(200);
    let refunded = pay_for(&anna, &kettle, 1).await;
    clerk.ask(post(&format!("{}/cancel", order(&refunded))).json(&json!({}))).await.expect(200);
    order_directly(&anna, &kettle, 1, &json!({"card": "tok_declined"})).await;
    forget(&anna).await;
}

async fn forget(person: &Person) {
    assert_eq!(person.ask(delete("/api/v1/users/me")).await.status, 204);
}

#[tokio::test]
async fn every_event_of_the_journal_is_as_the_catalogue_describes_it() {
    change_things().await;
    let (schemas, mut seen, mut wrong) = (schemas(), BTreeSet::new(), Vec::new());
    let traceparent = Regex::new("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$").unwrap();
    for event in whole_journal().await {
        let name = format!("{}.v{}", event["type"].as_str().unwrap(), event["version"]);
        let members: Vec<&str> = {
            let all = event.as_object().unwrap().keys().map(String::as_str);
            // A program that a test runs outside of Lambda is in no trace.
            let mut members: Vec<&str> = all.filter(|member| *member != "traceparent").collect();
            members.sort_unstable();
            members
        };
        assert_eq!(members, MEMBERS, "{event}");
        let trace = event.get("traceparent").map(|trace| trace.as_str().unwrap());
        assert!(trace.is_none_or(|trace| traceparent.is_match(trace)), "{event}");
        match schemas.get(&name) {
            None => wrong.push(format!("{name} is not described")),
            Some(schema) => {
                let errors = schema.iter_errors(&event["data"]);
                wrong.extend(errors.map(|error| format!("{name}: {error} at {}", error.instance_path())));
            }
        }
        seen.insert(name);
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for name in [
        "orders.order_placed.v1",
        "orders.order_paid.v1",
        "orders.order_delivered.v1",
        "orders.order_canceled.v1",
        "payments.payment_succeeded.v1",
        "identity.user_deleted.v1",
        "identity.profile_changed.v1",
        "catalog.product_changed.v1",
        "stock.stock_changed.v1",
    ] {
        assert!(seen.contains(name), "{name} was not told: {seen:?}");
    }
}
