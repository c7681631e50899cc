//! Consumers of a table's stream, with partial batch failures.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use kernel::Problem;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::{Value, json};

use crate::dynamo::Key;
use crate::function::Start;
use crate::queue::Sender;
use crate::{BoxFuture, Init, InitError, InvocationContext, job, journal, runtime, telemetry};

/// One change of the table.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The stream's position of it.
    pub sequence_number: String,
    /// The ARN of the stream that brought it; `None` for a direct call of the function.
    pub stream: Option<String>,
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
    /// The reason for which it was not handled.
    pub problem: Problem,
}

/// A change that can never be handled, as it waits for an operator in the queue of the stream's failures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parked {
    /// The stream's position of it.
    pub sequence_number: String,
    /// The key of the item; `None` for a change whose key cannot be read.
    pub key: Option<Key>,
    /// The reason for which it can never be handled.
    pub reason: String,
}

/// The queue in which changes that can never be handled are parked, so that they do not hold up what is behind them.
pub struct Parking {
    queue: Sender,
}

/// A parked change, in a shape that differs from the messages that Lambda leaves in the same queue.
#[derive(Serialize)]
struct Message<'a> {
    parked: &'a Parked,
}

impl Parking {
    /// The queue whose URL stands in the environment variable `variable`.
    pub fn connect(init: &Init, variable: &str) -> Result<Self, InitError> {
        Ok(Self { queue: Sender::connect(init, variable)? })
    }

    /// Parks `changes`, which are in the stream's order. Where the queue does not take all of them in the call's time, the stream has to go on from the
    /// first: it may then be parked twice, and is never lost.
    pub async fn park(&self, call: &InvocationContext, changes: &[Parked]) -> Result<(), Stuck> {
        let Some(first) = changes.first() else { return Ok(()) };
        for change in changes {
            let Parked { sequence_number, key, reason } = change;
            tracing::error!(sequence_number, ?key, reason, "the change can never be handled and is parked");
        }
        let messages: Vec<Message<'_>> = changes.iter().map(|parked| Message { parked }).collect();
        let sent = tokio::time::timeout(call.remaining(), self.queue.send(&messages)).await;
        let problem = match sent {
            Ok(Ok(taken)) if taken == changes.len() => return Ok(()),
            Ok(Ok(_)) => Problem::unavailable("the queue did not take every parked change"),
            Ok(Err(problem)) => problem,
            Err(_) => Problem::unavailable("no time was left to park changes"),
        };
        Err(Stuck { sequence_number: first.sequence_number.clone(), problem })
    }
}

/// A consumer's handler of a batch of changes, in the stream's order. It has to be idempotent.
pub type Handler =
    Box<dyn Fn(InvocationContext, Vec<Change>) -> BoxFuture<'static, Result<(), Stuck>> + Send + Sync>;

/// A handler that shares `state` between batches.
pub fn handler<S, F, Fut>(state: S, handle: F) -> Handler
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>, InvocationContext, Vec<Change>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Stuck>> + Send + 'static,
{
    let state = Arc::new(state);
    Box::new(move |call, changes| Box::pin(handle(Arc::clone(&state), call, changes)))
}

/// Serves the handler that `init` makes for the consumer called `name`, until Lambda ends the process.
pub(crate) fn serve(name: &'static str, init: Start<Handler>) -> ExitCode {
    runtime::serve(init, |handler| {
        lambda_runtime::run(service_fn(move |event: LambdaEvent<StreamEvent>| {
            let handler = Arc::clone(&handler);
            async move { Ok::<_, lambda_runtime::Error>(consume(name, &handler, event).await) }
        }))
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
            stream: record.event_source_arn,
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

#[cfg(test)]
mod tests {
    use kernel::{Actor, Kind, Timestamp};

    use super::*;
    use crate::queue::tests::queue;

    fn call(milliseconds: u64) -> InvocationContext {
        let end = u64::try_from(Timestamp::now().as_millis()).unwrap() + milliseconds;
        InvocationContext::new(end, "test".to_owned(), Actor::system("test"))
    }

    fn changes() -> Vec<Parked> {
        let parked = |position: &str| Parked {
            sequence_number: position.to_owned(),
            key: Some(Key::new("order/a", "000000000001")),
            reason: "internal: too large".to_owned(),
        };
        vec![parked("7"), parked("9")]
    }

    #[tokio::test]
    async fn a_parked_change_says_which_it_is_and_why() {
        let (queue, replay) = queue(1, &[]);
        Parking { queue }.park(&call(5_000), &changes()).await.unwrap();
        let request = replay.actual_requests().next().unwrap();
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let first: Value = serde_json::from_str(body["Entries"][0]["MessageBody"].as_str().unwrap()).unwrap();
        let expected = json!({"parked": {
            "sequenceNumber": "7", "key": {"PK": "order/a", "SK": "000000000001"}, "reason": "internal: too large",
        }});
        assert_eq!(first, expected);
    }

    #[tokio::test]
    async fn what_is_not_parked_comes_again_from_the_first_on() {
        let (refusing, _) = queue(1, &[1]);
        let stuck = Parking { queue: refusing }.park(&call(5_000), &changes()).await.unwrap_err();
        assert_eq!((stuck.sequence_number.as_str(), stuck.problem.kind), ("7", Kind::Unavailable));
        let (broken, _) = queue(0, &[]);
        let stuck = Parking { queue: broken }.park(&call(600), &changes()).await.unwrap_err();
        assert_eq!(stuck.sequence_number, "7");
    }

    #[tokio::test]
    async fn no_change_needs_no_queue() {
        let (queue, replay) = queue(0, &[]);
        Parking { queue }.park(&call(0), &[]).await.unwrap();
        assert_eq!(replay.actual_requests().count(), 0);
    }
}
