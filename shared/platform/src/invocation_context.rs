//! The circumstances of one invocation, as use cases need them.

use std::time::Duration;

use kernel::{Actor, Timestamp, Trace};

use crate::telemetry;

/// Left over at the end of an invocation for writing the answer and the log line.
const ANSWER_MARGIN: Duration = Duration::from_millis(250);

/// The context of an invocation: its caller, its time, its deadline, and the ids that tie its consequences together.
#[derive(Debug, Clone)]
pub struct InvocationContext {
    /// The one reading of the clock that this invocation goes by.
    pub now: Timestamp,
    /// The time at which work has to stop so that a response can still be returned.
    pub deadline: Timestamp,
    /// Ties together everything that one request set off.
    pub correlation_id: String,
    /// The position in a trace, so that everything that this call sets off stays in it.
    pub trace: Option<Trace>,
    /// The author of the changes.
    pub actor: Actor,
}

impl InvocationContext {
    /// A call whose invocation is ended by Lambda at `lambda_deadline_ms` since 1970.
    pub fn new(lambda_deadline_ms: u64, correlation_id: String, actor: Actor) -> Self {
        let end = Timestamp::from_millis(i64::try_from(lambda_deadline_ms).unwrap_or(i64::MAX));
        let deadline = end.minus(ANSWER_MARGIN);
        Self { now: Timestamp::now(), deadline, correlation_id, trace: telemetry::trace(), actor }
    }

    /// Time left for work.
    pub fn remaining(&self) -> Duration {
        let left = self.deadline.as_millis() - Timestamp::now().as_millis();
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }
}
