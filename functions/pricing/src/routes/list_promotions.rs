//! `GET /api/v1/admin/promotions`: the promotions, by id.

use platform::http::{Handler, handler};
use platform::{Init, InitError};

use super::settings::{Reader, list};
use crate::promotion::PromotionTerms;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Reader::connect(&init).await?, list::<PromotionTerms>))
}
