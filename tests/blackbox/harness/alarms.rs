//! The stack's alarms and metrics, as an operator sees them.
//!
//! The emulator speaks `CloudWatch`'s JSON protocol and not the newer binary one that the SDK uses, so calls are made by hand.

use std::time::Duration;

use serde_json::{Value, json};

use super::{PATIENCE, eventually, http, setting};

/// Calls an operation of an AWS service that speaks JSON: `target` is what its protocol calls the operation.
pub(crate) async fn aws_json(service: &str, target: &str, body: &Value) -> Value {
    let (key, region) = (setting("AWS_ACCESS_KEY_ID"), setting("AWS_REGION"));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let answer = http()
        .post(setting("AWS_ENDPOINT_URL"))
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", target)
        .header("authorization", authorization)
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{target}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Calls `CloudWatch`.
pub(crate) async fn cloudwatch(operation: &str, body: &Value) -> Value {
    aws_json("monitoring", &format!("GraniteServiceVersion20100801.{operation}"), body).await
}

/// All alarms of the stack.
pub(crate) async fn alarms() -> Vec<Value> {
    let prefix = format!("{}-", setting("STACK_NAME"));
    let page = cloudwatch("DescribeAlarms", &json!({"AlarmNamePrefix": prefix, "MaxRecords": 100})).await;
    page["MetricAlarms"].as_array().unwrap().clone()
}

/// The alarm with the logical id `alarm`.
pub(crate) async fn alarm(alarm: &str) -> Value {
    // CloudFormation puts it behind the names of the stack and of the nested stack, unless the template names it after the stack itself.
    let made = format!("-{alarm}-");
    let written = format!("{}-{}", setting("STACK_NAME"), alarm.trim_end_matches("Alarm"));
    let named = |found: &Value| {
        let name = found["AlarmName"].as_str().unwrap();
        name == written || name.contains(&made)
    };
    alarms().await.into_iter().find(named).unwrap_or_else(|| panic!("no alarm {alarm}"))
}

/// Seconds since 1970: from when on a test looks at metrics.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// The largest value of `metric` since `since`, by the statistic that `alarm` looks at; `None` when nothing was measured.
pub(crate) async fn measured(alarm: &Value, metric: &str, since: i64) -> Option<f64> {
    let (of, statistic) = looked_at(alarm, metric);
    let question = json!({
        "Namespace": of["Namespace"], "MetricName": metric, "Dimensions": of.get("Dimensions").unwrap_or(&json!([])),
        "StartTime": since, "EndTime": now() + 60, "Period": 60, "Statistics": [statistic],
    });
    let answer = cloudwatch("GetMetricStatistics", &question).await;
    let values =
        answer["Datapoints"].as_array().unwrap().iter().filter_map(|point| point[&statistic].as_f64());
    values.reduce(f64::max)
}

/// The metric of that name among those that `alarm` looks at, and the statistic.
fn looked_at(alarm: &Value, metric: &str) -> (Value, String) {
    if alarm["MetricName"] == metric {
        return (alarm.clone(), alarm["Statistic"].as_str().unwrap().to_owned());
    }
    let queries = alarm["Metrics"].as_array().unwrap_or_else(|| panic!("{alarm} does not look at {metric}"));
    let stats = queries.iter().filter_map(|query| query.get("MetricStat"));
    let stat = stats.into_iter().find(|stat| stat["Metric"]["MetricName"] == metric).unwrap();
    (stat["Metric"].clone(), stat["Stat"].as_str().unwrap().to_owned())
}

/// Waits until `metric` was measured above `limit` since `since`, and the alarm with the logical id `id` is raised. Another test's trouble may have raised
/// it before: what is shown then is that this trouble is in its metric, and that the alarm is raised while it is.
pub(crate) async fn raised(id: &str, metric: &str, limit: f64, since: i64) {
    let found = alarm(id).await;
    eventually(&format!("{metric} above {limit}"), PATIENCE, || async {
        measured(&found, metric, since).await.filter(|value| *value > limit)
    })
    .await;
    is_raised(found["AlarmName"].as_str().unwrap(), PATIENCE).await;
}

/// Waits until the alarm called `name` is raised.
pub(crate) async fn is_raised(name: &str, patience: Duration) {
    eventually(&format!("{name} to be raised"), patience, || async {
        (state(name).await == "ALARM").then_some(())
    })
    .await;
}

/// The state of the alarm called `name`.
pub(crate) async fn state(name: &str) -> String {
    let page = cloudwatch("DescribeAlarms", &json!({"AlarmNames": [name]})).await;
    page["MetricAlarms"][0]["StateValue"].as_str().unwrap().to_owned()
}

/// An alarm like the one with the logical id `id` that looks at the measurements of a stack called `stack`, which are a test's own.
pub(crate) async fn twin(id: &str, stack: &str) -> String {
    copied(id, stack, json!({"Dimensions": [{"Name": "Stack", "Value": stack}]})).await
}

/// Creates a copy of the alarm with the logical id `id`, with the members of `instead` in place of its own, and returns its name.
/// `mark` sets the copy's name apart from others.
pub(crate) async fn copied(id: &str, mark: &str, instead: Value) -> String {
    let mut copy = alarm(id).await;
    let name = format!("test-{id}-{mark}");
    let members = copy.as_object_mut().unwrap();
    members.retain(|member, _| !member.starts_with("State") && member != "AlarmArn");
    members.insert("AlarmName".to_owned(), json!(name));
    members.extend(instead.as_object().unwrap().clone());
    cloudwatch("PutMetricAlarm", &copy).await;
    name
}

/// Measures `value` of a metric of the stack called `stack`, at a moment.
pub(crate) async fn measure(metric: &str, stack: &str, value: u64, at: i64) {
    let datum = json!({
        "MetricName": metric, "Dimensions": [{"Name": "Stack", "Value": stack}], "Timestamp": at, "Value": value,
        "Unit": "Count",
    });
    cloudwatch("PutMetricData", &json!({"Namespace": "Holdfast", "MetricData": [datum]})).await;
}

/// Measures `value` of a metric that AWS has for a whole account, now.
pub(crate) async fn measure_account(namespace: &str, metric: &str, value: f64) {
    let datum = json!({"MetricName": metric, "Timestamp": now(), "Value": value});
    cloudwatch("PutMetricData", &json!({"Namespace": namespace, "MetricData": [datum]})).await;
}
