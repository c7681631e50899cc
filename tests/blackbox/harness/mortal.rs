//! A function as a process of its own, that is killed at a point which a test chooses.
//!
//! The program is the deployed one, with the deployed variables. It gets its event from a Runtime API that is served here (AWS Lambda
//! developer guide, "Using the Lambda runtime API for custom runtimes") and reaches the stack through a proxy that counts its
//! transactions: it is killed in the instant in which it sends the one too many, which never arrives.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{PATIENCE, setting, variables};

/// When a function dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// Before its transaction of this number, counted from 1.
    BeforeTransaction(u32),
    /// When all is done, before anybody hears of it.
    BeforeAnswer,
}

/// What a proxied process came to.
enum End {
    /// It was about to make the transaction before which it dies.
    Transaction,
    /// It was about to answer.
    Answer(String),
}

/// Runs the function with the logical id `function` and the program `binary` on `event` until it dies.
pub(crate) async fn run_until(function: &str, binary: &str, event: &Value, death: Death) {
    run(function, binary, event, death, &[]).await;
}

/// Runs the function with the logical id `function` and the program `binary` on `event`, with `settings` in the place of its own, until all is
/// done.
pub(crate) async fn run_with(function: &str, binary: &str, event: &Value, settings: &[(&str, &str)]) {
    run(function, binary, event, Death::BeforeAnswer, settings).await;
}

/// Runs it until it dies.
async fn run(function: &str, binary: &str, event: &Value, death: Death, settings: &[(&str, &str)]) {
    let (stack, runtime) = (listen().await, listen().await);
    let (end, mut ends) = channel(4);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../target/lambda/{binary}/bootstrap"));
    let mut process = Command::new(program)
        .env_clear()
        .envs(variables(function).await)
        .envs(settings.iter().copied())
        .envs(["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| (name, setting(name))))
        .env("AWS_ENDPOINT_URL", format!("http://{}", stack.local_addr().unwrap()))
        .env("AWS_LAMBDA_RUNTIME_API", runtime.local_addr().unwrap().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", function)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "tests")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "tests")
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let fatal = match death {
        Death::BeforeTransaction(number) => number,
        Death::BeforeAnswer => u32::MAX,
    };
    // Dropping the set ends both servers.
    let mut servers = JoinSet::new();
    servers.spawn(proxy(stack, Arc::new(AtomicU32::new(0)), fatal, end.clone()));
    servers.spawn(serve_runtime(runtime, event.to_string(), end));
    let end = first(&mut ends).await;
    process.kill().await.unwrap();
    match (death, end) {
        (Death::BeforeTransaction(_), End::Transaction) | (Death::BeforeAnswer, End::Answer(_)) => {}
        (_, End::Answer(answer)) => panic!("{function} should have died {death:?} and answered: {answer}"),
        (_, End::Transaction) => panic!("{function} should have died {death:?}"),
    }
}

/// How it ended; it has to, within our patience.
async fn first(ends: &mut Receiver<End>) -> End {
    tokio::time::timeout(PATIENCE, ends.recv()).await.unwrap().unwrap()
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
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

/// Sends a request to the stack on a connection of its own, and reads the answer to its end.
async fn forward(message: &Message) -> Vec<u8> {
    let endpoint = setting("AWS_ENDPOINT_URL");
    let mut stack = TcpStream::connect(endpoint.trim_start_matches("http://")).await.unwrap();
    let lines = message.head.split("\r\n").filter(|line| !line.is_empty());
    let kept = lines.filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let head = kept.chain(["connection: close", "", ""]).collect::<Vec<_>>().join("\r\n");
    stack.write_all(head.as_bytes()).await.unwrap();
    stack.write_all(&message.body).await.unwrap();
    let mut answer = Vec::new();
    stack.read_to_end(&mut answer).await.unwrap();
    answer
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
                end.send(End::Answer(String::from_utf8_lossy(&message.body).into_owned())).await.unwrap();
            } else if given.fetch_add(1, Ordering::SeqCst) == 0 {
                let deadline = (SystemTime::now() + PATIENCE).duration_since(UNIX_EPOCH).unwrap().as_millis();
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlambda-runtime-aws-request-id: {}\r\n\
                     lambda-runtime-deadline-ms: {deadline}\r\nlambda-runtime-invoked-function-arn: arn:aws:lambda:test\r\n\
                     connection: close\r\ncontent-length: {}\r\n\r\n",
                    Uuid::new_v4(),
                    event.len(),
                );
                client.write_all(head.as_bytes()).await.unwrap();
                client.write_all(event.as_bytes()).await.unwrap();
                return;
            }
            std::future::pending::<()>().await;
        });
    }
}

/// An HTTP/1.1 request.
struct Message {
    head: String,
    body: Vec<u8>,
}

/// Reads one request; `None` when the other side hung up.
async fn read(stream: &mut TcpStream) -> Option<Message> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut body = bytes[end..].to_vec();
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        // The runtime sends its answer in chunks; that it is on its way is all that matters.
        return Some(Message { head, body });
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())?.ok()
    });
    while body.len() < length.unwrap_or(0) {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Message { head, body })
}
