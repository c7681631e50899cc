//! Alarms, each seen to be raised because of the trouble that it is for. Other tests make trouble too: see `harness::alarms::raised`.
//! `StockDriftAlarm` is in `stock/check_stock_drift.rs`, `PaymentsGivenUpAlarm` in `payments/reconcile_payment.rs`.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::alarms::{
    alarm, alarms, aws_json, cloudwatch, copied, is_raised, measure, measure_account, measured, now, raised,
    state, twin,
};
use crate::harness::{
    PATIENCE, customer, eventually, get, invoke, invoke_and_read_log, journal_row, lambda, make_copy,
    order_event, place_order, post, product, put_in_cart, remove_copy, set_text, setting, stream_batch,
    unique_number, variables,
};

/// Errors come at this distance, four at a time: enough to be more than one in a hundred beside all other tests.
const BETWEEN_ERRORS: Duration = Duration::from_millis(250);
/// The share of errors has to be too large in two of three minutes.
const ERRORS_PATIENCE: Duration = Duration::from_mins(3);

/// Puts a message into each queue of dead letters that an alarm looks at, and takes it out again.
#[tokio::test]
async fn a_message_in_any_dead_letter_queue_raises_its_alarm() {
    let watched: Vec<Value> = alarms()
        .await
        .into_iter()
        .filter(|alarm| alarm["MetricName"] == "ApproximateNumberOfMessagesVisible")
        .collect();
    assert!(watched.len() >= 12, "{}", watched.len());
    join_all(watched.iter().map(raised_by_a_message)).await;
}

async fn raised_by_a_message(alarm: &Value) {
    let dimension = &alarm["Dimensions"][0];
    assert_eq!(dimension["Name"], "QueueName", "{alarm}");
    let url = aws_json("sqs", "AmazonSQS.GetQueueUrl", &json!({"QueueName": dimension["Value"]})).await;
    let since = now();
    let body = json!({"test": Uuid::new_v4()}).to_string();
    let sent = json!({"QueueUrl": url["QueueUrl"], "MessageBody": body});
    aws_json("sqs", "AmazonSQS.SendMessage", &sent).await;
    let name = alarm["AlarmName"].as_str().unwrap();
    eventually(&format!("a message to be counted for {name}"), PATIENCE, || async {
        measured(alarm, "ApproximateNumberOfMessagesVisible", since).await.filter(|waiting| *waiting >= 1.0)
    })
    .await;
    is_raised(name, PATIENCE).await;
    take_out(&url["QueueUrl"], &body).await;
}

/// Messages in the stack's queues are taken out at once, so each alarm's copy watches a queue without a consumer, and does not wait as long.
#[tokio::test]
async fn a_message_that_waits_too_long_raises_the_alarm_of_its_queue() {
    let ages: Vec<Value> = alarms()
        .await
        .into_iter()
        .filter(|alarm| alarm["MetricName"] == "ApproximateAgeOfOldestMessage")
        .collect();
    assert!(ages.len() >= 12, "{}", ages.len());
    let queue = format!("test-unread-{}", Uuid::new_v4().simple());
    let url =
        aws_json("sqs", "AmazonSQS.CreateQueue", &json!({"QueueName": queue})).await["QueueUrl"].clone();
    aws_json("sqs", "AmazonSQS.SendMessage", &json!({"QueueUrl": url, "MessageBody": "{}"})).await;
    let dimensions = json!([{"Name": "QueueName", "Value": queue}]);
    let likes = ages.iter().map(|alarm| {
        assert!(alarm["Threshold"].as_f64().unwrap() >= 120.0, "{alarm}");
        let name = alarm["AlarmName"].as_str().unwrap();
        let (_, id) = name.rsplit_once("-Observability-").unwrap();
        let id = id.split('-').nth_back(1).unwrap().to_owned();
        let (queue, dimensions) = (&queue, &dimensions);
        async move { copied(&id, queue, json!({"Dimensions": dimensions, "Threshold": 1})).await }
    });
    let likes = join_all(likes).await;
    join_all(likes.iter().map(|name| is_raised(name, PATIENCE))).await;
    cloudwatch("DeleteAlarms", &json!({"AlarmNames": likes})).await;
    aws_json("sqs", "AmazonSQS.DeleteQueue", &json!({"QueueUrl": url})).await;
}

