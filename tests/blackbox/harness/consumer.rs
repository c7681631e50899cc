//! A consumer of events that is the test's own: a rule and a queue, and what came to it.

use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, QueueAttributeName};
use serde_json::{Value, json};
use uuid::Uuid;

use super::aws::{config, variable};
use super::{PATIENCE, eventually};

/// A rule on a bus, and the queue that it fills.
pub(crate) struct Consumer {
    /// What the rule is called.
    pub(crate) rule: String,
    /// The bus.
    pub(crate) bus: String,
    own_bus: bool,
    queue: String,
    events: aws_sdk_eventbridge::Client,
    queues: aws_sdk_sqs::Client,
}

impl Consumer {
    /// A consumer of all events, on a bus that only it uses.
    pub(crate) async fn on_a_bus_of_its_own() -> Self {
        let bus = format!("test-{}", Uuid::new_v4());
        let events = aws_sdk_eventbridge::Client::new(&config());
        events.create_event_bus().name(&bus).send().await.unwrap();
        Self::new(bus, true, &json!({"source": [{"prefix": "holdfast."}]})).await
    }

    /// A consumer of what `pattern` says, on the stack's bus.
    pub(crate) async fn on_the_stacks_bus(pattern: &Value) -> Self {
        let bus = variable("PublishEvents", "EVENT_BUS_NAME").await;
        Self::new(bus, false, pattern).await
    }

    async fn new(bus: String, own_bus: bool, pattern: &Value) -> Self {
        let (events, queues) =
            (aws_sdk_eventbridge::Client::new(&config()), aws_sdk_sqs::Client::new(&config()));
        let rule = format!("test-{}", Uuid::new_v4());
        let queue = queues.create_queue().queue_name(&rule).send().await.unwrap().queue_url.unwrap();
        let wanted = QueueAttributeName::QueueArn;
        let known = queues.get_queue_attributes().queue_url(&queue).attribute_names(wanted.clone());
        let arn = known.send().await.unwrap().attributes.unwrap().remove(&wanted).unwrap();
        let put = events.put_rule().name(&rule).event_bus_name(&bus).event_pattern(pattern.to_string());
        put.send().await.unwrap();
        let target = Target::builder().id("test").arn(arn).build().unwrap();
        events.put_targets().rule(&rule).event_bus_name(&bus).targets(target).send().await.unwrap();
        Self { rule, bus, own_bus, queue, events, queues }
    }

    /// What came since this was last called: events with what is around them.
    pub(crate) async fn seen(&self) -> Vec<Value> {
        let mut seen = Vec::new();
        loop {
            let ask = self.queues.receive_message().queue_url(&self.queue).max_number_of_messages(10);
            let messages = ask.send().await.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return seen;
            }
            let done = messages.iter().enumerate().map(|(number, message)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string());
                entry.receipt_handle(message.receipt_handle().unwrap()).build().unwrap()
            });
            let delete = self.queues.delete_message_batch().queue_url(&self.queue);
            delete.set_entries(Some(done.collect())).send().await.unwrap();
            seen.extend(
                messages
                    .iter()
                    .map(|message| serde_json::from_str::<Value>(message.body().unwrap()).unwrap()),
            );
        }
    }

    /// Takes away what was made.
    pub(crate) async fn end(self) {
        let (rule, bus) = (&self.rule, &self.bus);
        self.events.remove_targets().rule(rule).event_bus_name(bus).ids("test").send().await.unwrap();
        self.events.delete_rule().name(rule).event_bus_name(bus).send().await.unwrap();
        self.queues.delete_queue().queue_url(&self.queue).send().await.unwrap();
        if self.own_bus {
            self.events.delete_event_bus().name(bus).send().await.unwrap();
        }
    }
}

/// Takes the first message that is `wanted` out of the queue with this ARN, once it is there.
pub(crate) async fn taken_from(queue_arn: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let queues = aws_sdk_sqs::Client::new(&config());
    let name = queue_arn.rsplit(':').next().unwrap();
    let queue = queues.get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap();
    eventually("the message", PATIENCE, || async {
        // Other messages stay visible to the other consumers of the queue.
        let ask = queues.receive_message().queue_url(&queue).max_number_of_messages(10).visibility_timeout(0);
        for message in ask.send().await.unwrap().messages.unwrap_or_default() {
            let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
            if wanted(&body) {
                let handle = message.receipt_handle().unwrap();
                queues.delete_message().queue_url(&queue).receipt_handle(handle).send().await.unwrap();
                return Some(body);
            }
        }
        None
    })
    .await
}
