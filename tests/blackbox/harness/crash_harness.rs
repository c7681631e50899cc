//! A function as a process of its own, that is killed at a point which a test chooses.
//!
//! The program is the deployed one, with the deployed variables. It gets its event from a Runtime API that is served here (AWS Lambda
//! developer guide, "Using the Lambda runtime API for custom runtimes") and reaches the stack through a proxy that counts its
//! transactions: it is killed in the instant in which it sends the one too many, which never arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::aws::program;
use super::wire::{forward, listen, read};
use super::{PATIENCE, setting, variables};

/// When a function dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CrashPoint {
    /// Before its transaction of this number, counted from 1.
    BeforeTransaction(u32),
    /// When all is done, before the response is sent.
    BeforeAnswer,
}

/// What a proxied process came to.
enum End {
    /// It was about to make the transaction before which it dies.
    Transaction,
    /// It was about to answer.
    Answer(String),
}

/// Runs the function with the logical id `function` on `event` until it dies.
pub(crate) async fn run_until(function: &str, event: &Value, death: CrashPoint) {
    run(function, event, death, &[]).await;
}

/// Runs the function with the logical id `function` on `event`, with `settings` in the place of its own, until all is done.
pub(crate) async fn run_with(function: &str, event: &Value, settings: &[(&str, &str)]) {
    run(function, event, CrashPoint::BeforeAnswer, settings).await;
}

/// Runs it until it dies.
async fn run(function: &str, event: &Value, death: CrashPoint, settings: &[(&str, &str)]) {
    let (stack, runtime) = (listen().await, listen().await);
    let (end, mut ends) = channel(4);
    let mut process = start(function, settings, &stack, &runtime).await;
    let fatal = match death {
        CrashPoint::BeforeTransaction(number) => number,
        CrashPoint::BeforeAnswer => u32::MAX,
    };
    // Dropping the set ends both servers.
    let mut servers = JoinSet::new();
    servers.spawn(proxy(stack, Arc::new(AtomicU32::new(0)), fatal, end.clone()));
    servers.spawn(serve_runtime(runtime, event.to_string(), end));
    let end = first(&mut ends).await;
    process.kill().await.unwrap();
    match (death, end) {
        (CrashPoint::BeforeTransaction(_), End::Transaction) | (CrashPoint::BeforeAnswer, End::Answer(_)) => {
        }
        (_, End::Answer(answer)) => panic!("{function} should have died {death:?} and answered: {answer}"),
        (_, End::Transaction) => panic!("{function} should have died {death:?}"),
    }
}

/// Starts the program of the function with the logical id `function`, with `settings` in the place of its own: it reaches the
/// stack and the Runtime API where these listeners are.
pub(super) async fn start(
    function: &str,
    settings: &[(&str, &str)],
    stack: &TcpListener,
    runtime: &TcpListener,
) -> Child {
    let (program, handler) = program(function).await;
    Command::new(program)
        .env_clear()
        .envs(variables(function).await)
        .envs(settings.iter().copied())
        .envs(["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| (name, setting(name))))
        .env("AWS_ENDPOINT_URL", format!("http://{}", stack.local_addr().unwrap()))
        .env("AWS_LAMBDA_RUNTIME_API", runtime.local_addr().unwrap().to_string())
        .env("_HANDLER", handler)
        .env("AWS_LAMBDA_FUNCTION_NAME", function)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "tests")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "tests")
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// How it ended; it has to, within our patience.
async fn first(ends: &mut Receiver<End>) -> End {
    tokio::time::timeout(PATIENCE, ends.recv()).await.unwrap().unwrap()
}

/// Hands what comes in on to the stack, up to the transaction of the number `fatal`.
async fn proxy(listener: TcpListener, made: Arc<AtomicU32>, fatal: u32, end: Sender<End>) {
    let mut connections = JoinSet::new();
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let (made, end) = (Arc::clone(&made), end.clone());
        connections.spawn(async move {
            let Some(message) = read(&mut client).await else { return };
            let is_transaction = message.head.to_ascii_lowercase().contains(".transactwriteitems");
            if is_transaction && made.fetch_add(1, Ordering::SeqCst) + 1 >= fatal {
                end.send(End::Transaction).await.unwrap();
                std::future::pending::<()>().await;
            }
            let answer = forward(&message).await;
            // The function may be dead by now.
            let _ = client.write_all(&answer).await;
        });
    }
}

/// Gives the function `event`, once, and takes its answer.
async fn serve_runtime(listener: TcpListener, event: String, end: Sender<End>) {
    let mut connections = JoinSet::new();
    let given = Arc::new(AtomicU32::new(0));
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let (event, end, given) = (event.clone(), end.clone(), Arc::clone(&given));
        connections.spawn(async move {
            let Some(message) = read(&mut client).await else { return };
            if message.head.starts_with("POST ") {
                end.send(End::Answer(message.text())).await.unwrap();
            } else if given.fetch_add(1, Ordering::SeqCst) == 0 {
                client.write_all(invocation(&event, PATIENCE).as_bytes()).await.unwrap();
                return;
            }
            std::future::pending::<()>().await;
        });
    }
}

/// `event` as the Runtime API hands it over, to be answered within `time`.
pub(super) fn invocation(event: &str, time: Duration) -> String {
    let deadline = (SystemTime::now() + time).duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlambda-runtime-aws-request-id: {}\r\n\
         lambda-runtime-deadline-ms: {deadline}\r\nlambda-runtime-invoked-function-arn: arn:aws:lambda:test\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{event}",
        Uuid::new_v4(),
        event.len(),
    )
}
