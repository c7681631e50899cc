//! `PUT /api/v1/admin/promotions/{id}`: creates or replaces a promotion.

use platform::http::{Handler, handler};
use platform::{Init, InitError};

use super::settings::{Writer, put};
use crate::promotion::PromotionTerms;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Writer::connect(&init).await?, put::<PromotionTerms>))
}
