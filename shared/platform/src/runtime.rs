//! The process around a handler.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

use crate::function::Start;
use crate::{Init, InitError, telemetry};

/// Serves the handler that `init` makes, until Lambda ends the process: the one way in which HTTP, queues, streams and jobs are served. `run` hands
/// the events of its kind to the handler.
pub(crate) fn serve<H, F>(init: Start<H>, run: impl FnOnce(Arc<H>) -> F) -> ExitCode
where
    F: Future<Output = Result<(), lambda_runtime::Error>>,
{
    block_on(async move {
        let handler = init(Init::from_environment()?).await?;
        run(Arc::new(handler)).await
    })
}

/// Logs the reason for which the process can't serve.
pub(crate) fn refuse(error: &InitError) -> ExitCode {
    telemetry::start();
    not_started(error)
}

fn not_started(error: &dyn std::fmt::Display) -> ExitCode {
    tracing::error!(%error, "the function could not start");
    ExitCode::FAILURE
}

/// Runs `work` on one thread: a function serves one invocation at a time, and more threads only cost memory.
/// A failure to start is logged in one line that names the setting, and ends the process.
fn block_on(work: impl Future<Output = Result<(), lambda_runtime::Error>>) -> ExitCode {
    telemetry::start();
    // One thread serves one invocation at a time, so the span may stay entered for the life of the process.
    let _function = telemetry::process_span().entered();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the asynchronous runtime could not be started");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => not_started(&error),
    }
}
