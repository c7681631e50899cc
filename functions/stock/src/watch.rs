//! Publishing once that a SKU has become low, and once that it no longer is.

use kernel::{NewEvent, Problem, Sku};
use platform::{InvocationContext, StaleRetry};
use serde::Serialize;

use crate::stock_writer::StockWriter;
use crate::store::{Kept, Outdated, SkuHeader};

/// The journal's payload for a crossing of the threshold.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Crossed<'a> {
    sku: &'a Sku,
    available: u64,
    threshold: u64,
}

impl StockWriter {
    /// Compares the available units of `sku` with its threshold, and publishes an event when the result changed since the last
    /// one. Repeating the call publishes nothing more.
    pub async fn watch(&self, call: &InvocationContext, sku: &Sku) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the SKU's head");
        loop {
            retry.begin().await?;
            let Some(before) = self.stock.head(sku).await? else { return Ok(()) };
            let mut head = before.clone();
            let Some(threshold) = head.low_stock_threshold else { return Ok(()) };
            // A torn read must not say that the SKU crossed its threshold, in either direction.
            let stays = |kept: &Kept| (kept.available() <= threshold) == head.is_low;
            let available = self.stock.kept_until(sku, stays).await?.available();
            let Some(kind) = crossing(&mut head, available, threshold) else { return Ok(()) };
            let data = Crossed { sku, available, threshold };
            let event = NewEvent::new(kind, head.aggregate(), head.version, &data)?;
            let journal = self.journal.append(call, event)?.map(|_| Outdated);
            let writes = vec![self.stock.save_head(Some(&before), &head)?, journal];
            if self.dynamo.commit(call, writes).await?.is_committed() {
                return Ok(());
            }
        }
    }
}

/// Sets in `head` whether the SKU is low; returns the event, when that has changed.
fn crossing(head: &mut SkuHeader, available: u64, threshold: u64) -> Option<&'static str> {
    let is_low = available <= threshold;
    if is_low == head.is_low {
        return None;
    }
    head.is_low = is_low;
    head.version += 1;
    Some(if is_low { "stock.stock_low" } else { "stock.stock_recovered" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crossing_is_said_once() {
        let mut head = SkuHeader::new("A-1".parse().unwrap());
        let said: Vec<Option<&str>> =
            [9, 4, 3, 2, 0, 3, 4, 9, 3].map(|available| crossing(&mut head, available, 3)).into();
        let (low, recovered) = (Some("stock.stock_low"), Some("stock.stock_recovered"));
        assert_eq!(said, [None, None, low, None, None, None, recovered, None, low]);
        assert_eq!(head.version, 3);
    }
}
