//! `GET /api/v1/admin/tax-rates`: the tax rates, by id.

use platform::http::{Handler, handler};
use platform::{Init, InitError};

use super::settings::{Reader, list};
use crate::tax::TaxTerms;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Reader::connect(&init).await?, list::<TaxTerms>))
}
