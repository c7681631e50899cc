//! `DELETE /api/v1/admin/promotions/{id}`: removes a promotion.

use platform::http::{Handler, handler};
use platform::{Init, InitError};

use super::settings::{Writer, delete};
use crate::promotion::PromotionTerms;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Writer::connect(&init).await?, delete::<PromotionTerms>))
}
