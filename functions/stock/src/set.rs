//! Setting and adjusting what a warehouse has.

use std::fmt;
use std::str::FromStr;

use kernel::{NewEvent, Problem, Sku};
use platform::Call;
use platform::dynamo::{Dynamo, TransactError, Write};
use platform::journal::Journal;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::json;

use crate::allocation::{Place, Shortage};
use crate::store::rows::change;
use crate::store::{Head, Kept, Outdated, Row, Stock, place_key};

/// The most units that a place may have: a thousand million.
pub const MAX_UNITS: u64 = 1_000_000_000;
/// The longest name of a warehouse, in characters.
pub const MAX_WAREHOUSE_LENGTH: usize = 40;
/// How often a change is tried again when someone else changes the same place.
const MAX_ATTEMPTS: u32 = 20;
/// The lane that a warehouse starts with.
const FIRST_LANE: u16 = 0;

/// A warehouse's name: 1 to [`MAX_WAREHOUSE_LENGTH`] lower-case letters of ASCII, digits or hyphens. It exists once it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warehouse(String);

impl FromStr for Warehouse {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=MAX_WAREHOUSE_LENGTH).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 1 to 40 lower-case letters, digits or hyphens")
        }
    }
}

impl fmt::Display for Warehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Warehouse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// How the stock of a place changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// So many can be sold now; what is reserved stays reserved.
    Set(u64),
    /// So many more, or fewer, can be sold.
    Adjust(i64),
}

impl Change {
    /// What can be sold after the change; an adjustment below nothing is a shortage.
    fn apply(self, sku: &Sku, available: u64) -> Result<u64, Problem> {
        match self {
            Self::Set(units) => Ok(units),
            Self::Adjust(delta) => {
                let sum = available.checked_add_signed(delta);
                let wanted = u32::try_from(delta.unsigned_abs()).unwrap_or(u32::MAX);
                let sum = sum.ok_or_else(|| Shortage { sku: sku.clone(), wanted, available }.problem())?;
                if sum > MAX_UNITS {
                    return Err(Problem::invalid("/delta", format!("leads to more than {MAX_UNITS} units")));
                }
                Ok(sum)
            }
        }
    }
}

/// What the journal says of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StockChanged<'a> {
    sku: &'a Sku,
    warehouse: &'a str,
    available: u64,
    reserved: u64,
}

/// Changes what `warehouse` has of `sku`, and journals it.
pub async fn set(
    dynamo: &Dynamo,
    stock: &Stock,
    journal: &Journal,
    call: &Call,
    sku: &Sku,
    warehouse: &Warehouse,
    change: Change,
) -> Result<(), Problem> {
    let place = Place { warehouse: warehouse.0.clone(), lane: FIRST_LANE };
    for _ in 0..MAX_ATTEMPTS {
        let Kept { head, rows } = stock.kept(sku).await?;
        let row = rows.iter().find(|row| row.place().as_ref() == Some(&place));
        let mut writes = writes(stock, journal, call, sku, &place, row, change)?;
        writes.extend(name_warehouse(stock, journal, call, sku, head, warehouse)?);
        match dynamo.transact(call, writes).await {
            Ok(()) => return Ok(()),
            Err(TransactError::Refused(_)) => {}
            Err(TransactError::Failed(problem)) => return Err(problem),
        }
    }
    Err(Problem::unavailable("the place was set by others again and again"))
}

/// Writes down in the head that there is a row for `warehouse`, when it does not say so yet.
fn name_warehouse(
    stock: &Stock,
    journal: &Journal,
    call: &Call,
    sku: &Sku,
    head: Option<Head>,
    warehouse: &Warehouse,
) -> Result<Vec<Write<Outdated>>, Problem> {
    let mut head = head.unwrap_or_else(|| Head::new(sku.clone()));
    if head.places.contains_key(&warehouse.0) {
        return Ok(Vec::new());
    }
    head.places.insert(warehouse.0.clone(), head.lanes);
    head.version += 1;
    let data = json!({"sku": sku, "warehouse": warehouse.0});
    let event = NewEvent::new("stock.warehouse_added", format!("stock/{sku}"), head.version, &data)?;
    Ok(vec![stock.save_head(&head)?, journal.append(call, event)?.map(|_| Outdated)])
}

fn writes(
    stock: &Stock,
    journal: &Journal,
    call: &Call,
    sku: &Sku,
    place: &Place,
    row: Option<&Row>,
    wanted: Change,
) -> Result<Vec<Write<Outdated>>, Problem> {
    let (available, reserved, version) =
        row.map_or((0, 0, 0), |row| (row.available, row.reserved, row.version));
    let target = wanted.apply(sku, available)?;
    // An absolute number is written as such; a difference is added to what is there at that moment, so that a reservation
    // made in between is not undone.
    let update = match wanted {
        Change::Set(_) => change("available = :units, reserved = if_not_exists(reserved, :zero), version = :next")
            .value(":units", target)?,
        Change::Adjust(_) => change(
            "available = if_not_exists(available, :zero) + :delta, reserved = if_not_exists(reserved, :zero), version = :next",
        )
        .value(":delta", target.cast_signed() - available.cast_signed())?,
    };
    let condition = match (row, wanted) {
        (None, _) => "attribute_not_exists(PK)",
        (Some(_), Change::Adjust(delta)) if delta < 0 => "version = :version AND available >= :fewer",
        (Some(_), _) => "version = :version",
    };
    let mut update = update.when(condition).value(":next", version + 1)?;
    if row.is_some() {
        update = update.value(":version", version)?;
    }
    if condition.contains(":fewer") {
        update = update.value(":fewer", available.saturating_sub(target))?;
    }
    let changed = StockChanged { sku, warehouse: &place.warehouse, available: target, reserved };
    let aggregate = format!("stock/{sku}/{}", place.warehouse);
    let event = NewEvent::new("stock.stock_changed", aggregate, version + 1, &changed)?;
    Ok(vec![
        stock.table.update(&place_key(sku, place), update, Outdated)?,
        journal.append(call, event)?.map(|_| Outdated),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adjustment_never_goes_below_nothing() {
        let sku: Sku = "A-1".parse().unwrap();
        assert_eq!(Change::Adjust(-3).apply(&sku, 3).unwrap(), 0);
        let problem = Change::Adjust(-4).apply(&sku, 3).unwrap_err();
        assert_eq!(problem.code, "insufficient_stock");
        assert_eq!(Change::Adjust(1).apply(&sku, MAX_UNITS).unwrap_err().errors[0].pointer, "/delta");
    }

    #[test]
    fn warehouses_have_plain_names() {
        assert!("msk-1".parse::<Warehouse>().is_ok());
        for text in ["", "MSK", "a#b", "a b", "склад", &"x".repeat(41)] {
            assert!(text.parse::<Warehouse>().is_err(), "{text}");
        }
    }
}