/// Deletes the message from a queue in which others may lie.
async fn take_out(url: &Value, body: &str) {
    eventually("the message to be found again", PATIENCE, || async {
        let question = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 1});
        let answer = aws_json("sqs", "AmazonSQS.ReceiveMessage", &question).await;
        let messages = answer["Messages"].as_array()?.iter();
        let receipt = messages.into_iter().find(|message| message["Body"] == body)?["ReceiptHandle"].clone();
        let deletion = json!({"QueueUrl": url, "ReceiptHandle": receipt});
        aws_json("sqs", "AmazonSQS.DeleteMessage", &deletion).await;
        Some(())
    })
    .await;
}

/// A cart that can't be read is an error of ours at every look.
#[tokio::test]
async fn requests_that_fail_raise_an_alarm() {
    let anna = customer().await;
    put_in_cart(&anna, &product(100, 1).await.sku, 1).await;
    set_text("CARTS_TABLE", &format!("USER#{}", anna.id), "CART", "lines", "no lines").await;
    let (since, began) = (now(), Instant::now());
    let watched = alarm("RequestErrorsAlarm").await;
    let name = watched["AlarmName"].as_str().unwrap();
    loop {
        for answer in join_all([(); 4].map(|()| anna.ask(get("/api/v1/cart")))).await {
            answer.problem(500, "internal");
        }
        if state(name).await == "ALARM" && measured(&watched, "5xx", since).await >= Some(5.0) {
            break;
        }
        assert!(began.elapsed() < ERRORS_PATIENCE, "{name} was not raised");
        tokio::time::sleep(BETWEEN_ERRORS).await;
    }
}

/// The same of a payment, which would end the release of the functions that take money.
#[tokio::test]
async fn payments_that_fail_raise_an_alarm_of_their_own() {
    let anna = customer().await;
    let order = place_order(&anna, &product(100, 1).await, 1).await;
    let id = order["id"].as_str().unwrap();
    let since = now();
    set_text("ORDERS_TABLE", &format!("ORDER#{id}"), "ORDER", "status", "no status").await;
    let pay = || {
        post(&format!("/api/v1/orders/{id}/pay"))
            .header("idempotency-key", Uuid::new_v4().to_string())
            .json(&json!({}))
    };
    for answer in join_all([(); 6].map(|()| anna.ask(pay()))).await {
        answer.problem(500, "internal");
    }
    raised("MoneyPathFailuresAlarm", "RequestsFailed", 0.0, since).await;
    // Restores the order, so that no other test fails on it.
    set_text("ORDERS_TABLE", &format!("ORDER#{id}"), "ORDER", "status", "awaiting_payment").await;
}

/// What SNS counts for the whole account is counted in its place.
#[tokio::test]
async fn text_messages_that_cost_too_much_raise_an_alarm() {
    let since = now();
    measure_account("AWS/SNS", "SMSMonthToDateSpentUSD", 0.85).await;
    raised("SmsSpendAlarm", "SMSMonthToDateSpentUSD", 0.8, since - 1).await;
}

#[tokio::test]
async fn messages_that_fail_raise_an_alarm() {
    let stack = Uuid::new_v4().to_string();
    let twin = twin("NotificationFailuresAlarm", &stack).await;
    measure("NotificationFailures", &stack, 11, now() - 60).await;
    is_raised(&twin, PATIENCE).await;
    cloudwatch("DeleteAlarms", &json!({"AlarmNames": [twin]})).await;
}

/// The budget of a day would take a thousand messages, so what its end measures is measured.
#[tokio::test]
async fn a_spent_budget_of_messages_raises_an_alarm() {
    let stack = Uuid::new_v4().to_string();
    let twin = twin("MessageBudgetsAlarm", &stack).await;
    measure("MessageBudgetsSpent", &stack, 1, now() - 60).await;
    is_raised(&twin, PATIENCE).await;
    cloudwatch("DeleteAlarms", &json!({"AlarmNames": [twin]})).await;
}

