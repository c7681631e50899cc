//! Setting and adjusting the stock of a warehouse.

use std::collections::BTreeMap;

use kernel::{NewEvent, Problem, Sku, event};
use platform::dynamo::{Commit, Write};
use platform::http::Precondition;
use platform::idempotency::KeyTaken;
use platform::{InvocationContext, StaleRetry};

use crate::allocation::Shortage;
use crate::events::{Lane, StockChanged, WarehouseAdded};
use crate::lanes::{self, Lanes};
use crate::refusal::ChangeRefusal;
use crate::stock_writer::StockWriter;
use crate::store::{AtWarehouse, Kept, MAX_PLACES, Outdated, SkuHeader, Units, fits};
use crate::warehouse::Warehouse;

/// The most units that a warehouse may have of a SKU: a thousand million.
pub const MAX_UNITS: u64 = 1_000_000_000;

/// A change of a warehouse's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Sets the available units; reserved units stay reserved.
    Set(u64),
    /// Adds to or takes from the available units.
    Adjust(i64),
}

impl Change {
    /// Returns true when `at` has as many units as the change takes away.
    fn can_be_made(self, at: &AtWarehouse) -> bool {
        match self {
            Self::Set(_) => true,
            Self::Adjust(delta) => delta >= 0 || at.available() >= delta.unsigned_abs(),
        }
    }

    /// The change of each lane, and the available units afterwards.
    fn plan(
        self,
        sku: &Sku,
        at: &AtWarehouse,
        lanes: Lanes,
    ) -> Result<(BTreeMap<u16, Units>, u64), ChangeRefusal> {
        match self {
            Self::Set(units) => {
                let mut shares = lanes::spread(units, lanes);
                shares.resize(shares.len().max(at.rows.len()), 0);
                // A row that exists is written even when it stays empty: stock may be returned to it at this moment.
                let written = |(lane, share): &(u16, u64)| *share > 0 || at.exists(*lane);
                let shares_ = (0_u16..).zip(shares).filter(written);
                Ok((shares_.map(|(lane, share)| (lane, Units::Become(share))).collect(), units))
            }
            Self::Adjust(delta) => {
                let available = at.available();
                let wanted = u32::try_from(delta.unsigned_abs()).unwrap_or(u32::MAX);
                let short =
                    || ChangeRefusal::InsufficientStock(Shortage { sku: sku.clone(), wanted, available });
                let changes = lanes::adjust(&at.by_lane(), lanes, delta).ok_or_else(short)?;
                let after = available.saturating_add_signed(delta);
                if delta > 0 && after > MAX_UNITS {
                    return Err(ChangeRefusal::TooManyUnits);
                }
                let changed = (0_u16..).zip(changes).filter(|(_, change)| *change != 0);
                Ok((changed.map(|(lane, change)| (lane, Units::change(change))).collect(), after))
            }
        }
    }
}

/// A request to change stock.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The product.
    pub sku: Sku,
    /// The warehouse.
    pub warehouse: Warehouse,
    /// The change.
    pub change: Change,
    /// The stock level that the client expects.
    pub expected: Precondition,
}

impl Setting {
    /// A change of the stock, regardless of its level.
    pub fn new(sku: Sku, warehouse: Warehouse, change: Change) -> Self {
        Self { sku, warehouse, change, expected: Precondition::Any }
    }
}

/// Refuses a stock that is not the one that `expected` names.
pub(crate) fn check(expected: &Precondition, head: Option<&SkuHeader>) -> Result<(), Problem> {
    let etag = head.map(SkuHeader::etag);
    expected.check_version("stock", etag.as_deref(), |tag| etag.as_deref() == Some(tag))
}

/// The reason for which the transaction was refused.
enum Refusal {
    Outdated,
    Key,
}

impl StockWriter {
    /// Changes a warehouse's stock of a product, and journals it. The items that `record` gives are written with it; a key that another request took
    /// first is `KeyTaken` inside.
    ///
    /// 412 `etag_mismatch` when the stock is not the one that the client expects, 409 `insufficient_stock` when there is less than is to be taken
    /// away.
    pub async fn set(
        &self,
        call: &InvocationContext,
        setting: &Setting,
        record: impl Fn() -> Result<Option<Write<KeyTaken>>, Problem>,
    ) -> Result<Result<(), KeyTaken>, Problem> {
        let Setting { sku, warehouse, change, expected } = setting;
        let mut retry = StaleRetry::of("the stock of the warehouse", call);
        loop {
            retry.begin().await?;
            let kept = self.stock.kept_until(sku, |kept| change.can_be_made(&kept.at(warehouse))).await?;
            check(expected, kept.head.as_ref())?;
            let made = self.setting(call, sku, &kept, warehouse, *change, !expected.is_absent())?;
            let mut writes: Vec<_> = made.into_iter().map(|write| write.map(|_| Refusal::Outdated)).collect();
            writes.extend(record()?.map(|write| write.map(|KeyTaken| Refusal::Key)));
            let Commit::Refused(refused) = self.dynamo.commit(call, writes).await? else {
                return Ok(Ok(()));
            };
            if refused.iter().any(|one| matches!(one.reason, Refusal::Key)) {
                return Ok(Err(KeyTaken));
            }
        }
    }

