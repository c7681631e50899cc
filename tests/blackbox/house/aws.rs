//! What AWS refuses, or does otherwise than the emulator, is not in the template (docs/decisions.md, 82).

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use super::template::{events, functions, mappings, resources, source_of};

/// The longest time that SQS keeps a message, in seconds: 14 days.
const LONGEST_RETENTION: u32 = 1_209_600;
/// How long a one-time code waits to be sent, in seconds: it is worth nothing afterwards.
const CODE_RETENTION: u32 = 600;
/// The least that SQS takes for `MaximumConcurrency`, and the most that one queue may have of an account's 1,000 executions.
const CONCURRENCY: std::ops::RangeInclusive<u64> = 2..=20;
/// The property that names a resource of each type that can be named.
const NAMES: [(&str, &str); 8] = [
    ("AWS::CloudWatch::Dashboard", "DashboardName"),
    ("AWS::Events::EventBus", "Name"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::SES::ConfigurationSet", "Name"),
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::Serverless::Function", "FunctionName"),
    ("AWS::Serverless::HttpApi", "Name"),
    ("AWS::DynamoDB::Table", "TableName"),
];

fn text(value: &Value) -> String {
    serde_yaml_ng::to_string(value).unwrap()
}

#[test]
fn generated_secrets_can_be_generated() {
    let secrets = resources().into_iter().filter(|(_, each)| each["Type"] == "AWS::SecretsManager::Secret");
    let mut seen = 0;
    for (id, secret) in secrets {
        seen += 1;
        let asked = &secret["Properties"]["GenerateSecretString"];
        // Secrets Manager refuses a set that has none left of a type which it has to include, and it includes each type by default.
        assert!(asked.get("ExcludeCharacters").is_none(), "{id}: leave out types, not characters");
        assert_eq!(asked["ExcludePunctuation"], true, "{id}");
    }
    assert_eq!(seen, 2);
}

/// A table that is protected as it is created survives the rollback of a failed creation, which ends in `ROLLBACK_FAILED`.
#[test]
fn tables_are_protected_once_the_stack_is_complete() {
    let tables = resources().into_iter().filter(|(_, each)| each["Type"] == "AWS::DynamoDB::Table");
    let mut seen = 0;
    for (id, table) in tables {
        seen += 1;
        let protection = text(&table["Properties"]["DeletionProtectionEnabled"]);
        assert!(protection.contains("ProtectsTables"), "{id}: {protection}");
        assert_eq!(table["DeletionPolicy"], "RetainExceptOnCreate", "{id}");
    }
    assert_eq!(seen, 10);
}

#[test]
fn two_stages_fit_into_one_account_and_region() {
    for (id, resource) in resources() {
        let name = NAMES.iter().find(|(kind, _)| resource["Type"] == *kind).map(|(_, property)| property);
        if let Some(name) = name.and_then(|property| resource["Properties"].get(property)) {
            assert!(text(name).contains("AWS::StackName"), "{id} has a name without the stack's: {name:?}");
        }
    }
    let mut schedules = 0;
    for (id, function) in functions() {
        for event in events(&function).values().filter(|event| event["Type"] == "ScheduleV2") {
            schedules += 1;
            // SAM names a schedule after the function and the event alone (serverless-application-model, issue 3109).
            assert_eq!(event["Properties"]["OmitName"], true, "the schedule of {id}");
        }
    }
    assert_eq!(schedules, 5);
}

/// SAM gives a function with such an event a managed policy for every queue or stream of the account.
#[test]
fn queues_and_streams_are_read_under_exact_permissions() {
    let all = functions();
    for (id, function) in &all {
        for event in events(function).values() {
            assert!(
                event["Type"] != "SQS" && event["Type"] != "DynamoDB",
                "{id}: use an event source mapping"
            );
        }
    }
    let mappings = mappings();
    assert_eq!(mappings.len(), 12);
    for (function, mapping) in &mappings {
        let (source, attribute) = source_of(mapping);
        let policies = text(&all[function]["Properties"]["Policies"]);
        let action = if attribute == "StreamArn" { "dynamodb:GetRecords" } else { "sqs:ReceiveMessage" };
        assert!(policies.contains(action), "{function} may not read {source}");
        assert!(policies.contains(&format!("{source}.{attribute}")), "{function} may not read {source}");
    }
}

#[test]
fn no_queue_takes_the_accounts_executions() {
    for (function, mapping) in mappings() {
        let (source, attribute) = source_of(&mapping);
        if attribute == "StreamArn" {
            // Above 1 there is no order among the rows of one aggregate: each is an item of its own.
            assert_eq!(mapping["ParallelizationFactor"], 1, "{function} on {source}");
        } else {
            let most = mapping["ScalingConfig"]["MaximumConcurrency"].as_u64();
            assert!(most.is_some_and(|most| CONCURRENCY.contains(&most)), "{function} on {source}: {most:?}");
        }
    }
}

#[test]
fn a_queue_keeps_its_messages_as_long_as_it_can() {
    let all: BTreeMap<String, Value> = resources();
    for (function, mapping) in mappings() {
        let (source, attribute) = source_of(&mapping);
        if attribute == "Arn" {
            let kept = &all[&source]["Properties"]["MessageRetentionPeriod"];
            let wanted = if source == "SecretsQueue" { CODE_RETENTION } else { LONGEST_RETENTION };
            assert_eq!(kept, &Value::from(wanted), "{source}, which {function} reads");
        }
    }
}
