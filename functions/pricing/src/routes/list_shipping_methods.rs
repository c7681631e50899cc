//! `GET /api/v1/admin/shipping-methods`: the shipping methods, by id.

use platform::http::{Handler, handler};
use platform::{Init, InitError};

use super::settings::{Reader, list};
use crate::shipping::ShippingTerms;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Reader::connect(&init).await?, list::<ShippingTerms>))
}
