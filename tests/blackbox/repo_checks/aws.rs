//! What AWS refuses, or does otherwise than the emulator, is not in the template (docs/decisions/082-event-source-mappings-as-resources.md).

use super::template::{mappings, of_kind, reads_stream, resources, source_of};

/// The longest time that SQS keeps a message, in seconds: 14 days.
const LONGEST_RETENTION: u32 = 1_209_600;
/// How long a one-time code waits to be sent, in seconds: it is worth nothing afterwards.
const CODE_RETENTION: u32 = 600;
/// The least that SQS takes for `MaximumConcurrency`, and the most that one queue may have of an account's 1,000 executions.
const CONCURRENCY: std::ops::RangeInclusive<u64> = 2..=20;
/// The properties by which resources are named, where they are named by the template.
const NAMES: [&str; 13] = [
    "AlarmName",
    "ArchiveName",
    "ConfigurationSetName",
    "DashboardName",
    "FunctionName",
    "GroupName",
    "LogGroupName",
    "Name",
    "QueueName",
    "RoleName",
    "ScheduleName",
    "TableName",
    "TopicName",
];
/// What refers to a name elsewhere, or is named within what has the stack's name.
const REFERENCES: [(&str, &str); 5] = [
    ("AWS::Lambda::Alias", "FunctionName"),
    ("AWS::Lambda::Alias", "Name"),
    ("AWS::Lambda::EventSourceMapping", "FunctionName"),
    ("AWS::Lambda::Version", "FunctionName"),
    ("AWS::SES::ConfigurationSetEventDestination", "ConfigurationSetName"),
];

#[test]
fn generated_secrets_can_be_generated() {
    let secrets = of_kind("AWS::SecretsManager::Secret");
    assert_eq!(secrets.len(), 4);
    for (id, secret) in secrets {
        let asked = &secret["Properties"]["GenerateSecretString"];
        // Secrets Manager refuses a set that has none left of a type which it has to include, and it includes each type by default.
        assert!(asked.get("ExcludeCharacters").is_none(), "{id}: leave out types, not characters");
        assert_eq!(asked["ExcludePunctuation"], true, "{id}");
    }
}

/// A table that is protected as it is created survives the rollback of a failed creation, which ends in `ROLLBACK_FAILED`.
#[test]
fn tables_are_protected_once_the_stack_is_complete() {
    let tables = of_kind("AWS::DynamoDB::Table");
    assert_eq!(tables.len(), 11);
    for (id, table) in tables {
        let protection = table["Properties"]["DeletionProtectionEnabled"].to_string();
        assert!(protection.contains("ProtectsTables"), "{id}: {protection}");
        assert_eq!(table["DeletionPolicy"], "RetainExceptOnCreate", "{id}");
    }
}

#[test]
fn two_stages_fit_into_one_account_and_region() {
    let mut named = 0;
    for (id, resource) in resources() {
        let kind = resource["Type"].as_str().unwrap();
        for property in NAMES.into_iter().filter(|property| !REFERENCES.contains(&(kind, property))) {
            if let Some(name) = resource["Properties"].get(property) {
                named += 1;
                assert!(
                    name.to_string().contains("StackName"),
                    "{id} has a name without the stack's: {name}"
                );
            }
        }
    }
    assert!(named > 120, "only {named} names were found");
    let schedules = of_kind("AWS::Scheduler::Schedule");
    assert_eq!(schedules.len(), 5);
    for (id, schedule) in schedules {
        // SAM names a schedule after the function and the event alone (serverless-application-model, issue 3109).
        assert!(schedule["Properties"].get("Name").is_none(), "the schedule {id} has a name");
    }
}

#[test]
fn no_queue_takes_the_accounts_executions() {
    for (function, mapping) in mappings() {
        let source = source_of(&mapping);
        if reads_stream(&mapping) {
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
    let all = resources();
    for (function, mapping) in mappings() {
        let source = source_of(&mapping);
        if !reads_stream(&mapping) {
            let kept = &all[&source]["Properties"]["MessageRetentionPeriod"];
            let wanted = if source == "SecretsQueue" { CODE_RETENTION } else { LONGEST_RETENTION };
            assert_eq!(kept, wanted, "{source}, which {function} reads");
        }
    }
}
