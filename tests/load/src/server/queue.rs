//! As much of SQS as a sweep needs: batches are taken, and delivered at least once.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// One entry in so many is not taken and reported as failed, and has to be found again.
const REFUSED_ONE_IN: u64 = 997;
/// One message in so many is delivered twice.
const TWICE_ONE_IN: u64 = 20;

/// The messages that wait.
#[derive(Default)]
pub(super) struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    messages: VecDeque<String>,
    seen: u64,
}

/// `SendMessageBatch`; what else it says is of no interest.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendBatch {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    message_body: String,
}

/// What became of each entry.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sent {
    successful: Vec<Taken>,
    failed: Vec<Refused>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Taken {
    message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    md5_of_message_body: &'static str,
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Refused {
    id: String,
    sender_fault: bool,
    code: &'static str,
}

impl Queue {
    /// Takes a batch, all but a few of its entries.
    pub(super) fn send(&self, batch: SendBatch) -> Sent {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sent = Sent { successful: Vec::new(), failed: Vec::new() };
        for Entry { id, message_body } in batch.entries {
            waiting.seen += 1;
            if waiting.seen.is_multiple_of(REFUSED_ONE_IN) {
                sent.failed.push(Refused { id, sender_fault: false, code: "InternalError" });
                continue;
            }
            if waiting.seen.is_multiple_of(TWICE_ONE_IN) {
                waiting.messages.push_back(message_body.clone());
            }
            waiting.messages.push_back(message_body);
            let message_id = waiting.seen.to_string();
            sent.successful.push(Taken { message_id, md5_of_message_body: "", id });
        }
        sent
    }

    /// Hands over up to `most` messages.
    pub(super) fn receive(&self, most: usize) -> Vec<String> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = most.min(waiting.messages.len());
        waiting.messages.drain(..count).collect()
    }

    /// Takes a message back that was not dealt with.
    pub(super) fn put_back(&self, message: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).messages.push_back(message);
    }

    /// How many messages wait.
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).messages.len()
    }
}
