//! SQS queues: sending to them in batches, and consumers with partial batch failures.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use kernel::{Event, Problem, Trace};
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;

use crate::backoff::full_jitter;
use crate::function::Start;
use crate::{BoxFuture, Init, InitError, InvocationContext, aws, job, runtime, telemetry};

/// The most messages in one batch (SQS developer guide, quotas).
const SQS_BATCH: usize = 10;
/// Batches that are on their way at the same time: a backlog is queued that many times faster.
const PARALLEL_BATCHES: usize = 8;
/// The longest that a queue keeps a message back (SQS developer guide, "Message timers").
pub const MAX_DELAY: Duration = Duration::from_mins(15);

/// A queue to send to.
#[derive(Clone)]
pub struct Sender {
    client: Client,
    url: String,
}

impl Sender {
    /// The queue whose URL stands in the environment variable `variable`.
    pub fn connect(init: &Init, variable: &str) -> Result<Self, InitError> {
        Ok(Self { client: Client::new(init.aws()), url: init.required(variable)? })
    }

    /// Sends each of `messages` as JSON, in batches and in no particular order; returns how many the queue took. The caller has to find
    /// again any message that it did not take: a repeat may send a message twice.
    pub async fn send<M: Serialize>(&self, messages: &[M]) -> Result<usize, Problem> {
        self.send_later(messages, Duration::ZERO).await
    }

    /// As [`Self::send`], and the queue keeps the messages back for `delay`, in whole seconds and at most [`MAX_DELAY`].
    pub async fn send_later<M: Serialize>(&self, messages: &[M], delay: Duration) -> Result<usize, Problem> {
        // Rounded up: a message must not arrive before its delay is over.
        let seconds = delay.min(MAX_DELAY).as_millis().div_ceil(1_000);
        let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
        let batches: Vec<_> =
            messages.chunks(SQS_BATCH).map(|batch| self.send_batch(batch, seconds)).collect();
        let taken: Vec<usize> =
            stream::iter(batches).buffer_unordered(PARALLEL_BATCHES).try_collect().await?;
        Ok(taken.into_iter().sum())
    }

    async fn send_batch<M: Serialize>(&self, messages: &[M], delay_seconds: i32) -> Result<usize, Problem> {
        let mut batch = self.client.send_message_batch().queue_url(&self.url);
        for (index, message) in messages.iter().enumerate() {
            let body = serde_json::to_string(message).map_err(Problem::internal)?;
            let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body);
            // Without a delay of its own a message takes the queue's.
            let entry = entry.set_delay_seconds((delay_seconds > 0).then_some(delay_seconds));
            batch = batch.entries(entry.build().map_err(Problem::internal)?);
        }
        let answer = batch.send().await.map_err(|error| aws::problem(&error))?;
        let failed = answer.failed();
        if let Some(first) = failed.first() {
            let (failed, code) = (failed.len(), first.code());
            tracing::warn!(failed, code, "the queue did not take every message");
        }
        Ok(messages.len() - failed.len())
    }
}

/// The shortest time after which a message that failed for now comes again: longer than a function that consumes messages runs, so
/// that the attempt before has ended.
pub const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// The longest such time, without what chance adds.
pub const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// Lets messages of a queue come again later the more often they came, for what is behind a consumer and says "too fast".
///
/// Without it every message returns when the queue's visibility timeout is over, all of them at the same pace.
#[derive(Clone)]
pub struct Postponing {
    client: Client,
    url: String,
}

impl Postponing {
    /// Of the queue whose URL stands in the environment variable `variable`. Needs the right to `sqs:ChangeMessageVisibility`.
    pub fn connect(init: &Init, variable: &str) -> Result<Self, InitError> {
        Ok(Self { client: Client::new(init.aws()), url: init.required(variable)? })
    }

    /// Hands `outcome` on. When it is a failure that may pass, `message` comes again after a pause that doubles with each time it came;
    /// if that pause can't be set, it comes after the queue's own.
    pub async fn after(&self, message: &Message, outcome: Result<(), Problem>) -> Result<(), Problem> {
        if let Err(problem) = &outcome
            && problem.kind.retryable()
        {
            self.postpone(message, pause(message.receives)).await;
        }
        outcome
    }

    /// Lets `message`, of which the consumer is about to report a failure, come again after `pause`, in whole seconds; if that pause
    /// can't be set, it comes after the queue's own.
    pub async fn postpone(&self, message: &Message, pause: Duration) {
        let Some(receipt) = &message.receipt else { return };
        let seconds = i32::try_from(pause.as_secs()).unwrap_or(i32::MAX);
        let change = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        if let Err(error) = change.visibility_timeout(seconds).send().await {
            let inside = aws::describe(&error);
            tracing::warn!(message_id = message.id, inside, "the message was not postponed");
        }
    }
}

/// The time for which a message that was received `receives` times stays invisible: doubled each time, with up to half as much again by chance,
/// so that messages that failed together do not come back together.
fn pause(receives: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << receives.saturating_sub(1).min(10)).min(LONGEST_PAUSE);
    doubled + full_jitter(doubled / 2, doubled / 2, 0)
}

/// A consumer's handler of one message. It has to be idempotent: queues deliver at least once.
pub type Handler =
    Box<dyn Fn(InvocationContext, Message) -> BoxFuture<'static, Result<(), Problem>> + Send + Sync>;

