//! A stand-in for YooKassa's API v3, for tests that need a provider with a will of its own.
//!
//! It was written from what the provider publishes (yookassa.ru/developers) and shares no code with Holdfast. It keeps books, checks
//! credentials, keys, amounts and states, shows a page on which a person decides, sends notifications until they are acknowledged, and on request
//! fails in every way that a provider can: late, before acting, after acting, without an answer, throttling, with notifications twice, late and in
//! the wrong order. Where the published rules leave a choice, it takes the one that is harder for Holdfast:
//!
//! - A repeat with a known key is answered as the first request was, refusals included, however the object has changed since.
//! - A member that the API does not have is refused.
//! - A notification is acknowledged by 200 and by nothing else.
//!
//! | module | contents |
//! |---|---|
//! | `api`, `operations` | `/v3/...`: the provider |
//! | `control` | `/control/...`: a test's commands and queries |
//! | `page` | `/confirm/{id}`: where a person pays or does not |
//! | `books`, `keys`, `request`, `amount`, `lists`, `show` | the rules |
//! | `temper`, `misbehaviour`, `dice` | what goes wrong by chance |
//! | `payers`, `settle`, `activity` | what happens by itself, and how it ends |
//! | `ledger` | everything that a checker compares |
//! | `script` | what was asked for calls and notifications to come |
//! | `webhooks` | notifications |

mod activity;
mod amount;
mod api;
mod books;
mod control;
mod dice;
mod keys;
mod ledger;
mod lists;
mod misbehaviour;
mod operations;
mod page;
mod payers;
mod refusal;
mod request;
mod script;
mod server;
mod settle;
mod show;
mod state;
mod temper;
mod webhooks;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::state::State;

/// For whom the YooKassa stub works.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes any that is free.
    pub address: SocketAddr,
    /// The only shop that it knows.
    pub shop_id: String,
    /// That shop's key.
    pub secret_key: String,
    /// Where notifications go; nowhere without it, until one is set.
    pub webhook_url: Option<String>,
}

/// A running stub. It ends when this is dropped.
pub struct Double {
    base_url: String,
    task: JoinHandle<()>,
}

impl Double {
    /// Starts one.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let listener = TcpListener::bind(options.address).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        // Another part of the process may have chosen the same provider before; that is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().map_err(std::io::Error::other)?;
        let state = Arc::new(State::new(options, &base_url, http));
        Ok(Self { base_url, task: tokio::spawn(server::serve(listener, state)) })
    }

    /// The prefix of `/control` and `/confirm`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The address that Holdfast has to take for the provider's.
    pub fn api_url(&self) -> String {
        format!("{}/v3", self.base_url)
    }

    /// Waits until it ends, which it does not by itself.
    pub async fn run(mut self) {
        let _ = (&mut self.task).await;
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.task.abort();
    }
}
