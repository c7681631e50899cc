//! Lists of payments and refunds, page by page (yookassa.ru/developers/using-api/lists).

use kernel::PaymentId;
use platform::InvocationContext;
use serde::Deserialize;
use serde_json::Value;

use super::answer::{PaymentBody, RefundBody, Unreadable};
use super::client::Client;
use crate::provider::{ProviderError, ProviderPayment, ProviderRefund};

/// Objects on a page, the most that the API returns.
const PAGE: &str = "100";
/// Pages that are read before the search is unavailable: with a window of some minutes, hundreds of payments a minute.
const MAX_PAGES: usize = 20;

/// `{"type": "list", "items", "next_cursor"}`.
#[derive(Deserialize)]
struct ListBody {
    items: Vec<Value>,
    next_cursor: Option<String>,
}

/// A page of matching objects, and the position of the next one.
pub(super) type Page<T> = (Vec<T>, Option<String>);

/// All objects under `path` that pass `filter`. All of them, or [`ProviderError::Unavailable`]: a list that breaks off proves nothing.
pub(super) async fn all<T>(
    client: &Client,
    call: &InvocationContext,
    path: &str,
    filter: &[(&str, &str)],
    read: impl Fn(&[u8]) -> Result<Page<T>, Unreadable>,
) -> Result<Vec<T>, ProviderError> {
    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..MAX_PAGES {
        let next = cursor.iter().map(|cursor| ("cursor", cursor.as_str()));
        let query: Vec<_> = filter.iter().copied().chain([("limit", PAGE)]).chain(next).collect();
        let query = serde_urlencoded::to_string(query).map_err(unavailable)?;
        let page = client.get(call, &format!("{path}?{query}"), &read).await?;
        let (items, next) = page.ok_or_else(|| unavailable(format!("there is no list of {path}")))?;
        found.extend(items);
        match next {
            Some(next) => cursor = Some(next),
            None => return Ok(found),
        }
    }
    Err(unavailable(format!("the list of {path} has more than {MAX_PAGES} pages")))
}

/// The payments on a page with the merchant's `id`. Others are ignored, even when they can't be parsed.
pub(super) fn payments(body: &[u8], id: PaymentId) -> Result<Page<ProviderPayment>, Unreadable> {
    let list = list(body)?;
    let sought = Value::String(id.to_string());
    let own = list.items.into_iter().filter(|item| item.pointer("/metadata/payment_id") == Some(&sought));
    let own = own.map(|item| serde_json::from_value::<PaymentBody>(item).map_err(text)?.payment());
    Ok((own.collect::<Result<_, _>>()?, list.next_cursor))
}

/// The refunds on a page.
pub(super) fn refunds(body: &[u8]) -> Result<Page<ProviderRefund>, Unreadable> {
    let list = list(body)?;
    let refunds =
        list.items.into_iter().map(|item| serde_json::from_value::<RefundBody>(item).map_err(text)?.refund());
    Ok((refunds.collect::<Result<_, _>>()?, list.next_cursor))
}

fn list(body: &[u8]) -> Result<ListBody, Unreadable> {
    serde_json::from_slice(body).map_err(text)
}

fn text(error: impl std::fmt::Display) -> Unreadable {
    error.to_string()
}

fn unavailable(inside: impl std::fmt::Display) -> ProviderError {
    ProviderError::Unavailable(inside.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_payment_that_is_sought_is_read() {
        let id = PaymentId::derived("p");
        let payment = |name: &str, id: Value| {
            let amount = json!({"value": "1.00", "currency": "RUB"});
            json!({"id": name, "status": "pending", "amount": amount, "metadata": {"payment_id": id}})
        };
        let items = json!([payment("a", json!("else")), {"unlike": "a payment"}, payment("b", json!(id))]);
        let body = json!({"type": "list", "items": items, "next_cursor": "c"}).to_string();
        let (found, next) = payments(body.as_bytes(), id).unwrap();
        assert_eq!((found.len(), found[0].payment_id, next.as_deref()), (1, Some(id), Some("c")));
        assert!(payments(b"{}", id).is_err() && refunds(b"[]").is_err(), "what is no list proves nothing");
    }
}
