//! The functions of a context: one program has them all, and Lambda names the one to run.

use std::process::ExitCode;

use crate::{BoxFuture, Init, InitError, http, job, queue, runtime, stream};

/// The variable in which Lambda gives a custom runtime the handler that the function is configured with
/// (AWS Lambda Developer Guide, "Building a custom runtime").
const HANDLER: &str = "_HANDLER";

/// Makes a function's handler from its configuration.
pub type Start<H> = fn(Init) -> BoxFuture<'static, Result<H, InitError>>;

/// A function of a context.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// The handler that its template configures.
    pub name: &'static str,
    /// The kind of its events, and its start.
    pub trigger: Trigger,
}

/// The source of a function's events.
#[derive(Debug, Clone, Copy)]
pub enum Trigger {
    /// API Gateway.
    Http(Start<http::Handler>),
    /// A queue.
    Queue(Start<queue::Handler>),
    /// A table's stream.
    Stream(Start<stream::Handler>),
    /// A schedule, or an operator.
    Job(Start<job::Handler>),
    /// As a job, with a result that no log may have.
    SecretJob(Start<job::Handler>),
}

impl Function {
    /// A route.
    pub const fn http(name: &'static str, start: Start<http::Handler>) -> Self {
        Self { name, trigger: Trigger::Http(start) }
    }

    /// A consumer of a queue.
    pub const fn queue(name: &'static str, start: Start<queue::Handler>) -> Self {
        Self { name, trigger: Trigger::Queue(start) }
    }

    /// A consumer of a table's stream.
    pub const fn stream(name: &'static str, start: Start<stream::Handler>) -> Self {
        Self { name, trigger: Trigger::Stream(start) }
    }

    /// A job.
    pub const fn job(name: &'static str, start: Start<job::Handler>) -> Self {
        Self { name, trigger: Trigger::Job(start) }
    }

    /// A job with a secret result.
    pub const fn secret_job(name: &'static str, start: Start<job::Handler>) -> Self {
        Self { name, trigger: Trigger::SecretJob(start) }
    }

    fn serve(self) -> ExitCode {
        match self.trigger {
            Trigger::Http(start) => http::serve(start),
            Trigger::Queue(start) => queue::serve(self.name, start),
            Trigger::Stream(start) => stream::serve(self.name, start),
            Trigger::Job(start) => job::serve(self.name, start),
            Trigger::SecretJob(start) => job::serve_secretly(self.name, start),
        }
    }
}

/// Serves the one of `functions` that Lambda names, until Lambda ends the process.
pub fn serve(functions: &[&[Function]]) -> ExitCode {
    let name = std::env::var(HANDLER).unwrap_or_default();
    match named(functions, &name) {
        Some(function) => function.serve(),
        None => runtime::refuse(&InitError::new(HANDLER, format!("there is no function {name:?}"))),
    }
}

fn named(functions: &[&[Function]], name: &str) -> Option<Function> {
    functions.iter().copied().flatten().find(|function| function.name == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &[Function] = &[Function::http("get-cart", |_| unreachable!())];
    const TRIGGERS: &[Function] = &[Function::job("sweep", |_| unreachable!())];

    #[test]
    fn a_function_is_found_by_the_whole_name_of_its_handler() {
        let found = |name| named(&[ROUTES, TRIGGERS], name).map(|function| function.name);
        assert_eq!(found("get-cart"), Some("get-cart"));
        assert_eq!(found("sweep"), Some("sweep"));
        for unknown in ["", "get", "get-carts", "bootstrap"] {
            assert_eq!(found(unknown), None, "{unknown}");
        }
    }
}