/// One message.
#[derive(Debug, Clone)]
pub struct Message {
    /// The queue's id of it.
    pub id: String,
    pub body: String,
    /// The number of times that it was received, this one included.
    pub receives: u32,
    /// The queue's handle of this delivery.
    receipt: Option<String>,
    /// The position in a trace at which it was sent.
    trace: Option<Trace>,
}

impl Message {
    /// A message that comes for the first time, by no queue.
    pub fn new(id: &str, body: String) -> Self {
        Self { id: id.to_owned(), body, receives: 1, receipt: None, trace: None }
    }

    fn delivered(message: SqsMessage) -> Self {
        let receives = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        // SQS puts it there, from the header that the SDK sends or from the entry on the bus.
        let trace = message.attributes.get("AWSTraceHeader").and_then(|header| Trace::from_header(header));
        Self {
            id: message.message_id.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
            receives: receives.unwrap_or(1),
            receipt: message.receipt_handle,
            trace,
        }
    }

    /// The correlation id of the event that the message holds; `None` where it holds no event.
    fn correlation_id(&self) -> Option<String> {
        let Envelope { detail } = serde_json::from_str::<Envelope<Correlated>>(&self.body).ok()?;
        Some(detail.correlation_id)
    }

    /// `call`, in the trace and in the correlation of this message.
    fn continued(&self, call: InvocationContext) -> InvocationContext {
        let correlation_id = self.correlation_id().unwrap_or(call.correlation_id);
        InvocationContext { correlation_id, trace: self.trace.clone().or(call.trace), ..call }
    }

    /// The body as JSON of the shape `T`. A message that isn't one goes to the dead-letter queue by its retries.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_str(&self.body)
            .map_err(|error| Problem::internal(format!("not understood: {error}")))
    }

    /// The event that a rule of the bus put into the queue, and `call` as a consequence of it.
    pub fn event(&self, call: InvocationContext) -> Result<(InvocationContext, Event), Problem> {
        let Envelope::<Event> { detail } = self.json()?;
        let trace = detail.trace.clone().or(call.trace);
        Ok((InvocationContext { correlation_id: detail.correlation_id.clone(), trace, ..call }, detail))
    }
}

/// An event as EventBridge hands it over; what is around it is of no interest.
#[derive(Deserialize)]
struct Envelope<D> {
    detail: D,
}

/// As much of an event as is needed to find what it belongs to, as it is published or as it was earlier.
#[derive(Deserialize)]
struct Correlated {
    #[serde(rename = "correlationid", alias = "correlationId")]
    correlation_id: String,
}

/// A handler that shares `state` between messages.
pub fn handler<S, F, Fut>(state: S, handle: F) -> Handler
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>, InvocationContext, Message) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Problem>> + Send + 'static,
{
    let state = Arc::new(state);
    Box::new(move |call, message| Box::pin(handle(Arc::clone(&state), call, message)))
}

/// Serves the handler that `init` makes for the consumer called `name`, until Lambda ends the process.
pub(crate) fn serve(name: &'static str, init: Start<Handler>) -> ExitCode {
    runtime::serve(init, |handler| {
        lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| {
            let handler = Arc::clone(&handler);
            async move { Ok::<_, lambda_runtime::Error>(consume(name, &handler, event).await) }
        }))
    })
}

/// Handles every message of the batch by itself, side by side, and reports the ones that failed; only those return.
async fn consume(name: &'static str, handler: &Handler, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let began = Instant::now();
    let messages = event.payload.records;
    let messages: Vec<Message> = messages.into_iter().map(Message::delivered).collect();
    let count = messages.len();
    let correlation_ids = telemetry::listed(messages.iter().filter_map(Message::correlation_id));
    let outcomes =
        join_all(messages.into_iter().map(|message| one(name, handler, &event.context, message))).await;
    let failed: Vec<String> = outcomes.into_iter().flatten().collect();
    let (spent, request_id) = (telemetry::spent_since(began), event.context.request_id);
    let (failures, trace_id) = (failed.len(), telemetry::trace_id());
    telemetry::line!(
        info,
        spent,
        job = name,
        messages = count,
        failed = failures,
        request_id,
        correlation_ids,
        trace_id,
        "batch"
    );
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed.into_iter().map(failure).collect();
    response
}

/// The message's id when it failed.
async fn one(name: &str, handler: &Handler, context: &Context, message: Message) -> Option<String> {
    let id = message.id.clone();
    let call = message.continued(job::call(name, context));
    let trace_id = call.trace.as_ref().map(Trace::id).unwrap_or_default();
    // Around every line that is written for this message, of which there is none when all goes well.
    let span = tracing::info_span!(
        "message",
        message_id = id,
        request_id = context.request_id,
        correlation_id = call.correlation_id,
        trace_id
    );
    let problem = async {
        let problem = handler(call, message).await.err()?;
        // What may pass by itself is an error once the queue gives the message up.
        if problem.kind.retryable() {
            tracing::warn!(job = name, message_id = id, %problem, "message postponed");
        } else {
            tracing::error!(job = name, message_id = id, %problem, "message failed");
        }
        Some(problem)
    };
    problem.instrument(span).await.map(|_| id)
}

fn failure(id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    failure
}

#[cfg(test)]
#[path = "queue_tests.rs"]
pub(crate) mod tests;
