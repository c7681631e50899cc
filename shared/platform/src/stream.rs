//! Consumers of a table's stream, with partial batch failures.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use kernel::Problem;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};

use crate::dynamo::Key;
use crate::{BoxFuture, Call, Init, InitError, job, journal, runtime, telemetry};

/// One change of the table.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The stream's position of it.
    pub sequence_number: String,
    /// The key attributes of the item.
    pub keys: serde_dynamo::Item,
    /// The item after the change; empty for a deletion, and always when the stream has keys only.
    pub new_image: serde_dynamo::Item,
}

impl Change {
    /// The key of the item.
    pub fn key(&self) -> Result<Key, Problem> {
        serde_dynamo::from_item(self.keys.clone()).map_err(Problem::internal)
    }
}

/// A change that could not be handled, and why.
#[derive(Debug)]
pub struct Stuck {
    /// The position of the first change that has to come again.
    pub sequence_number: String,
    /// Why.
    pub problem: Problem,
}

/// What a consumer does with a batch of changes, in the stream's order. It has to be idempotent.
pub type Handler = Box<dyn Fn(Call, Vec<Change>) -> BoxFuture<'static, Result<(), Stuck>> + Send + Sync>;

/// A handler that shares `state` between batches.
pub fn handler<S, F, Fut>(state: S, handle: F) -> Handler
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>, Call, Vec<Change>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Stuck>> + Send + 'static,
{
    let state = Arc::new(state);
    Box::new(move |call, changes| Box::pin(handle(Arc::clone(&state), call, changes)))
}

/// Serves the handler that `init` makes for the consumer called `name`, until Lambda ends the process.
pub fn serve(
    name: &'static str,
    init: fn(Init) -> BoxFuture<'static, Result<Handler, InitError>>,
) -> ExitCode {
    runtime::run(async move {
        let handler = Arc::new(init(Init::from_environment()?).await?);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<StreamEvent>| {
            let handler = Arc::clone(&handler);
            async move { Ok::<_, lambda_runtime::Error>(consume(name, &handler, event).await) }
        }))
        .await
    })
}

/// Hands over the batch and reports the position of the first failure: the stream goes on from there, so order holds.
async fn consume(name: &str, handler: &Handler, event: LambdaEvent<StreamEvent>) -> Value {
    let began = Instant::now();
    let changes: Vec<Change> = event
        .payload
        .records
        .into_iter()
        .map(|record| Change {
            sequence_number: record.change.sequence_number.unwrap_or_default(),
            keys: record.change.keys,
            new_image: record.change.new_image,
        })
        .collect();
    let count = changes.len();
    // Rows of the journal say what they belong to.
    let correlation_ids =
        telemetry::listed(changes.iter().filter_map(|change| journal::correlation_of(&change.new_image)));
    let outcome = handler(job::call(name, &event.context), changes).await;
    let (spent, request_id, trace_id) =
        (telemetry::spent_since(began), event.context.request_id, telemetry::trace_id());
    match outcome {
        Ok(()) => {
            telemetry::line!(
                info,
                spent,
                job = name,
                changes = count,
                request_id,
                correlation_ids,
                trace_id,
                "batch"
            );
            json!({"batchItemFailures": []})
        }
        Err(stuck) => {
            let (position, problem) = (&stuck.sequence_number, &stuck.problem);
            telemetry::line!(
                error, spent, job = name, changes = count, request_id, correlation_ids, trace_id, position, %problem,
                "batch stuck"
            );
            json!({"batchItemFailures": [{"itemIdentifier": position}]})
        }
    }
}
