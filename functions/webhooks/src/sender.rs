//! One HTTP request to an address that may be connected to.
//!
//! A name is resolved here, every address that it has is checked, and the connection goes to the very addresses that were checked: a name that
//! answers otherwise when it is asked a second time gains nothing (DNS rebinding), because it isn't asked. An address that stands in the URL itself
//! is checked before each request. Redirects are not followed, no proxy is used, and of the answer only its status is read: what a receiver says
//! beyond that is neither kept nor shown to anybody.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use kernel::{Problem, Timestamp};
use platform::InitError;
use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

use crate::address::{AddressPolicy, NotPublic};
use crate::delivery::{Delivery, Fault, Outcome};
use crate::endpoint::Endpoint;
use crate::target::Rules;

/// The time limit of an attempt, from resolving the address to the status of the response (the specification recommends 15 to 30 seconds).
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// The time limit of connecting.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const USER_AGENT: &str = "Holdfast-Webhooks/1";

/// Sends deliveries.
pub struct Sender {
    client: Client,
    rules: Rules,
}

impl Sender {
    /// Sends to what `rules` allow.
    pub fn new(rules: Rules) -> Result<Self, InitError> {
        // Another part of the process may have chosen the same provider before; that is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            // A function sleeps between invocations, and a connection that was kept would be dead by then.
            .pool_max_idle_per_host(0)
            .user_agent(USER_AGENT)
            .dns_resolver(Guard { addresses: rules.addresses })
            .build()
            .map_err(|error| InitError::new("the webhook client", error))?;
        Ok(Self { client, rules })
    }

    /// Sends `delivery` to `endpoint` as an attempt that begins at `at`.
    pub async fn send(
        &self,
        endpoint: &Endpoint,
        delivery: &Delivery,
        at: Timestamp,
    ) -> Result<Outcome, Problem> {
        let Ok(url) = self.rules.read(&endpoint.url) else {
            return Ok(Outcome::Failed(Fault::AddressNotAllowed));
        };
        let id = delivery.event_id.to_string();
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, &id)
            .header(HEADER_WEBHOOK_TIMESTAMP, at.as_seconds().to_string())
            .header(HEADER_WEBHOOK_SIGNATURE, endpoint.signing.header(&id, at, &delivery.body)?)
            .body(delivery.body.clone());
        Ok(match request.send().await {
            Ok(answer) => Outcome::Answered {
                status: answer.status().as_u16(),
                retry_after: retry_after(answer.headers()),
            },
            Err(error) => Outcome::Failed(fault(&error)),
        })
    }
}

/// The part of an error that is published: never more than its kind.
fn fault(error: &reqwest::Error) -> Fault {
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.is::<NotPublic>() {
            return Fault::AddressNotAllowed;
        }
        source = inner.source();
    }
    if error.is_timeout() {
        Fault::TimedOut
    } else if error.is_connect() {
        Fault::CouldNotConnect
    } else {
        Fault::ConnectionBroken
    }
}

/// The receiver's `Retry-After` in seconds; a date is ignored.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Resolves names to addresses that may be connected to.
struct Guard {
    addresses: AddressPolicy,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.addresses;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(checked(addresses, found)?.into_iter()) as Addrs)
        })
    }
}

/// All of `found`, or none when one of them may not be connected to: a name with both kinds of addresses means no good.
fn checked(addresses: AddressPolicy, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, NotPublic> {
    found.iter().try_for_each(|address| addresses.check(address.ip()))?;
    Ok(found)
}

#[cfg(test)]
#[path = "sender_tests.rs"]
mod tests;
