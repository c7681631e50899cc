//! What is given up can be seen and sent again: every queue of it is known to the function that does so.

use std::collections::BTreeMap;

use regex::Regex;
use serde_yaml_ng::Value;

use super::template::{functions, resources};

/// The queue that gives up to each queue of dead letters; `None` for what is no queue's.
fn declared() -> BTreeMap<String, Option<String>> {
    let resources = resources();
    let queues: BTreeMap<&String, &Value> =
        resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::SQS::Queue").collect();
    let target = |queue: &Value| {
        let Value::Tagged(arn) = &queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"] else {
            return None;
        };
        arn.value.as_str()?.strip_suffix(".Arn").map(str::to_owned)
    };
    let mut found: BTreeMap<String, Option<String>> = queues
        .keys()
        .filter(|name| name.ends_with("DeadLetters") || name.ends_with("Failures"))
        .map(|name| ((*name).clone(), None))
        .collect();
    for (name, queue) in queues {
        if let Some(target) = target(queue) {
            found.insert(target, Some(name.clone()));
        }
    }
    found
}

#[test]
fn every_queue_of_dead_letters_is_listed_with_the_queue_that_it_belongs_to() {
    let functions = functions();
    let function = &functions["RedriveDeadLetters"];
    let text = serde_yaml_ng::to_string(&function["Properties"]["Environment"]).unwrap();
    let entry = Regex::new(r"(\w+):(\w+):\$\{(\w+)\.QueueName\}:(?:\$\{(\w+)\.QueueName\})?").unwrap();
    let mut listed = BTreeMap::new();
    for found in entry.captures_iter(&text) {
        assert_eq!(found[1], found[3], "a queue goes by its own name");
        // What failed there is of all scheduled functions.
        let is_of_many = &found[1] == "JobFailures" && &found[2] == "schedules";
        assert!(is_of_many || functions.contains_key(&found[2]), "{} is no function", &found[2]);
        listed.insert(found[1].to_owned(), found.get(4).map(|source| source.as_str().to_owned()));
    }
    let mut declared = declared();
    // Codes are over before anybody could send them again.
    declared.insert("SecretsDeadLetters".to_owned(), None);
    assert_eq!(listed, declared);
    // Whatever is listed with a source may be emptied into it.
    let policies = serde_yaml_ng::to_string(&function["Properties"]["Policies"]).unwrap();
    for name in listed.iter().flat_map(|(name, source)| source.iter().chain([name])) {
        assert!(policies.contains(&format!("{name}.Arn")), "{name} is out of reach");
    }
}
