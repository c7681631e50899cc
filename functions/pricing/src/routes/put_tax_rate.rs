//! `PUT /api/v1/admin/tax-rates/{id}`: creates or replaces a tax rate.

use platform::http::{Handler, handler};
use platform::{Init, InitError};

use super::settings::{Writer, put};
use crate::tax::TaxTerms;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Writer::connect(&init).await?, put::<TaxTerms>))
}
