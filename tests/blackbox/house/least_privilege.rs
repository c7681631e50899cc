//! Every function may do what it needs and nothing else, and that is enforced.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::template::{
    functions, gateway, mappings, of_kind, root, routes, source_of, statements, statements_of, target,
};
use crate::harness::{invoke, make_copy, operator, product, remove_copy, stock_of, variables};

/// What SAM gives every function: to write its log and its traces, neither of which has a name before it is written.
const MANAGED: [&str; 2] = ["service-role/AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"];

/// What a statement speaks of, each of its resources.
fn spoken_of(statement: &Value) -> Vec<Value> {
    match &statement["Resource"] {
        Value::Array(several) => several.clone(),
        one => vec![one.clone()],
    }
}

#[test]
fn no_policy_has_a_wildcard() {
    let mut seen = 0;
    for (id, role) in of_kind("AWS::IAM::Role") {
        for statement in statements_of(&role) {
            seen += 1;
            let text = statement.to_string();
            if statement.get("NotResource").is_some() {
                // A phone number has no ARN: everything is excluded that has one (Amazon SNS developer guide, identity-based policies).
                assert!(["NotifyCustomerRole", "DeliverCodeRole"].contains(&id.as_str()), "{text}");
                assert_eq!(statement["Action"], json!(["sns:Publish"]), "{text}");
                continue;
            }
            assert!(!text.contains('*'), "{id}: {text}");
            assert!(statement.get("Resource").is_some(), "{id}: {text}");
        }
    }
    assert!(seen > 300, "only {seen} statements were found");
}

#[test]
fn no_role_has_a_managed_policy_but_those_for_logs_and_traces() {
    for (id, role) in of_kind("AWS::IAM::Role") {
        for policy in role["Properties"]["ManagedPolicyArns"].as_array().into_iter().flatten() {
            let name = policy.as_str().and_then(|arn| arn.split_once(":policy/")).map(|(_, name)| name);
            assert!(name.is_some_and(|name| MANAGED.contains(&name)), "{id}: {policy}");
        }
    }
}

#[test]
fn every_function_has_a_role_of_its_own() {
    let roles: BTreeSet<String> =
        functions().values().map(|function| target(&function["Properties"]["Role"]).unwrap()).collect();
    assert_eq!(roles.len(), functions().len());
}

/// SAM gives a function with an event of such a kind a managed policy for every queue or stream of the account.
#[test]
fn a_consumer_reads_its_own_queue_or_stream_and_no_other() {
    let all = functions();
    let mut read: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (function, mapping) in mappings() {
        read.entry(function).or_default().insert(source_of(&mapping));
    }
    assert_eq!(read.len(), 12);
    for (id, function) in &all {
        let receiving = statements(function).into_iter().filter(|statement| {
            let actions = statement["Action"].to_string();
            actions.contains("sqs:ReceiveMessage") || actions.contains("dynamodb:GetRecords")
        });
        let may: BTreeSet<String> =
            receiving.flat_map(|each| spoken_of(&each)).map(|each| target(&each).unwrap()).collect();
        // An operator's own doing, queue by queue: house/redriving.rs.
        if id != "RedriveDeadLetters" {
            assert_eq!(may, read.get(id).cloned().unwrap_or_default(), "{id}");
        }
    }
}

/// API Gateway calls functions under one role a context, which may call what its routes need.
#[test]
fn the_gateway_may_call_what_it_routes_to_and_nothing_else() {
    let integrations = gateway()["components"]["x-amazon-apigateway-integrations"].take();
    let mut called: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, integration) in integrations.as_object().unwrap() {
        let uri = format!("${{InvocationPrefix}}-{name}/invocations");
        assert_eq!(integration["uri"], json!({"Fn::Sub": uri}));
        called.entry(target(&integration["credentials"]).unwrap()).or_default().insert(name.clone());
    }
    let routed: BTreeSet<String> = routes().into_values().collect();
    assert_eq!(called.values().flatten().cloned().collect::<BTreeSet<String>>(), routed);
    let invokers = of_kind("AWS::IAM::Role").into_iter().filter(|(id, _)| id.ends_with("Invoker"));
    let allowed: BTreeMap<String, BTreeSet<String>> = invokers
        .map(|(id, role)| {
            let statements = statements_of(&role);
            let functions = statements.iter().flat_map(spoken_of).map(|resource| {
                let name = resource["Fn::Sub"].as_str().unwrap();
                name.strip_prefix("${FunctionPrefix}-").unwrap().to_owned()
            });
            (id, functions.collect())
        })
        .collect();
    assert_eq!(called, allowed);
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
    let mut event: Value = serde_json::from_str(&sample).unwrap();
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
