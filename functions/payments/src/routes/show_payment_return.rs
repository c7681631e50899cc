//! `GET /payment-return`: the page that customers reach after payment where the merchant has none.

use std::future::{Future, ready};

use platform::http::{Handler, handler};
use platform::{Init, InitError};

use crate::routes::page;

/// Makes the handler.
pub fn init(_: Init) -> impl Future<Output = Result<Handler, InitError>> {
    ready(Ok(handler((), |_, _| ready(Ok(page::returned())))))
}
