//! A function without a route: called by a schedule, or directly by an operator with IAM rights.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use kernel::{Actor, Problem};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::Instrument as _;

use crate::function::Start;
use crate::{BoxFuture, InvocationContext, runtime, telemetry};

/// A job's handler: receives its input and returns its result.
pub type Handler =
    Box<dyn Fn(InvocationContext, Value) -> BoxFuture<'static, Result<Value, Problem>> + Send + Sync>;

/// A handler that shares `state` between invocations.
pub fn handler<S, F, Fut>(state: S, handle: F) -> Handler
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>, InvocationContext, Value) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Value, Problem>> + Send + 'static,
{
    let state = Arc::new(state);
    Box::new(move |call, input| Box::pin(handle(Arc::clone(&state), call, input)))
}

/// Serves the handler that `init` makes for the job called `name`, until Lambda ends the process. A problem fails the
/// invocation with its code, so that Lambda repeats what was asked for asynchronously.
pub(crate) fn serve(name: &'static str, init: Start<Handler>) -> ExitCode {
    run(name, init, Value::to_string)
}

/// As [`serve`], for a job whose result is a secret: the log does not have it.
pub(crate) fn serve_secretly(name: &'static str, init: Start<Handler>) -> ExitCode {
    run(name, init, |_| "withheld".to_owned())
}

/// Serves, and logs of each result what `shown` makes of it.
fn run(name: &'static str, init: Start<Handler>, shown: fn(&Value) -> String) -> ExitCode {
    runtime::serve(init, |handler| {
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
            let handler = Arc::clone(&handler);
            async move { invoke(name, &handler, event, shown).await }
        }))
    })
}

async fn invoke(
    name: &str,
    handler: &Handler,
    event: LambdaEvent<Value>,
    shown: fn(&Value) -> String,
) -> Result<Value, Diagnostic> {
    let began = Instant::now();
    let call = call(name, &event.context);
    let (correlation_id, trace_id) = (call.correlation_id.clone(), telemetry::trace_id());
    let request_id = event.context.request_id;
    let span = tracing::info_span!("invocation", request_id, correlation_id);
    let outcome = handler(call, event.payload).instrument(span).await;
    let spent = telemetry::spent_since(began);
    match &outcome {
        Ok(result) => {
            let result = shown(result);
            telemetry::line!(info, spent, job = name, request_id, correlation_id, trace_id, result, "job");
        }
        Err(problem) => {
            telemetry::line!(error, spent, job = name, request_id, correlation_id, trace_id, %problem, "job");
        }
    }
    // The caller of a job receives what a client would receive; the internal detail is in the log.
    outcome
        .map_err(|problem| Diagnostic { error_type: problem.code.to_owned(), error_message: problem.detail })
}

/// The circumstances of an invocation that no HTTP request began.
pub(crate) fn call(name: &str, context: &lambda_runtime::Context) -> InvocationContext {
    InvocationContext::new(context.deadline, context.request_id.clone(), Actor::system(name))
}
