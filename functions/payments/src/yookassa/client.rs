//! One call of the API over HTTPS.

use std::net::IpAddr;
use std::time::Duration;

use platform::backoff::full_jitter;
use platform::{InitError, InvocationContext};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{RequestBuilder, Url};
use serde::Serialize;

use super::answer::{Unreadable, Verdict, verdict};
use crate::provider::ProviderError;

/// The connect timeout.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// The timeout of one attempt: two of them and the rest fit into the 15 seconds that a function has.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// Attempts while the outcome is unknown.
pub(super) const MAX_ATTEMPTS: u32 = 3;
/// The time reserved for recording the provider's response.
pub(super) const WRITING_MARGIN: Duration = Duration::from_secs(2);
/// The least time for which an attempt is begun.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(500);
/// The first pause is drawn from 0 to twice this.
const BASE_PAUSE: Duration = Duration::from_millis(100);
/// No pause is drawn from more than this.
const LONGEST_PAUSE: Duration = Duration::from_millis(800);
/// The longest idempotence key that the API accepts, in characters.
pub(super) const MAX_IDEMPOTENCE_KEY: usize = 64;

/// Credentials, connections, and the API's address.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    api_url: String,
    shop_id: String,
    secret_key: String,
}

impl Client {
    /// Connects to the API under `api_url`. Redirects are not followed: credentials must not reach another address.
    pub(super) fn new(api_url: &str, shop_id: &str, secret_key: &str) -> Result<Self, InitError> {
        check_api_url(api_url)?;
        if shop_id.is_empty() || secret_key.is_empty() {
            return Err(InitError::new("YOOKASSA_SECRET_ARN", "shopId and secretKey must not be empty"));
        }
        // Another part of the process may have chosen the same provider before; that is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| InitError::new("the YooKassa client", error))?;
        Ok(Self {
            http,
            api_url: api_url.trim_end_matches('/').to_owned(),
            shop_id: shop_id.to_owned(),
            secret_key: secret_key.to_owned(),
        })
    }

