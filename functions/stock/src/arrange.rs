//! The arrangement of a SKU: its number of lanes, and its low-stock threshold.
//!
//! The number of lanes is changed in the header first; from then on stock is set on that many lanes. Then the existing units are moved, lane by
//! lane, each move one transaction under the condition that its units have not been sold. Sales go on meanwhile. An interrupted change leaves units
//! unevenly spread and loses none: the same change made again carries on, as does the next set or adjustment.

use futures_util::future::try_join_all;
use kernel::{NewEvent, Problem, Sku, event};
use platform::dynamo::Write;
use platform::http::Precondition;
use platform::{InvocationContext, StaleRetry};

use crate::events::{Given, Lane, StockArranged, UnitsMoved};
use crate::lanes::{self, Lanes, Move};
use crate::set::check;
use crate::stock_writer::StockWriter;
use crate::store::{MAX_PLACES, Outdated, SkuHeader, Units, fits};
use crate::warehouse::Warehouse;

/// A change of a SKU's arrangement; members that are `None` stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Arrangement {
    /// The number of lanes of each warehouse.
    pub lanes: Option<Lanes>,
    /// The change of the threshold.
    pub low_stock_threshold: ThresholdChange,
}

/// A change of the threshold: the number of units at which, and below which, the SKU is low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThresholdChange {
    /// Keeps the threshold.
    #[default]
    Keep,
    /// Removes the threshold.
    Remove,
    /// Sets the threshold.
    Become(u64),
}

impl Arrangement {
    /// The header after the change, with its version as it was.
    fn apply(self, head: &SkuHeader) -> Result<SkuHeader, Problem> {
        let mut head = head.clone();
        if let Some(lanes) = self.lanes {
            head.lanes = lanes;
            for places in head.places.values_mut() {
                *places = lanes.get().max(*places);
            }
            if !fits(&head.places) {
                let detail = format!("makes more than {MAX_PLACES} lanes in all warehouses together");
                return Err(Problem::invalid("/lanes", detail));
            }
        }
        match self.low_stock_threshold {
            ThresholdChange::Keep => {}
            // The stream's consumer, which receives this change, decides whether the SKU is low. Without a threshold it is not.
            ThresholdChange::Remove => {
                head.low_stock_threshold = None;
                head.is_low = false;
            }
            ThresholdChange::Become(threshold) => head.low_stock_threshold = Some(threshold),
        }
        Ok(head)
    }
}

impl StockWriter {
    /// Changes the arrangement of `sku`, and moves units until they are spread accordingly.
    ///
    /// 412 `etag_mismatch` when the stock is not the one that `expected` names.
    pub async fn arrange(
        &self,
        call: &InvocationContext,
        sku: &Sku,
        wanted: Arrangement,
        expected: &Precondition,
    ) -> Result<(), Problem> {
        let head = self.save_arrangement(call, sku, wanted, expected).await?;
        if wanted.lanes.is_some() {
            try_join_all(head.places.keys().map(|warehouse| self.level(call, sku, warehouse))).await?;
        }
        Ok(())
    }

    async fn save_arrangement(
        &self,
        call: &InvocationContext,
        sku: &Sku,
        wanted: Arrangement,
        expected: &Precondition,
    ) -> Result<SkuHeader, Problem> {
        let mut retry = StaleRetry::of("the SKU's head", call);
        loop {
            retry.begin().await?;
            let before = self.stock.head(sku).await?;
            check(expected, before.as_ref())?;
            let mut head = wanted.apply(&before.clone().unwrap_or_else(|| SkuHeader::new(sku.clone())))?;
            if before.as_ref() == Some(&head) {
                return Ok(head);
            }
            head.version += 1;
            head.changes += 1;
            let data = StockArranged {
                sku: sku.clone(),
                lanes: Lane(head.lanes.get()),
                low_stock_threshold: head.low_stock_threshold.map(event::Units),
            };
            let event = NewEvent::new(head.aggregate(), head.version, &data)?;
            let journal = self.journal.append(call, event)?.map(|_| Outdated);
            let writes = vec![self.stock.save_head(before.as_ref(), &head)?, journal];
            if self.dynamo.commit(call, writes).await?.is_committed() {
                return Ok(head);
            }
        }
    }

    /// Moves the units of `warehouse` until its lanes in use are level and the others empty.
    async fn level(&self, call: &InvocationContext, sku: &Sku, warehouse: &Warehouse) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the stock that was being moved", call);
        loop {
            retry.begin().await?;
            let kept = self.stock.kept(sku).await?;
            let lanes = kept.head.as_ref().map_or(Lanes::ONE, |head| head.lanes);
            let at = kept.at(warehouse);
            let mut outdated = false;
            for (version, next) in (at.version..).zip(lanes::moves(&at.by_lane(), lanes)) {
                let writes = self.moving(call, sku, warehouse, version, next)?;
                outdated = !self.dynamo.commit(call, writes).await?.is_committed();
                if outdated {
                    break;
                }
            }
            // A concurrent change of the number of lanes may have found nothing to move before these moves were made.
            if !outdated && self.stock.head(sku).await?.is_some_and(|head| head.lanes == lanes) {
                return Ok(());
            }
        }
    }

    /// One move: the units that one lane loses, others gain.
    fn moving(
        &self,
        call: &InvocationContext,
        sku: &Sku,
        warehouse: &Warehouse,
        version: u64,
        next: Move,
    ) -> Result<Vec<Write<Outdated>>, Problem> {
        let lost = (next.from, Units::Lose(next.units()));
        let gained = next.to.iter().map(|&(lane, units)| (lane, Units::Gain(units)));
        let units = gained.chain([lost]).collect();
        let mut writes = self.stock.change_lanes(sku, warehouse, version, units)?;
        let to =
            next.to.into_iter().map(|(lane, units)| Given { lane: Lane(lane), units: event::Units(units) });
        let data = UnitsMoved {
            sku: sku.clone(),
            warehouse: warehouse.clone(),
            from_lane: Lane(next.from),
            to: to.collect(),
        };
        let aggregate = format!("stock/{sku}/{warehouse}");
        let event = NewEvent::new(aggregate, version + 1, &data)?;
        writes.extend([
            self.journal.append(call, event)?.map(|_| Outdated),
            self.stock.count_change(sku, None)?,
        ]);
        Ok(writes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> SkuHeader {
        let mut head = SkuHeader::new("A-1".parse().unwrap());
        head.places = ["msk-1", "spb-1"].map(|name| (name.parse().unwrap(), 4)).into();
        head
    }

    #[test]
    fn lanes_that_were_given_up_are_remembered() {
        let lanes = |lanes| Arrangement { lanes: Lanes::new(lanes), ..Arrangement::default() };
        let raised = lanes(8).apply(&head()).unwrap();
        assert!(raised.lanes.get() == 8 && raised.places.values().all(|&places| places == 8));
        let lowered = lanes(2).apply(&raised).unwrap();
        assert!(lowered.lanes.get() == 2 && lowered.places.values().all(|&places| places == 8));
    }

    #[test]
    fn without_a_threshold_nothing_is_low() {
        let low = SkuHeader { low_stock_threshold: Some(3), is_low: true, ..head() };
        let threshold = |threshold| Arrangement { low_stock_threshold: threshold, lanes: None };
        assert!(!threshold(ThresholdChange::Remove).apply(&low).unwrap().is_low);
        let other = threshold(ThresholdChange::Become(9)).apply(&low).unwrap();
        assert!(other.is_low && other.low_stock_threshold == Some(9));
    }
}
