//! Consumers of SQS queues, with partial batch failures.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use kernel::{Event, Problem};
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{BoxFuture, Call, Init, InitError, job, runtime, telemetry};

/// What a consumer does with one message. It has to be idempotent: queues deliver at least once.
pub type Handler = Box<dyn Fn(Call, Message) -> BoxFuture<'static, Result<(), Problem>> + Send + Sync>;

/// One message.
#[derive(Debug, Clone)]
pub struct Message {
    /// The queue's id of it.
    pub id: String,
    /// What was sent.
    pub body: String,
}

impl Message {
    /// The body as JSON of the shape `T`. A message that isn't one goes to the dead-letter queue by its retries.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_str(&self.body)
            .map_err(|error| Problem::internal(format!("not understood: {error}")))
    }

    /// The event that a rule of the bus put into the queue, and `call` as a consequence of it.
    pub fn event(&self, call: Call) -> Result<(Call, Event), Problem> {
        let Envelope { detail } = self.json()?;
        Ok((Call { correlation_id: detail.correlation_id.clone(), ..call }, detail))
    }
}

/// An event as EventBridge hands it over; what is around it is of no interest.
#[derive(Deserialize)]
struct Envelope {
    detail: Event,
}

/// A handler that shares `state` between messages.
pub fn handler<S, F, Fut>(state: S, handle: F) -> Handler
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>, Call, Message) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Problem>> + Send + 'static,
{
    let state = Arc::new(state);
    Box::new(move |call, message| Box::pin(handle(Arc::clone(&state), call, message)))
}

/// Serves the handler that `init` makes for the consumer called `name`, until Lambda ends the process.
pub fn serve(
    name: &'static str,
    init: fn(Init) -> BoxFuture<'static, Result<Handler, InitError>>,
) -> ExitCode {
    runtime::run(async move {
        let handler = Arc::new(init(Init::from_environment()?).await?);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| {
            let handler = Arc::clone(&handler);
            async move { Ok::<_, lambda_runtime::Error>(consume(name, &handler, event).await) }
        }))
        .await
    })
}

/// Handles every message of the batch by itself, side by side, and reports the ones that failed; only those return.
async fn consume(name: &'static str, handler: &Handler, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let began = Instant::now();
    let messages = event.payload.records;
    let count = messages.len();
    let outcomes =
        join_all(messages.into_iter().map(|message| one(name, handler, &event.context, message))).await;
    let failed: Vec<String> = outcomes.into_iter().flatten().collect();
    let (spent, request_id) = (telemetry::spent_since(began), event.context.request_id);
    telemetry::line!(info, spent, job = name, messages = count, failed = failed.len(), request_id, "batch");
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed.into_iter().map(failure).collect();
    response
}

/// The message's id when it failed.
async fn one(name: &str, handler: &Handler, context: &Context, message: SqsMessage) -> Option<String> {
    let id = message.message_id.unwrap_or_default();
    let message = Message { id: id.clone(), body: message.body.unwrap_or_default() };
    let problem = handler(job::call(name, context), message).await.err()?;
    tracing::error!(job = name, message_id = id, %problem, "message failed");
    Some(id)
}

fn failure(id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    failure
}
