//! Opening stock: the units with which a warehouse begins.
//!
//! It is written once, when the warehouse has never had the SKU; stock that was set, sold or adjusted since stays. Importing the same
//! file again therefore resets nothing.

use std::collections::HashMap;

use kernel::{FieldError, Problem, Sku};
use platform::InvocationContext;
use platform::dynamo::{Key, Write};

use crate::set::{Change, MAX_UNITS};
use crate::stock_writer::StockWriter;
use crate::store::{Kept, Outdated, SkuHeader, heads};
use crate::warehouse::Warehouse;

/// The opening stock of a warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    warehouse: Warehouse,
    units: u64,
}

impl Opening {
    /// Reads the members `warehouse` and `available` of a body; there are both or neither.
    pub fn parse(warehouse: Option<Warehouse>, available: Option<i64>) -> Result<Option<Self>, Problem> {
        let absent = |name: &str, other: &str| {
            let detail = format!("is required when {other} is given");
            Err(Problem::invalid_all(vec![FieldError { pointer: format!("/{name}"), detail }]))
        };
        match (warehouse, available) {
            (None, None) => Ok(None),
            (Some(_), None) => absent("available", "warehouse"),
            (None, Some(_)) => absent("warehouse", "available"),
            (Some(warehouse), Some(available)) => {
                let units = u64::try_from(available).ok().filter(|units| *units <= MAX_UNITS);
                let refused = || Problem::invalid("/available", format!("must be from 0 to {MAX_UNITS}"));
                units.map(|units| Some(Self { warehouse, units })).ok_or_else(refused)
            }
        }
    }
}

/// The headers of the SKUs whose opening stock is to be written.
#[derive(Debug, Default)]
pub struct Heads(HashMap<Sku, SkuHeader>);

/// Another writer changed the SKU's warehouses in the meantime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpeningRefused;

impl StockWriter {
    /// Reads the headers of `skus`, in one read. SKUs may not repeat.
    pub async fn heads<'a>(&self, skus: impl Iterator<Item = &'a Sku>) -> Result<Heads, Problem> {
        let keys: Vec<Key> = skus.map(heads::head_key).collect();
        let heads: Vec<SkuHeader> = self.stock.table.get_many(&keys).await?;
        Ok(Heads(heads.into_iter().map(|head| (head.sku.clone(), head)).collect()))
    }

    /// The writes by which the warehouse gets its first units of `sku`, spread over the SKU's lanes; none when, according to the
    /// headers, it has had some. They are refused when another writer changed the SKU's warehouses since: read the headers again.
    pub fn open(
        &self,
        call: &InvocationContext,
        sku: &Sku,
        Opening { warehouse, units }: &Opening,
        heads: &Heads,
    ) -> Result<Vec<Write<OpeningRefused>>, Problem> {
        let head = heads.0.get(sku);
        if head.is_some_and(|head| head.places.contains_key(warehouse)) {
            return Ok(Vec::new());
        }
        // A warehouse that the header does not name has no rows.
        let kept = Kept { head: head.cloned(), rows: Vec::new() };
        let writes = self.setting(call, sku, &kept, warehouse, Change::Set(*units), false)?;
        Ok(writes.into_iter().map(|write| write.map(|Outdated| OpeningRefused)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(warehouse: Option<&str>, available: Option<i64>) -> Result<Option<Opening>, Problem> {
        Opening::parse(warehouse.map(|name| name.parse().unwrap()), available)
    }

    #[test]
    fn a_warehouse_and_its_units_come_together() {
        assert_eq!(parse(None, None).unwrap(), None);
        let most = MAX_UNITS.cast_signed();
        for units in [0, 1, most] {
            assert_eq!(parse(Some("msk-1"), Some(units)).unwrap().unwrap().units, units.cast_unsigned());
        }
        for (warehouse, available, pointer) in [
            (Some("msk-1"), None, "/available"),
            (None, Some(5), "/warehouse"),
            (Some("msk-1"), Some(-1), "/available"),
            (Some("msk-1"), Some(most + 1), "/available"),
        ] {
            let problem = parse(warehouse, available).unwrap_err();
            assert_eq!(problem.errors[0].pointer, pointer, "{warehouse:?} {available:?}");
        }
    }
}
