//! `POST /api/v1/admin/dead-letters/redrive`

use serde_json::{Value, json};

use crate::harness::{
    PATIENCE, Person, customer, customer_with, emails, eventually, give_up, order_event, post, unique_number,
    wants_a_token, wants_the_scope, whole_journal,
};

const PATH: &str = "/api/v1/admin/dead-letters/redrive";

async fn redrive(clerk: &Person, body: &Value) -> Value {
    clerk.ask(post(PATH).json(body)).await.expect(200)
}

/// What an answer says of `queue`.
fn of<'a>(answer: &'a Value, queue: &str) -> &'a Value {
    let queues = answer["queues"].as_array().unwrap();
    queues.iter().find(|found| found["name"] == queue).unwrap_or_else(|| panic!("{queue} in {answer}"))
}

/// The redrives that the journal has of `person`.
async fn told_of(person: &Person) -> Vec<Value> {
    let ours = |event: &Value| {
        event["type"] == "service.redrive_started"
            && event["actor"] == json!({"kind": "operator", "id": person.id})
    };
    whole_journal().await.into_iter().filter(ours).collect()
}

#[tokio::test]
async fn what_was_given_up_reaches_its_consumer_and_is_told_once() {
    let (anna, clerk) = (customer().await, customer_with(&["operations:write"]).await);
    let queue = json!({"queue": "NotifierDeadLetters"});
    let number = unique_number();
    let event = order_event("orders.order_paid", &anna.id, number, &json!({}));
    give_up("NotifierDeadLetters", &json!({"detail": event}).to_string()).await;
    // The same event twice, as at-least-once may have it.
    give_up("NotifierDeadLetters", &json!({"detail": event}).to_string()).await;

    let looked = redrive(&clerk, &json!({"queue": "NotifierDeadLetters", "dryRun": true})).await;
    assert_eq!(looked["dryRun"], true);
    let found = of(&looked, "NotifierDeadLetters");
    assert_eq!((&found["consumer"], &found["redrivable"]), (&json!("NotifyCustomer"), &json!(true)));
    let waiting = found["waiting"].as_u64().unwrap();
    assert!(waiting >= 2, "{looked}");
    assert_eq!(found["redriven"], waiting, "what would be sent again");
    assert_eq!(looked["queues"].as_array().unwrap().len(), 1, "the one that was named");
    assert_eq!(told_of(&clerk).await, Vec::<Value>::new(), "nothing was done");
    assert!(emails(&anna.email).await.is_empty());

    let done = redrive(&clerk, &queue).await;
    assert_eq!(done["dryRun"], false);
    assert!(of(&done, "NotifierDeadLetters")["redriven"].as_u64().unwrap() >= 2, "{done}");
    let about = |letters: &[Value]| {
        letters.iter().filter(|letter| letter["text"].as_str().unwrap().contains(&number.to_string())).count()
    };
    eventually("the letter", PATIENCE, || async { (about(&emails(&anna.email).await) > 0).then_some(()) })
        .await;
    let journal = told_of(&clerk).await;
    assert_eq!(journal.len(), 1, "{journal:?}");
    assert_eq!(journal[0]["data"]["queues"][0]["name"], "NotifierDeadLetters");

    redrive(&clerk, &queue).await;
    assert_eq!(about(&emails(&anna.email).await), 1, "again does no harm");
}

#[tokio::test]
async fn without_a_name_every_queue_is_looked_at_and_some_are_never_emptied() {
    let clerk = customer_with(&["operations:write"]).await;
    give_up("WatcherFailures", "{}").await;
    let all = redrive(&clerk, &json!({"dryRun": true})).await;
    let queues = all["queues"].as_array().unwrap();
    assert!(queues.len() >= 12, "{all}");
    let never: Vec<&str> = queues
        .iter()
        .filter(|queue| queue["redrivable"] == false)
        .map(|queue| queue["name"].as_str().unwrap())
        .collect();
    assert_eq!(never, ["SecretsDeadLetters", "PublisherFailures", "WatcherFailures", "JobFailures"]);
    let done = redrive(&clerk, &json!({"queue": "WatcherFailures"})).await;
    let kept = of(&done, "WatcherFailures");
    assert!(kept["waiting"].as_u64().unwrap() >= 1, "{done}");
    assert_eq!((&kept["redriven"], &kept["redrivable"]), (&json!(0), &json!(false)));
    let after = redrive(&clerk, &json!({"queue": "WatcherFailures", "dryRun": true})).await;
    assert_eq!(of(&after, "WatcherFailures")["waiting"], kept["waiting"], "it is still there");
    assert_eq!(told_of(&clerk).await, Vec::<Value>::new(), "nothing was sent again");
}

#[tokio::test]
async fn an_unknown_queue_is_named() {
    let clerk = customer_with(&["operations:write"]).await;
    for queue in ["notifierdeadletters", "NotifierQueue", ""] {
        let answer = clerk.ask(post(PATH).json(&json!({"queue": queue, "dryRun": true}))).await;
        let problem = answer.problem(404, "not_found");
        assert_eq!(problem["queue"], queue);
    }
}

#[tokio::test]
async fn what_is_no_order_is_refused() {
    let clerk = customer_with(&["operations:write"]).await;
    for (body, pointer) in [
        (json!({"queue": 7}), "/queue"),
        (json!({"dryRun": "yes"}), "/dryRun"),
        (json!({"dry_run": true}), "/dry_run"),
        (json!([]), ""),
    ] {
        clerk.ask(post(PATH).json(&body)).await.problem_at(422, "invalid_input", pointer);
    }
    clerk.ask(post(PATH).body("{")).await.problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn only_writers_of_orders_may_do_it() {
    wants_a_token(|| post(PATH)).await;
    wants_the_scope("operations:write", || post(PATH)).await;
    let reader = customer_with(&["orders:read", "stock:write", "payments:write"]).await;
    reader.ask(post(PATH).json(&json!({"dryRun": true}))).await.problem(403, "insufficient_scope");
}