/// An event that is published long after it happened, as all are when the publisher stood still.
#[tokio::test]
async fn a_publisher_that_is_behind_raises_an_alarm() {
    let anna = customer().await;
    let mut event = order_event("orders.order_delivered", &anna.id, unique_number(), &json!({}));
    event["occurredAt"] = json!(format!("{:.3}", jiff::Timestamp::now() - Duration::from_mins(10)));
    let since = now();
    let (_, log) = invoke_and_read_log("PublishEvents", &stream_batch(&[("1", journal_row(&event))])).await;
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let metric = lines.into_iter().find(|line| line.get("PublisherLag").is_some()).unwrap();
    assert!(metric["PublisherLag"][0].as_u64() >= Some(600_000), "{metric}");
    raised("PublisherLagAlarm", "PublisherLag", 600_000.0 - 1.0, since).await;
}

/// An order that every sweep finds, and that nothing ends because its time is not over.
#[tokio::test]
async fn what_stays_due_raises_an_alarm() {
    let anna = customer().await;
    let order = place_order(&anna, &product(100, 1).await, 1).await;
    let (key, since) = (format!("ORDER#{}", order["id"].as_str().unwrap()), now());
    let past = format!("{:.3}", jiff::Timestamp::now() - Duration::from_mins(10));
    set_text("ORDERS_TABLE", &key, "ORDER", "expiryKey", &past).await;
    invoke("SweepExpiredOrders", &json!({})).await.unwrap();
    raised("ExpiryBacklogAlarm", "ExpiryBacklog", 0.0, since).await;
}

/// A function that may not run at all, called some times.
#[tokio::test]
async fn throttled_functions_raise_an_alarm() {
    let copy = format!("Throttled{}", Uuid::new_v4().simple());
    make_copy(&copy, "GetHealth", "GetHealth", variables("GetHealth").await).await;
    let name = format!("{}-{copy}", setting("STACK_NAME"));
    let client = lambda();
    let none = client.put_function_concurrency().function_name(&name).reserved_concurrent_executions(0);
    none.send().await.unwrap();
    let since = now();
    let calls = (0..12).map(|_| client.invoke().function_name(&name).send());
    let refused = join_all(calls).await.into_iter().filter(Result::is_err).count();
    assert_eq!(refused, 12);
    raised("ThrottlesAlarm", "Throttles", 10.0, since).await;
    remove_copy(&copy).await;
}

/// DynamoDB throttles no request here; a test in `platform::dynamo::throttles` shows that functions count it when it does.
#[tokio::test]
async fn throttled_tables_raise_the_same_alarm() {
    let since = now();
    measure("DynamoThrottles", &setting("STACK_NAME"), 11, since).await;
    raised("ThrottlesAlarm", "DynamoThrottles", 10.0, since - 1).await;
}

/// The test can not wait for a day, so it writes a day's measurements: under a stack name of its own, which no other test uses.
#[tokio::test]
async fn a_day_of_rows_that_could_not_be_looked_at_raises_an_alarm() {
    let stack = Uuid::new_v4().to_string();
    let twin = twin("StockDriftUnsettledAlarm", &stack).await;
    for hour in 1..24 {
        measure("StockDriftUnsettled", &stack, 1, now() - hour * 3_600 - 60).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_ne!(state(&twin).await, "ALARM", "twenty-three hours are not enough");
    measure("StockDriftUnsettled", &stack, 2, now() - 60).await;
    is_raised(&twin, PATIENCE).await;
    cloudwatch("DeleteAlarms", &json!({"AlarmNames": [twin]})).await;
}

#[tokio::test]
async fn a_check_that_does_not_run_raises_an_alarm_and_one_that_runs_ends_it() {
    let stack = Uuid::new_v4().to_string();
    let twin = twin("StockDriftUncheckedAlarm", &stack).await;
    is_raised(&twin, PATIENCE).await;
    measure("StockDrift", &stack, 0, now() - 60).await;
    eventually("the alarm to end", PATIENCE, || async { (state(&twin).await == "OK").then_some(()) }).await;
    cloudwatch("DeleteAlarms", &json!({"AlarmNames": [twin]})).await;
}
