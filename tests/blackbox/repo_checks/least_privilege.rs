//! Every function may do what it needs and nothing else, and that is enforced.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::template::{
    ALIAS, functions, gateway, mappings, of_kind, resources, root, routes, source_of, statements,
    statements_of, target,
};
use crate::harness::{invoke, make_copy, operator, product, remove_copy, stock_of, variables};

/// What SAM gives every function: to write its log and its traces, neither of which has a name before it is written.
const MANAGED: [&str; 2] = ["service-role/AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"];
/// What SAM gives `CodeDeploy`, under a role that no function has.
const OF_CODEDEPLOY: (&str, &str) = ("CodeDeployServiceRole", "service-role/AWSCodeDeployRoleForLambda");
/// The functions that speak to the payment provider, so that they may read its credentials; no other may.
const SPEAK_TO_THE_PROVIDER: [&str; 14] = [
    "CancelOrder",
    "CancelPayment",
    "Checkout",
    "CreatePayment",
    "CreateRefund",
    "ExpireOrder",
    "FinishRefund",
    "LomsCancelOrder",
    "PatchOrder",
    "PayOrder",
    "PlaceOrder",
    "ReceiveYookassaNotification",
    "ReconcilePayment",
    "ReportPaymentStatus",
];

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
            let arn = policy.as_str().or_else(|| policy["Fn::Sub"].as_str()).unwrap();
            let (_, name) = arn.split_once(":policy/").unwrap();
            assert!(MANAGED.contains(&name) || (id.as_str(), name) == OF_CODEDEPLOY, "{id}: {policy}");
        }
    }
}

#[test]
fn only_who_speaks_to_the_provider_may_read_its_credentials() {
    let may: Vec<String> = functions()
        .into_iter()
        .filter(|(_, function)| Value::from(statements(function)).to_string().contains("YooKassaSecretArn"))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(may, SPEAK_TO_THE_PROVIDER);
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
        // An operator's own doing, queue by queue: repo_checks/redriving.rs.
        if id != "RedriveDeadLetters" {
            assert_eq!(may, read.get(id).cloned().unwrap_or_default(), "{id}");
        }
    }
}

/// The function `id` as callers name it: by its alias, where a release moves that bit by bit.
fn called_as(id: &str) -> String {
    if resources().contains_key(&format!("{id}{ALIAS}")) { format!("{id}:live") } else { id.to_owned() }
}

/// API Gateway calls functions under one role a context, which may call what its routes need.
#[test]
fn the_gateway_may_call_what_it_routes_to_and_nothing_else() {
    let integrations = gateway()["components"]["x-amazon-apigateway-integrations"].take();
    let mut called: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, integration) in integrations.as_object().unwrap() {
        let uri = format!("${{InvocationPrefix}}-{}/invocations", called_as(name));
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
                let resource = resource.get("Fn::If").map_or(resource.clone(), |choice| choice[1].clone());
                let called =
                    resource["Fn::Sub"].as_str().unwrap().strip_prefix("${FunctionPrefix}-").unwrap();
                let name = called.split(':').next().unwrap().to_owned();
                assert_eq!(called, called_as(&name));
                name
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
    make_copy(name, "PutStock", "GetOrder", variables).await;

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
