//! `GET /api/v1/admin/promotions/{id}`: one promotion.

use platform::http::{Handler, handler};
use platform::{Init, InitError};

use super::settings::{Reader, get};
use crate::promotion::PromotionTerms;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Reader::connect(&init).await?, get::<PromotionTerms>))
}
