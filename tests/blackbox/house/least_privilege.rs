//! Every function may do what it needs and nothing else, and that is enforced.

use serde_json::json;
use serde_yaml_ng::Value;

use super::template::{functions, root};
use crate::harness::{invoke, make_copy, operator, product, remove_copy, stock_of, variables};

/// The statements of a function's own policies, those under a condition as well.
fn statements(function: &Value) -> Vec<Value> {
    let policies = function["Properties"]["Policies"].as_sequence().cloned().unwrap_or_default();
    let written = policies.iter().flat_map(|policy| policy["Statement"].as_sequence().cloned().unwrap());
    let when_it_holds = |statement: Value| match statement {
        Value::Tagged(tagged) if tagged.tag == "If" => tagged.value[1].clone(),
        statement => statement,
    };
    written.map(when_it_holds).collect()
}

#[test]
fn no_policy_has_a_wildcard() {
    let mut seen = 0;
    for (id, function) in functions() {
        for statement in statements(&function) {
            seen += 1;
            let text = serde_yaml_ng::to_string(&statement).unwrap();
            if statement.get("NotResource").is_some() {
                // A phone number has no ARN: everything is excluded that has one (Amazon SNS developer guide, identity-based policies).
                assert!(["NotifyCustomer", "DeliverCode"].contains(&id.as_str()), "{text}");
                assert_eq!(statement["Action"], Value::from(vec!["sns:Publish"]), "{text}");
                continue;
            }
            assert!(!text.contains('*'), "{id}: {text}");
            assert!(statement.get("Resource").is_some(), "{id}: {text}");
        }
    }
    assert!(seen > 50, "only {seen} statements were found");
}

/// Runs the code that sets stock under the role of a function that only reads orders.
#[tokio::test]
async fn a_function_is_refused_what_it_was_not_given() {
    let kettle = product(100, 7).await;
    let name = "StockUnderAnotherRole";
    let variables = variables("PutStock").await;
    make_copy(name, "put-stock", "GetOrder", variables).await;

    let operator = operator().await;
    let sample = std::fs::read_to_string(root().join("events/put-stock.json")).unwrap();
    let mut event: serde_json::Value = serde_json::from_str(&sample).unwrap();
    event["pathParameters"]["sku"] = json!(kettle.sku);
    event["headers"]["authorization"] = json!(format!("Bearer {}", operator.token));
    event["body"] = json!(json!({"warehouse": "msk-1", "available": 1_000}).to_string());
    event["isBase64Encoded"] = json!(false);
    let refused = invoke(name, &event).await;
    let allowed = invoke("PutStock", &event).await.unwrap();
    remove_copy(name).await;

    let refused = refused.unwrap();
    assert_eq!(refused["statusCode"], 500, "{refused}");
    assert!(!refused["body"].as_str().unwrap().contains("AccessDenied"), "the inside leaks: {refused}");
    assert_eq!(allowed["statusCode"], 200, "the same event under its own role: {allowed}");
    assert_eq!(stock_of(&kettle.sku).await, 1_000);
}
