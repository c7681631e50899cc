//! Publishing once that a SKU has become low, and once that it no longer is.

use kernel::event::Units;
use kernel::{NewEvent, Problem, Sku};
use platform::{InvocationContext, StaleRetry};

use crate::events::{StockCrossed, StockLow, StockRecovered};
use crate::stock_writer::StockWriter;
use crate::store::{Kept, Outdated, SkuHeader};

impl StockWriter {
    /// Compares the available units of `sku` with its threshold, and publishes an event when the result changed since the last
    /// one. Repeating the call publishes nothing more.
    pub async fn watch(&self, call: &InvocationContext, sku: &Sku) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the SKU's head", call);
        loop {
            retry.begin().await?;
            let Some(before) = self.stock.head(sku).await? else { return Ok(()) };
            let mut head = before.clone();
            let Some(threshold) = head.low_stock_threshold else { return Ok(()) };
            // A torn read must not say that the SKU crossed its threshold, in either direction.
            let stays = |kept: &Kept| (kept.available() <= threshold) == head.is_low;
            let available = self.stock.kept_until(sku, stays).await?.available();
            let Some(event) = crossing(&mut head, available, threshold)? else { return Ok(()) };
            let journal = self.journal.append(call, event)?.map(|_| Outdated);
            let writes = vec![self.stock.save_head(Some(&before), &head)?, journal];
            if self.dynamo.commit(call, writes).await?.is_committed() {
                return Ok(());
            }
        }
    }
}

/// Sets in `head` whether the SKU is low; returns the event, when that has changed.
fn crossing(head: &mut SkuHeader, available: u64, threshold: u64) -> Result<Option<NewEvent>, Problem> {
    let is_low = available <= threshold;
    if is_low == head.is_low {
        return Ok(None);
    }
    head.is_low = is_low;
    head.version += 1;
    let data =
        StockCrossed { sku: head.sku.clone(), available: Units(available), threshold: Units(threshold) };
    let (aggregate, version) = (head.aggregate(), head.version);
    let event = if is_low {
        NewEvent::new(aggregate, version, &StockLow(data))
    } else {
        NewEvent::new(aggregate, version, &StockRecovered(data))
    };
    event.map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crossing_is_said_once() {
        let mut head = SkuHeader::new("A-1".parse().unwrap());
        let mut kind = |available| crossing(&mut head, available, 3).unwrap().map(|event| event.kind);
        let said = [9, 4, 3, 2, 0, 3, 4, 9, 3].map(&mut kind);
        let (low, recovered) = (Some("stock.stock_low"), Some("stock.stock_recovered"));
        assert_eq!(said, [None, None, low, None, None, None, recovered, None, low]);
        assert_eq!(head.version, 3);
    }
}
