//! The publisher's program between a stream that a test feeds and a bus that a test lets fail.
//!
//! The program is the deployed one, with the deployed variables but for the bus's name. It reaches the bus through a proxy that does to each
//! call of `PutEvents` what the test says, and that keeps the books: what the bus took, in its order, and what was sent though the bus had said that it has it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Child;
use tokio::sync::Mutex as AsyncMutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

use super::crash_harness::{invocation, start};
use super::wire::{Message, forward, listen, read};
use super::{PATIENCE, stream_batch};

/// What the deployed function has to handle a batch: its `Timeout`.
const TIMEOUT: Duration = Duration::from_secs(15);

/// An event as it is seen on its way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Sight {
    pub(crate) id: String,
    pub(crate) aggregate: String,
    pub(crate) sequence: u64,
}

impl Sight {
    /// The sight of `event`, as it stands in the journal or on the bus.
    pub(crate) fn of(event: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        // The journal's name of it, or the bus's.
        let aggregate = event.get("aggregateId").unwrap_or(&event["subject"]);
        Self {
            id: text(&event["id"]),
            aggregate: text(aggregate),
            sequence: event["sequence"].as_u64().unwrap(),
        }
    }
}

/// What happens to a call of `PutEvents`.
#[derive(Debug, Clone)]
pub(crate) enum InjectedFault {
    /// The bus takes it, and its answer arrives.
    Arrives,
    /// The entries with these numbers are refused with this code, and the bus takes the others.
    Partly(Vec<usize>, &'static str),
    /// The call as a whole is refused with this status and code.
    Refused(u16, &'static str),
    /// The connection ends before the bus receives anything.
    Lost,
    /// The bus takes it, and the connection ends before its answer.
    Unanswered,
    /// The process is killed before the bus receives anything.
    CrashPoint,
    /// The bus takes it, and the process is killed before it receives the response.
    DeathAfterwards,
}

/// What the proxy saw.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// What the bus took, in its order.
    pub(crate) taken: Vec<Sight>,
    /// Calls of `PutEvents`.
    pub(crate) calls: usize,
    /// Entries that were refused, by themselves or with their call.
    pub(crate) refused: usize,
    /// Calls whose connection ended.
    pub(crate) lost: usize,
    /// Entries that were sent again within one invocation although the bus had answered that it has them.
    pub(crate) needless: Vec<Sight>,
    /// What the bus answered in this invocation that it has.
    acknowledged: HashSet<Sight>,
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Handled {
    Wholly,
    /// The stream has to go on from this position.
    From(String),
    /// The process is dead, and the bus received nothing.
    Died,
}

enum End {
    Answer(String),
    CrashPoint,
}

type Fates = dyn FnMut(&[Sight]) -> InjectedFault + Send;

/// What both servers share.
struct Shared {
    books: Mutex<Books>,
    fates: Mutex<Box<Fates>>,
    batches: AsyncMutex<Receiver<String>>,
    ends: Sender<End>,
}

impl Shared {
    fn books<T>(&self, change: impl FnOnce(&mut Books) -> T) -> T {
        change(&mut self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The publisher, which is started again after each death.
pub(crate) struct Publisher {
    bus: String,
    shared: Arc<Shared>,
    batches: Sender<String>,
    ends: Receiver<End>,
    running: Option<(Child, JoinSet<()>)>,
}

impl Publisher {
    /// A publisher on the bus called `bus`; `fates` says of each call what happens to it.
    pub(crate) fn new(bus: &str, fates: impl FnMut(&[Sight]) -> InjectedFault + Send + 'static) -> Self {
        let ((batches, given), (end, ends)) = (channel(1), channel(4));
        let shared = Shared {
            books: Mutex::default(),
            fates: Mutex::new(Box::new(fates)),
            batches: AsyncMutex::new(given),
            ends: end,
        };
        Self { bus: bus.to_owned(), shared: Arc::new(shared), batches, ends, running: None }
    }

    /// Has it handle rows of the journal, each under its position in the stream.
    pub(crate) async fn handle(&mut self, rows: &[(&str, Value)]) -> Handled {
        if self.running.is_none() {
            self.running = Some(self.start().await);
        }
        self.shared.books(|books| books.acknowledged.clear());
        self.batches.send(stream_batch(rows).to_string()).await.unwrap();
        match tokio::time::timeout(PATIENCE, self.ends.recv()).await.unwrap().unwrap() {
            End::CrashPoint => {
                self.kill().await;
                Handled::Died
            }
            End::Answer(text) => {
                let answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
                let failures = answer["batchItemFailures"].as_array().unwrap();
                failures.first().map_or(Handled::Wholly, |failure| {
                    Handled::From(failure["itemIdentifier"].as_str().unwrap().to_owned())
                })
            }
        }
    }

    /// Kills the process.
    pub(crate) async fn kill(&mut self) {
        if let Some((mut process, _servers)) = self.running.take() {
            process.kill().await.unwrap();
        }
    }

    /// What the proxy saw since this was last called.
    pub(crate) fn books(&self) -> Books {
        self.shared.books(std::mem::take)
    }

    async fn start(&self) -> (Child, JoinSet<()>) {
        let (stack, runtime) = (listen().await, listen().await);
        let settings = [("EVENT_BUS_NAME", self.bus.as_str())];
        let process = start("PublishEvents", &settings, &stack, &runtime).await;
        // Dropping the set ends both servers.
        let mut servers = JoinSet::new();
        servers.spawn(serve(stack, Arc::clone(&self.shared), proxy));
        servers.spawn(serve(runtime, Arc::clone(&self.shared), hand_over));
        (process, servers)
    }
}

/// Answers each request on `listener` by `answer`, on a connection of its own.
async fn serve<F>(
    listener: TcpListener,
    shared: Arc<Shared>,
    answer: impl Fn(TcpStream, Message, Arc<Shared>) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        if let Some(message) = read(&mut client).await {
            connections.spawn(answer(client, message, Arc::clone(&shared)));
        }
    }
}

/// The Runtime API: gives the next batch when there is one, and takes answers.
async fn hand_over(mut client: TcpStream, message: Message, shared: Arc<Shared>) {
    let answer = if message.head.starts_with("POST ") {
        shared.ends.send(End::Answer(message.text())).await.unwrap();
        "HTTP/1.1 202 Accepted\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned()
    } else {
        let Some(batch) = shared.batches.lock().await.recv().await else { return };
        invocation(&batch, TIMEOUT)
    };
    // The process may be dead by now.
    let _ = client.write_all(answer.as_bytes()).await;
}

/// Does to a call of `PutEvents` what the test says.
async fn proxy(mut client: TcpStream, message: Message, shared: Arc<Shared>) {
    let call: Value = serde_json::from_slice(&message.body).unwrap();
    let entries = call["Entries"].as_array().unwrap();
    if entries.is_empty() {
        // The connection is opened early.
        let _ = client.write_all(&forward(&message).await).await;
        return;
    }
    let sights: Vec<Sight> = entries.iter().map(sight).collect();
    let fault = shared.fates.lock().unwrap_or_else(PoisonError::into_inner)(&sights);
    shared.books(|books| {
        books.calls += 1;
        let again: Vec<Sight> =
            sights.iter().filter(|sight| books.acknowledged.contains(sight)).cloned().collect();
        books.needless.extend(again);
    });
    let answer = match &fault {
        InjectedFault::CrashPoint => return shared.ends.send(End::CrashPoint).await.unwrap(),
        InjectedFault::Lost => return shared.books(|books| books.lost += 1),
        InjectedFault::Refused(status, code) => {
            shared.books(|books| books.refused += entries.len());
            response(*status, &json!({"__type": code, "message": "as the test wants it"}))
        }
        InjectedFault::Partly(refused, code) => {
            response(200, &pass_on(message, &shared, refused, code).await)
        }
        InjectedFault::Arrives => response(200, &pass_on(message, &shared, &[], "").await),
        InjectedFault::Unanswered | InjectedFault::DeathAfterwards => {
            pass_on(message, &shared, &[], "").await;
            shared.books(|books| {
                books.lost += 1;
                books.acknowledged.retain(|sight| !sights.contains(sight));
            });
            if matches!(fault, InjectedFault::DeathAfterwards) {
                shared.ends.send(End::CrashPoint).await.unwrap();
            }
            return;
        }
    };
    // The process may be dead by now.
    let _ = client.write_all(answer.as_bytes()).await;
}

/// Hands the entries that are not `refused` on to the bus, and answers for all.
async fn pass_on(mut message: Message, shared: &Shared, refused: &[usize], code: &str) -> Value {
    let mut call: Value = serde_json::from_slice(&message.body).unwrap();
    let entries = call["Entries"].as_array().unwrap().clone();
    let passed: Vec<usize> = (0..entries.len()).filter(|number| !refused.contains(number)).collect();
    let mut answers = vec![json!({"ErrorCode": code, "ErrorMessage": "as the test wants it"}); entries.len()];
    if !passed.is_empty() {
        call["Entries"] = passed.iter().map(|number| entries[*number].clone()).collect();
        message.body = call.to_string().into_bytes();
        let taken = accepted(&forward(&message).await);
        assert_eq!(taken.len(), passed.len());
        for (number, answer) in passed.iter().zip(taken) {
            answers[*number] = answer;
        }
    }
    shared.books(|books| {
        let taken: Vec<Sight> = passed.iter().map(|number| sight(&entries[*number])).collect();
        books.refused += refused.len();
        books.taken.extend(taken.iter().cloned());
        books.acknowledged.extend(taken);
    });
    json!({"FailedEntryCount": refused.len(), "Entries": answers})
}

/// The event of an entry.
fn sight(entry: &Value) -> Sight {
    Sight::of(&serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap())
}

/// The bus's answers for each entry, none of which it refused by itself.
fn accepted(answer: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{text}");
    let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{text}"));
    assert_eq!(body["FailedEntryCount"], 0, "{text}");
    body["Entries"].as_array().unwrap().clone()
}

fn response(status: u16, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status} As it is\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
