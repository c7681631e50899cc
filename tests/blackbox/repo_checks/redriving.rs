//! What is given up can be seen and sent again: every queue of it is known to the function that does so.

use std::collections::BTreeMap;

use serde_json::Value;

use super::template::{functions, of_kind, queue_named, statements, target};

/// The queue that gives up to each queue of dead letters; `None` for what is no queue's.
fn declared() -> BTreeMap<String, Option<String>> {
    let queues = of_kind("AWS::SQS::Queue");
    let mut found: BTreeMap<String, Option<String>> = queues
        .keys()
        .filter(|name| name.ends_with("DeadLetters") || name.ends_with("Failures"))
        .map(|name| (name.clone(), None))
        .collect();
    for (name, queue) in queues {
        if let Some(target) = target(&queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]) {
            found.insert(target, Some(name));
        }
    }
    found
}

#[test]
fn every_queue_of_dead_letters_is_listed_with_the_queue_that_it_belongs_to() {
    let functions = functions();
    let function = &functions["RedriveDeadLetters"];
    let entries = &function["Properties"]["Environment"]["Variables"]["DEAD_LETTERS"]["Fn::Join"][1];
    let mut listed = BTreeMap::new();
    for entry in entries.as_array().unwrap() {
        let [name, consumer, queue, source] = entry["Fn::Join"][1].as_array().unwrap().as_slice() else {
            panic!("{entry}")
        };
        let (name, consumer) = (name.as_str().unwrap().to_owned(), consumer.as_str().unwrap());
        assert_eq!(queue_named(queue).as_ref(), Some(&name), "a queue goes by its own name");
        // What failed there is of all scheduled functions.
        let is_of_many = name == "JobFailures" && consumer == "schedules";
        assert!(is_of_many || functions.contains_key(consumer), "{consumer} is no function");
        listed.insert(name, queue_named(source));
    }
    let mut declared = declared();
    // Codes are over before anybody could send them again.
    declared.insert("SecretsDeadLetters".to_owned(), None);
    assert_eq!(listed, declared);
    // Every queue that is listed with a source may be emptied into it.
    let reached = Value::from(statements(function)).to_string();
    for name in listed.iter().flat_map(|(name, source)| source.iter().chain([name])) {
        assert!(reached.contains(&format!("{{\"Ref\":\"{name}\"}}")), "{name} is out of reach");
    }
}
