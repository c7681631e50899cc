//! Every function may do what it needs and nothing else, and that is enforced.

use std::io::{Cursor, Write as _};

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime};
use serde_json::json;
use serde_yaml_ng::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::template::{functions, root};
use crate::harness::{PATIENCE, eventually, invoke_raw, lambda, operator, product, setting, stock_of};

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
    let client = lambda();
    let of = |id: &str| format!("{}-{id}", setting("STACK_NAME"));
    let role =
        client.get_function_configuration().function_name(of("GetOrder")).send().await.unwrap().role.unwrap();
    let donor = client.get_function_configuration().function_name(of("PutStock")).send().await.unwrap();
    let variables = donor.environment.unwrap().variables;

    let name = of("StockUnderAnotherRole");
    let code = FunctionCode::builder().zip_file(Blob::new(zipped("put-stock"))).build();
    let made = client
        .create_function()
        .function_name(&name)
        .runtime(Runtime::Providedal2023)
        .handler("bootstrap")
        .role(role)
        .timeout(15)
        .code(code)
        .environment(Environment::builder().set_variables(variables).build())
        .send()
        .await;
    made.unwrap();
    eventually("the function to be active", PATIENCE, || async {
        let state = client.get_function_configuration().function_name(&name).send().await.unwrap().state;
        state.is_none_or(|state| state.as_str() == "Active").then_some(())
    })
    .await;

    let operator = operator().await;
    let sample = std::fs::read_to_string(root().join("events/put-stock.json")).unwrap();
    let mut event: serde_json::Value = serde_json::from_str(&sample).unwrap();
    event["pathParameters"]["sku"] = json!(kettle.sku);
    event["headers"]["authorization"] = json!(format!("Bearer {}", operator.token));
    event["body"] = json!(json!({"warehouse": "msk-1", "available": 1_000}).to_string());
    event["isBase64Encoded"] = json!(false);
    let refused = invoke_raw(&name, &event).await;
    let allowed = invoke_raw(&of("PutStock"), &event).await.unwrap();
    client.delete_function().function_name(&name).send().await.unwrap();

    let refused = refused.unwrap();
    assert_eq!(refused["statusCode"], 500, "{refused}");
    assert!(!refused["body"].as_str().unwrap().contains("AccessDenied"), "the inside leaks: {refused}");
    assert_eq!(allowed["statusCode"], 200, "the same event under its own role: {allowed}");
    assert_eq!(stock_of(&kettle.sku).await, 1_000);
}

/// The deployment package of `binary`. Stored, not compressed: it goes over the loopback interface.
fn zipped(binary: &str) -> Vec<u8> {
    let program = std::fs::read(root().join(format!("target/lambda/{binary}/bootstrap"))).unwrap();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o755);
    archive.start_file("bootstrap", options).unwrap();
    archive.write_all(&program).unwrap();
    archive.finish().unwrap().into_inner()
}
