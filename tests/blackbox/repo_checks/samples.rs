//! Every sample in events/ is sent to its deployed function, and the answer is checked.

use serde_json::{Value, json};

use super::template::{functions, kebab, root};
use crate::harness::invoke;

/// What a sample has to be answered with.
enum Answered {
    /// By HTTP, with this status; for a problem also its code.
    Http(u16, Option<&'static str>),
    /// By HTTP, with 201; on a stack that was sent the sample before, with the replay of that.
    Created,
    /// By HTTP, with 202; on a stack that was sent the sample within the pause, with 429.
    Accepted,
    /// By a batch whose failures are these message or sequence ids.
    Batch(&'static [&'static str]),
    /// By a result that has this member.
    Member(&'static str),
    /// By failing with this code.
    Failure(&'static str),
}

/// A sample holds no live token, so a route that asks for one challenges it.
const NO_TOKEN: Answered = Answered::Http(401, Some("invalid_token"));

fn expectation(binary: &str) -> Answered {
    use Answered::{Accepted, Batch, Created, Failure, Http, Member};
    match binary {
        "get-health"
        | "get-ready"
        | "show-ops"
        | "get-api-document"
        | "get-authorization-server"
        | "get-jwks"
        | "list-products"
        | "list-available-stock"
        | "log-in-by-email"
        | "log-in-by-phone"
        | "issue-token"
        | "begin-ops-session"
        | "show-payment-return" => Http(200, None),
        // The stack's provider is the sandbox, so YooKassa's notifications have no receiver.
        "get-product" | "get-product-price" | "get-product-stock" | "receive-yookassa-notification" => {
            Http(404, Some("not_found"))
        }
        "register-by-email" | "register-by-phone" | "register" => Created,
        "send-email-code" | "send-phone-code" | "request-password-reset" | "look-up-order" => Accepted,
        "confirm-email" | "confirm-phone" => Http(422, Some("invalid_code")),
        "confirm-password-reset" => Http(422, Some("invalid_reset_token")),
        "create-client" => Member("clientSecret"),
        "manage-clients" => Member("items"),
        "refresh-session" | "refresh-ops-session" => Http(401, Some("invalid_refresh_token")),
        "log-out" | "end-ops-session" => Http(204, None),
        "notify-payment" | "report-payment-status" => Http(401, Some("invalid_signature")),
        "answer-unrouted" => Http(405, Some("method_not_allowed")),
        "show-sandbox-payment" | "decide-sandbox-payment" => Http(404, None),
        "grant-scopes" => Member("scopes"),
        "sweep-expired-orders"
        | "sweep-expired-reservations"
        | "sweep-open-payments"
        | "sweep-due-webhooks" => Member("queued"),
        "rewrite-orders" => Member("read"),
        "check-stock-drift" => Member("drifted"),
        "repair-stock-drift" => Failure("not_found"),
        // What the samples name does not exist: the messages go to the dead-letter queues in the end.
        "expire-order" => Batch(&["059f36b4-87a3-44ab-83d2-661975830a7d"]),
        "expire-reservation" => Batch(&["7d0c8f1b-5a2e-4c39-9b64-e1f20a7c3d58"]),
        "reconcile-payment" => Batch(&["8e2f6c1a-41d7-4b0c-9a53-7c0d1e2f3a4b"]),
        "finish-refund" => Batch(&["3b1c7a52-20cf-4f5c-8c39-f1f7f3a0f9d4"]),
        // A delivery of a webhook that is no more needs nothing either.
        "publish-events" | "watch-stock" | "notify-customer" | "deliver-code" | "note-delivery"
        | "forget-customer" | "fan-out-webhooks" | "deliver-webhook" => Batch(&[]),
        _ => NO_TOKEN,
    }
}

fn check(binary: &str, answer: Result<Value, Value>) {
    match (expectation(binary), answer) {
        (Answered::Http(status, code), Ok(answer)) => {
            assert_eq!(answer["statusCode"], status, "{binary}: {answer}");
            if let Some(code) = code {
                let problem: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
                assert_eq!(problem["code"], code, "{binary}");
            }
        }
        (Answered::Created, Ok(answer)) => {
            let replayed = answer["headers"]["x-idempotent-replay"] == "true";
            assert_eq!(answer["statusCode"], if replayed { 200 } else { 201 }, "{binary}: {answer}");
        }
        (Answered::Accepted, Ok(answer)) => {
            assert!(answer["statusCode"] == 202 || answer["statusCode"] == 429, "{binary}: {answer}");
        }
        (Answered::Batch(failed), Ok(answer)) => {
            let failed: Vec<Value> = failed.iter().map(|id| json!({"itemIdentifier": id})).collect();
            assert_eq!(answer["batchItemFailures"], json!(failed), "{binary}: {answer}");
        }
        (Answered::Member(name), Ok(answer)) => assert!(answer.get(name).is_some(), "{binary}: {answer}"),
        (Answered::Failure(code), Err(error)) => assert_eq!(error["errorType"], code, "{binary}: {error}"),
        (_, answer) => panic!("{binary}: {answer:?}"),
    }
}

#[tokio::test]
async fn every_sample_is_answered_as_it_should_be() {
    let (first, rest): (Vec<String>, Vec<String>) =
        functions().into_keys().partition(|id| id.starts_with("Register"));
    // Those who log in and are granted scopes in other samples have to be registered.
    for id in first.into_iter().chain(rest) {
        let binary = kebab(&id);
        let sample = std::fs::read_to_string(root().join(format!("events/{binary}.json"))).unwrap();
        let event: Value = serde_json::from_str(&sample).unwrap_or_else(|error| panic!("{binary}: {error}"));
        check(&binary, invoke(&id, &event).await);
    }
}