    /// Reads the object at `path`; `None` when there is none. A read changes nothing, so an unknown outcome is no outcome.
    pub(super) async fn get<T>(
        &self,
        call: &InvocationContext,
        path: &str,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, ProviderError> {
        let request = || self.http.get(self.url(path));
        match self.ask(call, path, request, read).await {
            Ok(found) => Ok(Some(found)),
            Err(Failure::Missing(_)) => Ok(None),
            Err(Failure::Other(ProviderError::Unknown(inside))) => Err(ProviderError::Unavailable(inside)),
            Err(Failure::Other(error)) => Err(error),
        }
    }

    /// Requests a change. `key` identifies it: with the same key it is made once.
    pub(super) async fn post<T>(
        &self,
        call: &InvocationContext,
        path: &str,
        key: &str,
        body: &impl Serialize,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, ProviderError> {
        debug_assert!(key.len() <= MAX_IDEMPOTENCE_KEY, "{key}");
        let body = serde_json::to_vec(body).map_err(|error| ProviderError::Unavailable(error.to_string()))?;
        let request = || {
            self.http
                .post(self.url(path))
                .header("Idempotence-Key", key)
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone())
        };
        self.ask(call, path, request, read).await.map_err(|failure| match failure {
            Failure::Missing(error) | Failure::Other(error) => error,
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.api_url)
    }

    /// Repeats the same request while the outcome is unknown and the call has time. An outcome that was unknown once stays unknown until the provider
    /// says otherwise: a provider that can't be reached now says nothing about the attempt before.
    async fn ask<T>(
        &self,
        call: &InvocationContext,
        path: &str,
        request: impl Fn() -> RequestBuilder,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, Failure> {
        let mut doubt: Option<String> = None;
        for attempt in 1..=MAX_ATTEMPTS {
            let Some(backoff) = backoff(call.remaining()) else { break };
            let verdict = self.attempt(request().timeout(backoff), &read).await;
            let (inside, again) = match verdict {
                Verdict::Done(answer) => return Ok(answer),
                Verdict::Missing(error) => return Err(Failure::Missing(error)),
                Verdict::Not(error @ ProviderError::Refused { .. }) => return Err(Failure::Other(error)),
                Verdict::Not(error) => match &doubt {
                    None => return Err(Failure::Other(error)),
                    Some(doubt) => (format!("{doubt}; then {error}"), false),
                },
                Verdict::Unknown { inside, again } => (inside, again),
            };
            tracing::warn!(path, attempt, error = inside, "the outcome of a call to YooKassa is unknown");
            doubt = Some(inside);
            if !again || attempt == MAX_ATTEMPTS {
                break;
            }
            tokio::time::sleep(full_jitter(BASE_PAUSE, LONGEST_PAUSE, attempt)).await;
        }
        let no_time = || ProviderError::Unavailable("no time was left to ask".to_owned());
        Err(Failure::Other(doubt.map_or_else(no_time, ProviderError::Unknown)))
    }

    async fn attempt<T>(
        &self,
        request: RequestBuilder,
        read: &impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Verdict<T> {
        let sent = request.basic_auth(&self.shop_id, Some(&self.secret_key)).send().await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => return lost(error),
        };
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        match answer.bytes().await {
            Ok(body) => verdict(status, retry_after.as_deref(), &body, read),
            Err(error) => lost(error),
        }
    }
}

/// The reason for which a call failed.
enum Failure {
    Missing(ProviderError),
    Other(ProviderError),
}

/// Classifies a missing response. Before the connection was established nothing was sent; after that the outcome is unknown.
fn lost<T>(error: reqwest::Error) -> Verdict<T> {
    let nothing_sent = error.is_connect() || error.is_builder();
    let inside = describe(&error.without_url());
    if nothing_sent {
        Verdict::Not(ProviderError::Unavailable(inside))
    } else {
        Verdict::Unknown { inside, again: true }
    }
}

/// The error and its sources: the outermost alone says only that sending failed.
fn describe(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

/// The timeout of the next attempt, if there is time for one.
fn backoff(remaining: Duration) -> Option<Duration> {
    let backoff = remaining.saturating_sub(WRITING_MARGIN).min(ATTEMPT_TIMEOUT);
    (backoff >= SHORTEST_ATTEMPT).then_some(backoff)
}

/// Refuses an address that credentials must not be sent to: only HTTPS, or HTTP on this machine.
pub(super) fn check_api_url(api_url: &str) -> Result<(), InitError> {
    let url: Url = api_url.parse().map_err(|error| InitError::new("YOOKASSA_API_URL", error))?;
    if url.scheme() != "https" && !is_loopback(&url) {
        return Err(InitError::new("YOOKASSA_API_URL", "must begin with https://"));
    }
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_travel_encrypted_or_stay_on_the_machine() {
        let made = |url: &str| Client::new(url, "shop", "key").map(|client| client.api_url);
        for url in [
            "https://api.yookassa.ru/v3/",
            "http://127.0.0.1:8080/v3",
            "http://[::1]:8080/v3",
            "http://localhost/v3",
        ] {
            assert_eq!(made(url).unwrap(), url.trim_end_matches('/'));
        }
        for url in
            ["http://api.yookassa.ru/v3", "http://127.0.0.1.example.com/", "ftp://x/", "api.yookassa.ru", ""]
        {
            assert_eq!(made(url).unwrap_err().setting, "YOOKASSA_API_URL", "{url}");
        }
        let Err(error) = Client::new("https://api.yookassa.ru/v3", "shop", "") else {
            panic!("without a key")
        };
        assert_eq!(error.setting, "YOOKASSA_SECRET_ARN");
    }

    #[test]
    fn an_attempt_leaves_time_to_write_its_answer_down() {
        assert_eq!(backoff(Duration::from_secs(15)), Some(ATTEMPT_TIMEOUT));
        assert_eq!(backoff(Duration::from_secs(3)), Some(Duration::from_secs(1)));
        assert_eq!(backoff(WRITING_MARGIN + Duration::from_millis(499)), None);
        assert_eq!(backoff(Duration::ZERO), None);
    }
}
