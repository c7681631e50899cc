//! Every delivery that AWS makes, and not our own code, has a queue for what could not be delivered, and an alarm on that queue.

use std::collections::BTreeSet;

use super::template::{mappings, of_kind, queue_named, reads_stream, resources, source_of, target};

/// Where each thing that AWS hands on leaves what it could not hand on; `None` where it has no such place.
fn destinations() -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for (schedule, resource) in of_kind("AWS::Scheduler::Schedule") {
        let called = &resource["Properties"]["Target"];
        found.push((format!("the schedule {schedule}"), target(&called["DeadLetterConfig"]["Arn"])));
        let function = target(&called["Arn"]).unwrap();
        let failed = &resources()[&function]["Properties"]["DeadLetterConfig"]["TargetArn"];
        found.push((format!("the asynchronous calls of {function}"), target(failed)));
    }
    for (function, mapping) in mappings() {
        let source = source_of(&mapping);
        let failed = if reads_stream(&mapping) {
            target(&mapping["DestinationConfig"]["OnFailure"]["Destination"])
        } else {
            target(&resources()[&source]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
        };
        found.push((format!("the source {source} of {function}"), failed));
    }
    for (rule, resource) in of_kind("AWS::Events::Rule") {
        for called in resource["Properties"]["Targets"].as_array().unwrap() {
            found.push((format!("a target of {rule}"), target(&called["DeadLetterConfig"]["Arn"])));
        }
    }
    // The one that stands for a person's mailbox on a local stack is read by people.
    for (name, resource) in of_kind("AWS::SNS::Subscription") {
        if name != "CapturedEmailSubscription" {
            let policy = &resource["Properties"]["RedrivePolicy"];
            found.push((format!("the subscription {name}"), target(&policy["deadLetterTargetArn"])));
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
        .values()
        .filter(|alarm| alarm["Properties"]["MetricName"] == "ApproximateNumberOfMessagesVisible")
        .filter_map(|alarm| queue_named(&alarm["Properties"]["Dimensions"][0]["Value"]))
        .collect();
    let places: BTreeSet<String> = destinations().into_iter().filter_map(|(_, queue)| queue).collect();
    let silent: Vec<&String> = places.difference(&watched).collect();
    assert!(silent.is_empty(), "no alarm: {silent:?}");
    for name in &places {
        let kept = &resources()[name]["Properties"]["MessageRetentionPeriod"];
        // Fourteen days; codes are good for nothing after a day.
        let expected = if name == "SecretsDeadLetters" { 86_400 } else { 1_209_600 };
        assert_eq!(kept, expected, "{name}");
    }
}

#[test]
fn nothing_is_archived_longer_than_every_consumer_knows_what_it_has_seen() {
    let (name, archive) = of_kind("AWS::Events::Archive").pop_first().expect("an archive");
    // `RETENTION` in functions/webhooks/src/delivery.rs, which docs/limits.md is held against: deliveries are forgotten the soonest.
    let page = std::fs::read_to_string(super::template::root().join("docs/limits.md")).unwrap();
    assert!(
        page.contains(
            "`Duration::from_hours(30 * 24)` | `RETENTION` | `functions/webhooks/src/delivery.rs` |"
        )
    );
    assert_eq!(archive["Properties"]["RetentionDays"], 30, "{name}");
}
