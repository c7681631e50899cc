//! A DynamoDB for loads, in a thread of this process and behind HTTP like the real one.
//!
//! | room | what is in it |
//! |---|---|
//! | [`operations`] | the operations: read, rules kept, handed to the database behind (dynoxide, on `SQLite` in memory), counted |
//! | [`rules`] | conflicts between transactions and the throughput of partitions, which the database behind does not know |
//! | [`timing`] | how long DynamoDB takes, from published figures |
//! | [`meter`] | what was asked |
//! | [`queue`] | as much of SQS as a sweep needs |

mod meter;
mod operations;
mod queue;
mod rules;
mod timing;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use dynoxide::Database;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use meter::{Counts, Tally};
pub use rules::Rules;

use crate::Failure;
use meter::Meter;
use queue::Queue;
use rules::{InFlight, Partitions};

/// Begins the target of a request for DynamoDB (`X-Amz-Target`).
const DYNAMO_TARGET: &str = "DynamoDB_20120810.";
/// The one operation of SQS that is served.
const QUEUE_OPERATION: &str = "AmazonSQS.SendMessageBatch";

/// What the server has while it runs.
struct State {
    database: Database,
    rules: Mutex<Rules>,
    in_flight: Arc<InFlight>,
    partitions: Partitions,
    meter: Meter,
    queue: Queue,
}

impl State {
    fn rules(&self) -> Rules {
        *self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the time of a request that is no transaction.
    async fn take_time(&self) {
        let time = timing::request(self.rules().time_percent);
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
    }
}

/// What is answered.
struct Answer {
    status: u16,
    body: String,
}

/// A running server. It ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server with an empty database, on a free port of this machine's own network.
    pub fn start(rules: Rules) -> Result<Self, Failure> {
        let state = Arc::new(State {
            database: Database::memory().map_err(Failure::new)?,
            rules: Mutex::new(rules),
            in_flight: Arc::default(),
            partitions: Partitions::default(),
            meter: Meter::default(),
            queue: Queue::default(),
        });
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Failure::new)?;
        listener.set_nonblocking(true).map_err(Failure::new)?;
        let address = listener.local_addr().map_err(Failure::new)?;
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&state);
        // A thread and runtime of its own, so that it shares nothing with those that load it but the machine.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Failure::new)?;
        let thread = std::thread::spawn(move || runtime.block_on(serve(listener, serving, stopped)));
        Ok(Self { address, state, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it is.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The database behind, for making tables and for looking into it past all rules and counts.
    pub fn database(&self) -> &Database {
        &self.state.database
    }

    /// Keeps `rules` from now on.
    pub fn keep(&self, rules: Rules) {
        *self.state.rules.lock().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    /// What was asked so far.
    pub fn counts(&self) -> Counts {
        self.state.meter.read()
    }

    /// Takes up to `most` messages from the queue.
    pub fn receive(&self, most: usize) -> Vec<String> {
        self.state.queue.receive(most)
    }

    /// Gives a message back that was not dealt with.
    pub fn put_back(&self, message: String) {
        self.state.queue.put_back(message);
    }

    /// How many messages wait.
    pub fn waiting(&self) -> usize {
        self.state.queue.len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Serves until the other end of `stopped` is gone.
async fn serve(
    listener: std::net::TcpListener,
    state: Arc<State>,
    mut stopped: oneshot::Receiver<Infallible>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        let accepted = tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        // Without this, an answer waits for the acknowledgement of the one before it.
        let _ = stream.set_nodelay(true);
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(|request| respond(&state, request));
            // A client that hangs up is no failure of ours.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(state: &State, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let target = target(request.headers());
    let body = request.into_body().collect().await?.to_bytes();
    let answer = match target.strip_prefix(DYNAMO_TARGET) {
        Some(operation) => operations::answer(state, operation, &body).await,
        None if target == QUEUE_OPERATION => enqueue(state, &body),
        None => Answer { status: 404, body: String::new() },
    };
    let mut response = Response::new(Full::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_REQUEST);
    Ok(response)
}

fn target(headers: &HeaderMap) -> String {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    target.unwrap_or_default().to_owned()
}

fn enqueue(state: &State, body: &[u8]) -> Answer {
    state.meter.add(QUEUE_OPERATION, Tally { calls: 1, ..Tally::default() });
    let sent = serde_json::from_slice(body).and_then(|batch| serde_json::to_string(&state.queue.send(batch)));
    match sent {
        Ok(body) => Answer { status: 200, body },
        Err(error) => Answer { status: 400, body: error.to_string() },
    }
}