    /// The writes by which `change` is made and journalled, if the stock of `warehouse` is still as `kept`; with `alone`, if the stock of every other
    /// warehouse is unchanged, too.
    pub(crate) fn setting(
        &self,
        call: &InvocationContext,
        sku: &Sku,
        kept: &Kept,
        warehouse: &Warehouse,
        change: Change,
        alone: bool,
    ) -> Result<Vec<Write<Outdated>>, Problem> {
        let head = kept.head.clone().unwrap_or_else(|| SkuHeader::new(sku.clone()));
        let at = kept.at(warehouse);
        let (units, available) = change.plan(sku, &at, head.lanes)?;
        let delta = match change {
            Change::Set(_) => None,
            Change::Adjust(delta) => Some(delta),
        };
        let data = StockChanged {
            sku: sku.clone(),
            warehouse: warehouse.clone(),
            delta,
            available: event::Units(available),
        };
        let mut writes = self.stock.change_lanes(sku, warehouse, at.version, units)?;
        let aggregate = format!("stock/{sku}/{warehouse}");
        let event = NewEvent::new(aggregate, at.version + 1, &data)?;
        writes.push(self.journal.append(call, event)?.map(|_| Outdated));
        if head.places.contains_key(warehouse) {
            writes.push(self.stock.count_change(sku, kept.head.as_ref().filter(|_| alone))?);
        } else {
            writes.extend(self.add_warehouse(call, kept.head.as_ref(), head, warehouse)?);
        }
        Ok(writes)
    }

    /// Records in the header that there are rows for `warehouse`.
    fn add_warehouse(
        &self,
        call: &InvocationContext,
        before: Option<&SkuHeader>,
        mut head: SkuHeader,
        warehouse: &Warehouse,
    ) -> Result<Vec<Write<Outdated>>, Problem> {
        head.places.insert(warehouse.clone(), head.lanes.get());
        if !fits(&head.places) {
            let detail = format!("makes more than {MAX_PLACES} lanes in all warehouses together");
            return Err(Problem::invalid("/warehouse", detail));
        }
        head.version += 1;
        head.changes += 1;
        let data = WarehouseAdded {
            sku: head.sku.clone(),
            warehouse: warehouse.clone(),
            lanes: Lane(head.lanes.get()),
        };
        let event = NewEvent::new(head.aggregate(), head.version, &data)?;
        Ok(vec![self.stock.save_head(before, &head)?, self.journal.append(call, event)?.map(|_| Outdated)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku() -> Sku {
        "A-1".parse().unwrap()
    }

    fn at(rows: &[Option<u64>]) -> AtWarehouse {
        AtWarehouse { rows: rows.to_vec(), version: 1 }
    }

    #[test]
    fn an_adjustment_never_goes_below_nothing() {
        let three = at(&[Some(3)]);
        let (units, available) = Change::Adjust(-3).plan(&sku(), &three, Lanes::ONE).unwrap();
        assert_eq!((units, available), (BTreeMap::from([(0, Units::Lose(3))]), 0));
        let shortage = Shortage { sku: sku(), wanted: 4, available: 3 };
        let refused = Change::Adjust(-4).plan(&sku(), &three, Lanes::ONE).unwrap_err();
        assert_eq!(refused, ChangeRefusal::InsufficientStock(shortage));
        let full = at(&[Some(MAX_UNITS)]);
        let refused = Change::Adjust(1).plan(&sku(), &full, Lanes::ONE).unwrap_err();
        assert_eq!(refused, ChangeRefusal::TooManyUnits);
    }

    #[test]
    fn a_number_is_laid_on_the_lanes_in_use_and_taken_off_the_others() {
        let (units, available) = Change::Set(5)
            .plan(&sku(), &at(&[Some(9), None, Some(2), None]), Lanes::new(2).unwrap())
            .unwrap();
        let shares_ = [(0, 3), (1, 2), (2, 0)].map(|(lane, units)| (lane, Units::Become(units)));
        assert_eq!((units, available), (BTreeMap::from(shares_), 5), "no row is made for nothing");
    }
}
