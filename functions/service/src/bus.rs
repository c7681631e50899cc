//! The event bus.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_eventbridge::operation::put_events::PutEventsError;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::DateTime;
use kernel::{Problem, Trace};
use platform::{Init, InitError, aws};

use crate::outbox::{Entry, Outcome};

/// The bus that every event is published on.
#[derive(Clone)]
pub struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    /// The bus named by `EVENT_BUS_NAME`, which may be a name or an ARN.
    pub fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { client: Client::new(init.aws()), name: init.required("EVENT_BUS_NAME")? })
    }

    /// Opens the connection by offering nothing. Any answer will do, and a refusal of the empty list is the usual one: it is
    /// the TCP and TLS handshakes that are wanted before the first event comes.
    pub async fn open_connection(&self) {
        let answer = self.client.put_events().set_entries(Some(Vec::new())).send().await;
        if let Err(error) = answer
            && error.as_service_error().is_none()
        {
            tracing::warn!(
                inside = aws::describe(&error),
                "the connection to the bus could not be opened early"
            );
        }
    }

    /// Offers `entries`, at most ten, and answers what became of each, in their order.
    pub async fn put(&self, entries: &[&Entry]) -> Vec<Outcome> {
        let requests = entries.iter().map(|entry| self.request(entry)).collect();
        match self.client.put_events().set_entries(Some(requests)).send().await {
            Ok(answer) => outcomes(answer.entries(), entries.len()),
            Err(error) => vec![refusal(&error); entries.len()],
        }
    }

    /// Checks that the bus responds.
    pub async fn check(&self) -> Result<(), Problem> {
        let answer = self.client.describe_event_bus().name(&self.name).send().await;
        answer.map(|_| ()).map_err(|error| aws::problem(&error))
    }

    fn request(&self, entry: &Entry) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(&entry.source)
            .detail_type(&entry.detail_type)
            .detail(&entry.detail)
            .time(DateTime::from_millis(entry.time.as_millis()))
            .set_trace_header(entry.trace.as_ref().map(Trace::header))
            .build()
    }
}

/// Returns the outcome of each of `count` entries. An entry for which the bus returned none counts as not accepted: a
/// repeat is harmless, a loss is not.
fn outcomes(answers: &[PutEventsResultEntry], count: usize) -> Vec<Outcome> {
    let silent = PutEventsResultEntry::builder().error_code("InternalFailure").build();
    (0..count).map(|index| outcome(answers.get(index).unwrap_or(&silent))).collect()
}

/// Codes by which the bus refuses a call for what one of its entries is, and not for who calls or what it is called with (EventBridge API reference,
/// "Common errors").
const REFUSED_CONTENT: [&str; 4] =
    ["InvalidArgument", "RequestEntityTooLargeException", "SerializationException", "ValidationException"];
/// Beginnings of the codes by which the bus refuses an entry for a right or a resource that is missing: nothing that is the entry's fault.
const NOT_THE_ENTRYS_FAULT: [&str; 5] =
    ["AccessDenied", "InvalidAccountId", "Kms", "NotAuthorized", "ResourceNotFound"];

/// Maps the error of a call that failed as a whole to the outcome of each of its entries.
fn refusal(error: &SdkError<PutEventsError, Response>) -> Outcome {
    let problem = aws::problem(error);
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some(code) if REFUSED_CONTENT.contains(&code) => Outcome::OneRefused(problem),
        _ => Outcome::Failed(problem),
    }
}

fn outcome(answer: &PutEventsResultEntry) -> Outcome {
    let Some(code) = answer.error_code() else { return Outcome::Accepted };
    let inside = format!("{code}: {}", answer.error_message().unwrap_or("no message"));
    // EventBridge API reference, `PutEventsResultEntry`: these are the retryable ones.
    let may_pass = matches!(code, "InternalFailure" | "InternalException" | "ThrottlingException");
    if may_pass {
        Outcome::Failed(Problem::unavailable(inside))
    } else if NOT_THE_ENTRYS_FAULT.iter().any(|beginning| code.starts_with(beginning)) {
        Outcome::Failed(Problem::internal(inside))
    } else {
        Outcome::Refused(Problem::internal(inside))
    }
}

#[cfg(test)]
impl Bus {
    /// The bus called `bus`, reached by `client`.
    pub(crate) fn with_client(client: Client) -> Self {
        Self { client, name: "bus".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Kind;

    use super::*;

    fn failed(code: &str) -> PutEventsResultEntry {
        PutEventsResultEntry::builder().error_code(code).error_message("because").build()
    }

    #[test]
    fn each_entry_has_its_own_outcome() {
        let taken = PutEventsResultEntry::builder().event_id("1").build();
        let codes = ["ThrottlingException", "NotAuthorizedForSourceException", "MalformedDetail"];
        let answers: Vec<_> = [taken].into_iter().chain(codes.map(failed)).collect();
        let found: Vec<(&str, Option<Kind>)> = outcomes(&answers, 5)
            .into_iter()
            .map(|outcome| match outcome {
                Outcome::Accepted => ("taken", None),
                Outcome::Failed(problem) => ("comes again", Some(problem.kind)),
                Outcome::OneRefused(problem) => ("alone", Some(problem.kind)),
                Outcome::Refused(problem) => ("never", Some(problem.kind)),
            })
            .collect();
        assert_eq!(
            found,
            [
                ("taken", None),
                ("comes again", Some(Kind::Unavailable)),
                ("comes again", Some(Kind::Internal)),
                ("never", Some(Kind::Internal)),
                ("comes again", Some(Kind::Unavailable)),
            ],
            "the fifth had no answer"
        );
    }
}
