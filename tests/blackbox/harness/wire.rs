//! HTTP/1.1 as plainly as servers need it that stand between a function and the stack.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::setting;

const CHUNKED: &str = "transfer-encoding: chunked";

/// A request.
pub(super) struct Message {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Message {
    /// The body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A free port of this machine.
pub(super) async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Reads one request; `None` when the other side hung up.
pub(super) async fn read(stream: &mut TcpStream) -> Option<Message> {
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
    if head.to_ascii_lowercase().contains(CHUNKED) {
        loop {
            if let Some(body) = put_together(&body) {
                return Some(Message { head, body });
            }
            if stream.read_buf(&mut body).await.ok()? == 0 {
                return None;
            }
        }
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

/// The body of these chunks; `None` while the last is not there.
fn put_together(mut chunks: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = chunks.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(str::from_utf8(&chunks[..line]).ok()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend(chunks.get(line + 2..line + 2 + size)?);
        chunks = chunks.get(line + 2 + size + 2..)?;
    }
}

/// Sends a request to the stack on a connection of its own, and reads the answer to its end.
pub(super) async fn forward(message: &Message) -> Vec<u8> {
    let endpoint = setting("AWS_ENDPOINT_URL");
    let mut stack = TcpStream::connect(endpoint.trim_start_matches("http://")).await.unwrap();
    let lines = message.head.split("\r\n").filter(|line| !line.is_empty());
    let kept = lines.filter(|line| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("connection:") && !line.starts_with("content-length:") && line != CHUNKED
    });
    let length = format!("content-length: {}", message.body.len());
    let head = kept.chain([length.as_str(), "connection: close", "", ""]).collect::<Vec<_>>().join("\r\n");
    stack.write_all(head.as_bytes()).await.unwrap();
    stack.write_all(&message.body).await.unwrap();
    let mut answer = Vec::new();
    stack.read_to_end(&mut answer).await.unwrap();
    answer
}
