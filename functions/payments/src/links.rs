//! Where this system's own pages and callbacks are.

use kernel::PaymentId;
use kernel::ids::SandboxReference;
use platform::http::Request;
use platform::{Init, InitError};

/// The prefix of every address of this system.
#[derive(Debug, Clone, Default)]
pub struct Links {
    configured: Option<String>,
}

impl Links {
    /// `PUBLIC_BASE_URL`, when one is set: a custom domain, or the local stack's prefix. Without it addresses begin with the host that
    /// the gateway received the request on.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        let text: String = init.optional("PUBLIC_BASE_URL", String::new())?;
        let text = text.trim_end_matches('/');
        Ok(Self { configured: (!text.is_empty()).then(|| text.to_owned()) })
    }

    fn base(&self, request: &Request) -> String {
        self.configured.clone().unwrap_or_else(|| format!("https://{}", request.domain()))
    }

    /// The sandbox's page for a payment.
    pub fn payment_page(&self, request: &Request, reference: SandboxReference) -> String {
        format!("{}/sandbox/payments/{reference}", self.base(request))
    }

    /// Where a provider tells what it decided about a payment.
    pub fn payment_callback(&self, request: &Request, id: PaymentId) -> String {
        format!("{}/api/v1/payments/{id}/notify", self.base(request))
    }
}
