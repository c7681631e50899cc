//! `GET /api/v1/admin/shipping-methods/{id}`: one shipping method.

use platform::http::{Handler, handler};
use platform::{Init, InitError};

use super::settings::{Reader, get};
use crate::shipping::ShippingTerms;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Reader::connect(&init).await?, get::<ShippingTerms>))
}
