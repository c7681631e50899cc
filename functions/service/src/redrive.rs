//! Sending what was given up to its consumer again.
//!
//! A message is sent first and then taken out of its queue: a process that dies in between sends it twice, and consumers know what they
//! have done by the event's or message's id.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    Message, MessageSystemAttributeName, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    QueueAttributeName,
};
use futures_util::future::{join_all, try_join_all};
use kernel::event::Units;
use kernel::{NewEvent, Problem};
use platform::dynamo::Dynamo;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, aws};
use serde::Serialize;
use uuid::Uuid;

use crate::dead_letters::{DeadLetters, named, parse};
use crate::events::{RedriveStarted, Waiting};

/// Messages of one queue that one request sends again; the next request goes on.
const MAX_REDRIVEN: usize = 1_000;
/// Messages received at a time (SQS developer guide, quotas).
const BATCH: i32 = 10;
/// Seconds for which a received message is kept from others.
const HELD_SECONDS: i32 = 60;
/// Seconds in which a queue looks for messages everywhere it has any, so that "none" is true.
const LOOK_SECONDS: i32 = 1;
/// Time that has to be left for another batch.
const BATCH_TIME: Duration = Duration::from_secs(8);

/// The response to a redrive: the messages that were found, and those that were sent again.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    dry_run: bool,
    queues: Vec<Emptied>,
}

/// The number of messages in a queue, and the number of those that were sent again or, in a dry run, would be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Emptied {
    name: String,
    consumer: String,
    waiting: usize,
    redrivable: bool,
    redriven: usize,
}

/// Redrives the stack's queues of dead letters.
pub struct Redriver {
    client: Client,
    dynamo: Dynamo,
    journal: Journal,
    queues: Vec<DeadLetters>,
}

impl Redriver {
    /// The queues listed in `DEAD_LETTERS`, at addresses that begin with `QUEUES_URL`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let queues = parse(&init.required("DEAD_LETTERS")?, &init.required("QUEUES_URL")?);
        Ok(Self {
            client: Client::new(init.aws()),
            dynamo: init.dynamo(),
            journal: Journal::connect(init).await?,
            queues: queues.map_err(|reason| InitError::new("DEAD_LETTERS", reason))?,
        })
    }

    /// Sends what waits in the queue called `name`, or in all of them, to its consumer; in a dry run it only says what waits.
    pub async fn redrive(
        &self,
        call: &InvocationContext,
        name: Option<&str>,
        dry_run: bool,
    ) -> Result<Report, Problem> {
        let queues = named(&self.queues, name)?;
        let waiting = try_join_all(queues.iter().map(|queue| self.waiting(queue))).await?;
        let found: Vec<(&DeadLetters, usize)> = queues.into_iter().zip(waiting).collect();
        if !dry_run {
            self.note(call, &found).await?;
        }
        // Each to its end, also when one fails.
        let emptied = found.into_iter().map(|(queue, waiting)| self.one(call, queue, waiting, dry_run));
        let queues = join_all(emptied).await.into_iter().collect::<Result<_, _>>()?;
        Ok(Report { dry_run, queues })
    }

    async fn one(
        &self,
        call: &InvocationContext,
        queue: &DeadLetters,
        waiting: usize,
        dry_run: bool,
    ) -> Result<Emptied, Problem> {
        let redriven = match &queue.source {
            Some(source) if !dry_run && waiting > 0 => empty(&self.client, call, &queue.url, source).await?,
            Some(_) => waiting.min(MAX_REDRIVEN),
            None => 0,
        };
        Ok(Emptied {
            name: queue.name.clone(),
            consumer: queue.consumer.clone(),
            waiting,
            redrivable: queue.source.is_some(),
            redriven,
        })
    }

    /// The approximate number of messages in a queue, as SQS reports it.
    async fn waiting(&self, queue: &DeadLetters) -> Result<usize, Problem> {
        let count = QueueAttributeName::ApproximateNumberOfMessages;
        let ask = self.client.get_queue_attributes().queue_url(&queue.url).attribute_names(count.clone());
        let answer = ask.send().await.map_err(|error| aws::problem(&error))?;
        let found = answer.attributes.and_then(|mut attributes| attributes.remove(&count));
        found.and_then(|text| text.parse().ok()).ok_or_else(|| Problem::internal("a queue without a count"))
    }

    /// Journals who has which queues sent again, before it happens: the record stands even if the process dies meanwhile.
    async fn note(&self, call: &InvocationContext, found: &[(&DeadLetters, usize)]) -> Result<(), Problem> {
        let moved = found.iter().filter(|(queue, waiting)| queue.source.is_some() && *waiting > 0);
        let queues: Vec<Waiting> = moved
            .map(|(queue, waiting)| Waiting { name: queue.name.clone(), waiting: Units(*waiting as u64) })
            .collect();
        if queues.is_empty() {
            return Ok(());
        }
        let aggregate = format!("redrive/{}", Uuid::new_v4());
        let event = NewEvent::new(aggregate, 1, &RedriveStarted { queues })?;
        let commit = self.dynamo.commit(call, vec![self.journal.append(call, event)?]).await?;
        commit.ok_or_else(|_| Problem::unavailable("a redrive's id was taken"))
    }
}

/// Moves messages from `dead` to `source` until there are none, or enough were, or time is short; answers how many.
async fn empty(
    client: &Client,
    call: &InvocationContext,
    dead: &str,
    source: &str,
) -> Result<usize, Problem> {
    let mut moved = 0;
    while moved < MAX_REDRIVEN && call.remaining() > BATCH_TIME {
        let messages = receive(client, dead).await?;
        if messages.is_empty() {
            break;
        }
        // All of them to the end, also when one fails: what was sent has to be taken out.
        let handed = join_all(messages.iter().map(|message| hand_over(client, message, dead, source))).await;
        moved += handed.into_iter().collect::<Result<Vec<()>, _>>()?.len();
    }
    Ok(moved)
}

async fn receive(client: &Client, dead: &str) -> Result<Vec<Message>, Problem> {
    let ask = client.receive_message().queue_url(dead).max_number_of_messages(BATCH);
    let ask = ask.visibility_timeout(HELD_SECONDS).wait_time_seconds(LOOK_SECONDS);
    let ask = ask.message_attribute_names("All");
    let ask = ask.message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader);
    let answer = ask.send().await.map_err(|error| aws::problem(&error))?;
    Ok(answer.messages.unwrap_or_default())
}

/// Sends a message as it was, with what traces it, and takes it out of the queue that it waited in.
async fn hand_over(client: &Client, message: &Message, dead: &str, source: &str) -> Result<(), Problem> {
    let send = client.send_message().queue_url(source).set_message_body(message.body.clone());
    let mut send = send.set_message_attributes(message.message_attributes.clone());
    let kept = message.attributes.as_ref();
    if let Some(trace) = kept.and_then(|kept| kept.get(&MessageSystemAttributeName::AwsTraceHeader)) {
        let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace);
        let value = value.build().map_err(Problem::internal)?;
        send = send.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, value);
    }
    send.send().await.map_err(|error| aws::problem(&error))?;
    let taken = client.delete_message().queue_url(dead);
    let taken = taken.set_receipt_handle(message.receipt_handle.clone()).send().await;
    taken.map(|_| ()).map_err(|error| aws::problem(&error))
}

#[cfg(test)]
#[path = "redrive_tests.rs"]
mod tests;
