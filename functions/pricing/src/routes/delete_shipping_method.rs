//! `DELETE /api/v1/admin/shipping-methods/{id}`: removes a shipping method.

use platform::http::{Handler, handler};
use platform::{Init, InitError};

use super::settings::{Writer, delete};
use crate::shipping::ShippingTerms;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Writer::connect(&init).await?, delete::<ShippingTerms>))
}
