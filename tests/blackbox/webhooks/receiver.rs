//! A merchant's system: an HTTP server on this machine that records all requests and returns the scripted responses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::harness::{PATIENCE, eventually};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    /// Its path with the query.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Heard {
    /// The body as JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The header `name`; empty when there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// What is answered: a status, and a header line besides.
type Scripted = (u16, String);

#[derive(Default)]
struct State {
    heard: Mutex<Vec<Heard>>,
    answers: Mutex<VecDeque<Scripted>>,
    usual: Mutex<Option<u16>>,
}

/// The server; it ends with the test.
pub(super) struct Receiver {
    /// Where it is.
    pub(super) url: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    /// A server that answers 200 to everything.
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks?of=a-test", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, state, task }
    }

    /// Answers the next request that has no other answer yet with `status`.
    pub(super) fn answer(&self, status: u16) {
        self.answer_with(status, "");
    }

    /// As [`Self::answer`], with a header.
    pub(super) fn answer_with(&self, status: u16, header: &str) {
        self.state.answers.lock().unwrap().push_back((status, header.to_owned()));
    }

    /// Answers every request without a scripted response with `status`.
    pub(super) fn always(&self, status: u16) {
        *self.state.usual.lock().unwrap() = Some(status);
    }

    /// What was heard so far.
    pub(super) fn heard(&self) -> Vec<Heard> {
        self.state.heard.lock().unwrap().clone()
    }

    /// What was heard, once it is `count` requests.
    pub(super) async fn hears(&self, count: usize) -> Vec<Heard> {
        let all = || async { Some(self.heard()).filter(|heard| heard.len() >= count) };
        eventually(&format!("{count} webhooks"), PATIENCE, all).await
    }
}

/// One connection with one request.
async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let Some(heard) = read(&mut stream).await else { return };
    let scripted = state.answers.lock().unwrap().pop_front();
    let usual = (state.usual.lock().unwrap().unwrap_or(200), String::new());
    let (status, header) = scripted.unwrap_or(usual);
    state.heard.lock().unwrap().push(heard);
    let header = if header.is_empty() { header } else { format!("{header}\r\n") };
    let answer =
        format!("HTTP/1.1 {status} As told\r\n{header}content-length: 0\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// The request; `None` when the other side left before it was whole.
async fn read(stream: &mut TcpStream) -> Option<Heard> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 8_192]);
    loop {
        if let Some(heard) = whole(&bytes) {
            return Some(heard);
        }
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
    }
}

fn whole(bytes: &[u8]) -> Option<Heard> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((HeaderName::try_from(name).ok()?, HeaderValue::from_str(value).ok()?))
    };
    let headers: HeaderMap = lines.filter_map(header).collect();
    let length: usize = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let body = bytes.get(end + 4..end + 4 + length)?;
    Some(Heard { path, headers, body: String::from_utf8(body.to_vec()).unwrap() })
}
