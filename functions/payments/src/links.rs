//! Where this system's own pages and callbacks are.

use kernel::ids::SandboxReference;
use kernel::{OrderNumber, PaymentId};
use platform::http::Request;
use platform::{Init, InitError};

/// The prefix of every address of this system.
#[derive(Debug, Clone, Default)]
pub struct Links {
    configured: Option<String>,
    return_url: Option<String>,
}

impl Links {
    /// `PUBLIC_BASE_URL`, when one is set: a custom domain, or the local stack's prefix. Without it addresses begin with the host that
    /// the gateway received the request on.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        let text: String = init.optional("PUBLIC_BASE_URL", String::new())?;
        let text = text.trim_end_matches('/');
        let return_url: String = init.optional("PAYMENT_RETURN_URL", String::new())?;
        Ok(Self {
            configured: (!text.is_empty()).then(|| text.to_owned()),
            return_url: (!return_url.is_empty()).then_some(return_url),
        })
    }

    fn base(&self, request: &Request) -> String {
        self.configured.clone().unwrap_or_else(|| format!("https://{}", request.domain()))
    }

    /// The sandbox's page for a payment.
    pub fn payment_page(&self, request: &Request, reference: SandboxReference) -> String {
        format!("{}/sandbox/payments/{reference}", self.base(request))
    }

    /// An address that a provider gave: one that begins with `/` is a page of this system.
    pub fn absolute(&self, request: &Request, url: &str) -> String {
        if url.starts_with('/') { format!("{}{url}", self.base(request)) } else { url.to_owned() }
    }

    /// Where a customer goes after the provider's page: `PAYMENT_RETURN_URL`, in which `{number}` stands for the order's number, or this system's
    /// own front door.
    pub fn after_payment(&self, request: &Request, number: OrderNumber) -> String {
        match &self.return_url {
            Some(url) => url.replace("{number}", &number.to_string()),
            None => format!("{}/", self.base(request)),
        }
    }

    /// Where a provider tells what it decided about a payment.
    pub fn payment_callback(&self, request: &Request, id: PaymentId) -> String {
        format!("{}/api/v1/payments/{id}/notify", self.base(request))
    }
}
