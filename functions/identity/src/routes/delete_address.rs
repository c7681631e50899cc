//! `DELETE /api/v1/users/me/addresses/{id}`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use super::address_id;
use crate::address_book::AddressBooks;

struct App {
    books: AddressBooks,
    verifier: Verifier,
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
    app.books.delete(&request.call(caller.customer()), caller.user, id).await?;
    Ok(Response::no_content())
}
