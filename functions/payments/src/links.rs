//! The addresses of this system's pages and callbacks.

use kernel::ids::SandboxReference;
use kernel::{OrderNumber, PaymentId};
use platform::http::BaseUrl;
use platform::{Init, InitError};

/// The path of the page that customers reach after payment where the merchant has none.
const RETURN_PAGE: &str = "/payment-return";

/// Addresses of this system's pages and callbacks.
#[derive(Debug, Clone, Default)]
pub struct Links {
    base: BaseUrl,
    return_url: Option<String>,
}

impl Links {
    /// As the environment has them: `PUBLIC_BASE_URL` and `PAYMENT_RETURN_URL`.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        let return_url: String = init.optional("PAYMENT_RETURN_URL", String::new())?;
        Ok(Self {
            base: BaseUrl::from_init(init)?,
            return_url: (!return_url.is_empty()).then_some(return_url),
        })
    }

    /// The sandbox's page for a payment.
    pub fn payment_page(&self, host: &str, reference: SandboxReference) -> String {
        format!("{}/sandbox/payments/{reference}", self.base.at(host))
    }

    /// An address that a provider gave to the sender of a request to `host`: one that begins with `/` is a page of this system.
    pub fn absolute(&self, host: &str, url: &str) -> String {
        if url.starts_with('/') { format!("{}{url}", self.base.at(host)) } else { url.to_owned() }
    }

    /// The page that a customer reaches after the provider's page: the order's own, else `PAYMENT_RETURN_URL`, in both of which `{number}` stands for
    /// the order's number; else a page of this system.
    pub fn after_payment(&self, host: &str, number: OrderNumber, of_order: Option<&str>) -> String {
        match of_order.or(self.return_url.as_deref()) {
            Some(url) => url.replace("{number}", &number.to_string()),
            None => format!("{}{RETURN_PAGE}", self.base.at(host)),
        }
    }

    /// The address at which a provider reports its decision about a payment.
    pub fn payment_callback(&self, host: &str, id: PaymentId) -> String {
        format!("{}/api/v1/payments/{id}/notify", self.base.at(host))
    }
}
