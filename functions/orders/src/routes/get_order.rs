//! `GET /api/v1/orders/{id}`, `GET /api/orders/{id}` and `GET /orders/{id}`: the whole order, by UUID or number.

use std::sync::Arc;

use http::StatusCode;
use http::header::ETAG;
use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Reply, Request, Surface, handler};
use platform::{Init, InitError};

use crate::access::{load, may_see};
use crate::store::Orders;
use crate::view::{answer, etag};

struct App {
    orders: Orders,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { orders: Orders::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let order = load(&app.orders, &request).await?;
    may_see(&caller, &order)?;
    let etag = etag(&order);
    let known = request.header("if-none-match").is_some_and(|given| matches(given, &etag));
    if known {
        let mut unchanged = Reply::no_content();
        unchanged.status = StatusCode::NOT_MODIFIED;
        return Ok(unchanged.header(ETAG, &etag));
    }
    answer(&order, Surface::of(&request))
}

/// Whether an `If-None-Match` header names `etag`; tags are compared weakly (RFC 9110 section 13.1.2).
fn matches(given: &str, etag: &str) -> bool {
    given.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entity_tags_are_compared_weakly() {
        for given in ["\"1-0\"", "W/\"1-0\"", "\"9\", \"1-0\"", "*"] {
            assert!(matches(given, "\"1-0\""), "{given}");
        }
        assert!(!matches("\"2-0\"", "\"1-0\""));
        assert!(!matches("1-0", "\"1-0\""));
    }
}
