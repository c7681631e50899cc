//! `GET /api/v1/admin/tax-rates/{id}`: one tax rate.

use platform::http::{Handler, handler};
use platform::{Init, InitError};

use super::settings::{Reader, get};
use crate::tax::TaxTerms;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Reader::connect(&init).await?, get::<TaxTerms>))
}
