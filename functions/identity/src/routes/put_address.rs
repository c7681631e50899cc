//! `PUT /api/v1/users/me/addresses/{id}`.

use std::sync::Arc;

use kernel::Problem;
use kernel::address::{PostalAddress, PostalAddressBody};
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::address_id;
use crate::address_book::AddressBooks;

struct App {
    books: AddressBooks,
    verifier: Verifier,
}

/// The members of an address, and whether it becomes the default.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    recipient_name: Option<String>,
    recipient_phone: Option<String>,
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    street: Option<String>,
    street2: Option<String>,
    postal_code: Option<String>,
    is_default: Option<bool>,
}

impl Body {
    fn parse(self) -> Result<(PostalAddress, bool), Problem> {
        let address = PostalAddressBody {
            recipient_name: self.recipient_name,
            recipient_phone: self.recipient_phone,
            country: self.country,
            region: self.region,
            city: self.city,
            street: self.street,
            street2: self.street2,
            postal_code: self.postal_code,
        };
        Ok((address.parse("")?, self.is_default.unwrap_or(false)))
    }
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    Ok(handler(App { books: AddressBooks::connect(&init).await?, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let id = address_id(&request)?;
    let (address, is_default) = request.json_as(Body::parse)?;
    let call = request.call(caller.customer());
    let saved = app.books.put(&call, caller.user, id, &address, is_default).await?;
    if saved.is_new { Response::created(&saved.view) } else { Response::ok(&saved.view) }
}
