//! The base URL at which clients reach this system.

use super::Request;
use crate::{Init, InitError};

/// The prefix of every address of this system, without a slash at its end.
#[derive(Debug, Clone, Default)]
pub struct BaseUrl {
    configured: Option<String>,
}

impl BaseUrl {
    /// `PUBLIC_BASE_URL`, when one is set: a custom domain, or the local stack's prefix. Without it addresses begin with the host that
    /// the gateway received the request on.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        let text: String = init.optional("PUBLIC_BASE_URL", String::new())?;
        let text = text.trim_end_matches('/');
        Ok(Self { configured: (!text.is_empty()).then(|| text.to_owned()) })
    }

    /// The prefix for the sender of `request`.
    pub fn of(&self, request: &Request) -> String {
        self.at(request.domain())
    }

    /// The prefix for the sender of a request to `host`.
    pub fn at(&self, host: &str) -> String {
        self.configured.clone().unwrap_or_else(|| format!("https://{host}"))
    }
}
