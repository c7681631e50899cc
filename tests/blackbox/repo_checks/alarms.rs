//! Alarms, the runbook, what is measured, and what tests cause, held against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

use super::template::{mappings, of_kind, queue_named, reads_stream, root, source_of, target};

/// What AWS measures that we look at.
const OF_AWS: [(&str, &str); 13] = [
    ("AWS/ApiGateway", "4xx"),
    ("AWS/ApiGateway", "5xx"),
    ("AWS/ApiGateway", "Count"),
    ("AWS/ApiGateway", "Latency"),
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits"),
    ("AWS/Lambda", "Duration"),
    ("AWS/Lambda", "Errors"),
    ("AWS/Lambda", "IteratorAge"),
    ("AWS/Lambda", "Throttles"),
    ("AWS/SNS", "SMSMonthToDateSpentUSD"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    ("AWS/Events", "FailedInvocations"),
];

fn alarms() -> BTreeMap<String, Value> {
    of_kind("AWS::CloudWatch::Alarm")
}

/// The text of every Rust file below `directory`, with its path.
fn sources(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

/// Namespace and name of each metric that an alarm looks at.
fn metrics(alarm: &Value) -> Vec<(String, String)> {
    let properties = &alarm["Properties"];
    let named = |metric: &Value| {
        let text = |member: &str| metric[member].as_str().unwrap().to_owned();
        (text("Namespace"), text("MetricName"))
    };
    let queries = properties["Metrics"].as_array();
    match queries {
        None => vec![named(properties)],
        Some(queries) => {
            let stats = queries.iter().filter(|query| query.get("MetricStat").is_some());
            stats.map(|query| named(&query["MetricStat"]["Metric"])).collect()
        }
    }
}

/// Fails when no function measures `metric`.
fn is_measured(namespace: &str, metric: &str, code: &str) {
    if namespace == "Holdfast" {
        assert!(code.contains(&format!("\"{metric}\"")), "no code measures {metric}");
    } else {
        assert!(OF_AWS.contains(&(namespace, metric)), "{namespace} {metric} is not known");
    }
}

fn code() -> String {
    let all = ["shared", "functions"].map(|part| sources(&root().join(part)));
    all.into_iter().flatten().map(|(_, text)| text).collect()
}

#[test]
fn every_alarm_has_a_paragraph_in_the_runbook_and_every_paragraph_an_alarm() {
    let runbook = fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    let paragraph = Regex::new(r"(?m)^\*\*Alarm\*\* `([A-Za-z]+)`: ").unwrap();
    let written: Vec<String> = paragraph.captures_iter(&runbook).map(|found| found[1].to_owned()).collect();
    let once: BTreeSet<String> = written.iter().cloned().collect();
    assert_eq!(once.len(), written.len(), "one has two paragraphs: {written:?}");
    assert_eq!(once, alarms().into_keys().collect());
}

#[test]
fn what_alarms_look_at_is_measured() {
    let code = code();
    for alarm in alarms().values() {
        for (namespace, metric) in metrics(alarm) {
            is_measured(&namespace, &metric, &code);
        }
    }
}

#[test]
fn every_alarm_tells_the_topic() {
    for (id, alarm) in alarms() {
        for actions in ["AlarmActions", "OKActions"] {
            let told = alarm["Properties"][actions].to_string();
            assert!(told.contains("AlarmTopicArn"), "{id} has no {actions}");
        }
    }
}

#[test]
fn every_dead_letter_queue_has_an_alarm() {
    let watched: BTreeSet<String> = alarms()
        .values()
        .filter_map(|alarm| queue_named(&alarm["Properties"]["Dimensions"][0]["Value"]))
        .collect();
    let queues = of_kind("AWS::SQS::Queue");
    let dead: BTreeSet<String> = queues
        .values()
        .filter_map(|queue| target(&queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]))
        .collect();
    assert!(dead.len() >= 8, "{dead:?}");
    for queue in dead {
        assert!(watched.contains(&queue), "nobody watches {queue}");
    }
}

/// An alarm on a queue's age is caused by a queue that stands for all: see `telemetry/alarms.rs`.
#[test]
fn every_queue_that_is_consumed_has_an_alarm_on_its_age() {
    let watched: BTreeSet<String> = alarms()
        .into_iter()
        .filter(|(_, alarm)| alarm["Properties"]["MetricName"] == "ApproximateAgeOfOldestMessage")
        .map(|(id, alarm)| {
            let queue = queue_named(&alarm["Properties"]["Dimensions"][0]["Value"]).unwrap();
            assert_eq!(id, format!("{queue}AgeAlarm"));
            queue
        })
        .collect();
    let sources = mappings().into_iter().filter(|(_, mapping)| !reads_stream(mapping));
    let consumed: BTreeSet<String> = sources.map(|(_, mapping)| source_of(&mapping)).collect();
    assert_eq!(watched, consumed);
}

/// An alarm on dead letters is caused by `telemetry/alarms.rs`, which finds all of them by itself.
#[test]
fn the_trouble_of_every_alarm_is_caused_by_a_test() {
    let tests: String = sources(&root().join("tests/blackbox")).into_iter().map(|(_, text)| text).collect();
    for (id, alarm) in alarms() {
        let by_itself = alarm["Properties"]["Namespace"] == "AWS/SQS";
        let named = ["raised", "twin", "alarm", "copied"]
            .iter()
            .any(|call| tests.contains(&format!("{call}(\"{id}\"")));
        assert!(by_itself || named, "no test causes {id}");
    }
}

#[test]
fn the_dashboard_shows_what_is_measured() {
    let code = code();
    let (_, dashboard) = of_kind("AWS::CloudWatch::Dashboard").pop_first().unwrap();
    let body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let widgets = body["widgets"].as_array().unwrap();
    assert!(widgets.len() >= 10);
    let searched = Regex::new(r#"SEARCH\('\{([^,]+),.*MetricName="([A-Za-z]+)""#).unwrap();
    for widget in widgets {
        for metric in widget["properties"]["metrics"].as_array().unwrap() {
            if let Some(expression) = metric[0]["expression"].as_str() {
                let found = searched.captures(expression).unwrap();
                is_measured(&found[1], &found[2], &code);
            } else {
                is_measured(metric[0].as_str().unwrap(), metric[1].as_str().unwrap(), &code);
            }
        }
    }
}
