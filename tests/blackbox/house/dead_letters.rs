//! Whatever is handed on by AWS and not by our own code has a queue for what could not be handed on, and an alarm that says so.

use std::collections::BTreeSet;

use serde_yaml_ng::Value;

use super::template::{events, functions, mappings, resources, source_of};

/// The resources of `kind` by logical id.
fn of_kind(kind: &str) -> Vec<(String, Value)> {
    resources().into_iter().filter(|(_, resource)| resource["Type"] == kind).collect()
}

/// Each event of each function that is of `kind`, under the function's logical id.
fn sources(kind: &str) -> Vec<(String, Value)> {
    let of = |(id, function): (String, Value)| {
        let found: Vec<Value> =
            events(&function).values().filter(|event| event["Type"] == kind).cloned().collect();
        found.into_iter().map(move |event| (id.clone(), event["Properties"].clone()))
    };
    functions().into_iter().flat_map(of).collect()
}

/// The queue whose ARN `value` is.
fn queue(value: &Value) -> Option<String> {
    let tagged = match value {
        Value::Tagged(tagged) if tagged.tag == "GetAtt" => tagged.value.as_str()?,
        _ => return None,
    };
    tagged.strip_suffix(".Arn").map(str::to_owned)
}

/// Where each thing that AWS hands on leaves what it could not hand on; `None` where it has no such place.
fn destinations() -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for (function, schedule) in sources("ScheduleV2") {
        found.push((format!("the schedule of {function}"), queue(&schedule["DeadLetterConfig"]["Arn"])));
        let called = &functions()[&function]["Properties"]["DeadLetterQueue"];
        found.push((format!("the asynchronous calls of {function}"), queue(&called["TargetArn"])));
    }
    for (function, mapping) in mappings() {
        let (source, attribute) = source_of(&mapping);
        let failed = if attribute == "StreamArn" {
            queue(&mapping["DestinationConfig"]["OnFailure"]["Destination"])
        } else {
            queue(&resources()[&source]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
        };
        found.push((format!("the source {source} of {function}"), failed));
    }
    for (rule, resource) in of_kind("AWS::Events::Rule") {
        for target in resource["Properties"]["Targets"].as_sequence().unwrap() {
            found.push((format!("a target of {rule}"), queue(&target["DeadLetterConfig"]["Arn"])));
        }
    }
    // The one that stands for a person's mailbox on a local stack is read by people.
    for (name, resource) in of_kind("AWS::SNS::Subscription") {
        if name != "CapturedEmailSubscription" {
            let policy = &resource["Properties"]["RedrivePolicy"];
            found.push((format!("the subscription {name}"), queue(&policy["deadLetterTargetArn"])));
        }
    }
    assert!(found.len() > 25, "{found:?}");
    found
}

#[test]
fn whatever_aws_hands_on_has_a_place_for_what_it_could_not() {
    let without: Vec<String> =
        destinations().into_iter().filter(|(_, queue)| queue.is_none()).map(|(what, _)| what).collect();
    assert!(without.is_empty(), "no dead letters: {without:?}");
}

#[test]
fn every_such_place_keeps_it_and_rings() {
    let watched: BTreeSet<String> = of_kind("AWS::CloudWatch::Alarm")
        .iter()
        .filter(|(_, alarm)| alarm["Properties"]["MetricName"] == "ApproximateNumberOfMessagesVisible")
        .flat_map(|(_, alarm)| alarm["Properties"]["Dimensions"].as_sequence().unwrap().clone())
        .filter_map(|dimension| match &dimension["Value"] {
            Value::Tagged(tagged) => tagged.value.as_str()?.strip_suffix(".QueueName").map(str::to_owned),
            _ => None,
        })
        .collect();
    let places: BTreeSet<String> = destinations().into_iter().filter_map(|(_, queue)| queue).collect();
    let silent: Vec<&String> = places.difference(&watched).collect();
    assert!(silent.is_empty(), "no alarm: {silent:?}");
    for name in &places {
        let kept = &resources()[name]["Properties"]["MessageRetentionPeriod"];
        // Fourteen days; codes are good for nothing after a day.
        let expected = if name == "SecretsDeadLetters" { 86_400 } else { 1_209_600 };
        assert_eq!(kept, &Value::from(expected), "{name}");
    }
}

#[test]
fn nothing_is_archived_longer_than_every_consumer_knows_what_it_has_seen() {
    let [(name, archive)] = of_kind("AWS::Events::Archive").try_into().expect("one archive");
    // `RETENTION` in functions/webhooks/src/delivery.rs, which docs/limits.md is held against: deliveries are forgotten the soonest.
    let page = std::fs::read_to_string(super::template::root().join("docs/limits.md")).unwrap();
    assert!(
        page.contains(
            "`Duration::from_hours(30 * 24)` | `RETENTION` | `functions/webhooks/src/delivery.rs` |"
        )
    );
    assert_eq!(archive["Properties"]["RetentionDays"], 30, "{name}");
}
