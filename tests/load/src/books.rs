//! The books: every row and every reservation, read past the system's own code and added up.
//!
//! The formulas are in `docs/bench.md`; what is broken is said in words, all of it.

use std::collections::BTreeMap;

use dynoxide::AttributeValue;
use kernel::Sku;
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::server::Server;

/// A row of stock: its SKU, and its sort key.
type RowKey = (String, String);

/// What a row has. Signed, so that less than nothing shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Row {
    available: i64,
    reserved: i64,
}

/// A reservation, as far as the sums go.
#[derive(Debug, Clone)]
struct Reservation {
    status: String,
    takes: Vec<(RowKey, i64)>,
}

/// All of the stock table that sums are made of.
#[derive(Debug, Clone, Default)]
pub struct Books {
    rows: BTreeMap<RowKey, Row>,
    reservations: BTreeMap<String, Reservation>,
}

/// What the books come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Units that can be sold.
    pub available: u64,
    /// Units reserved.
    pub reserved: u64,
    /// Units sold.
    pub confirmed: u64,
    /// Reservations that hold or have sold units.
    pub standing: usize,
    /// Rows that have no units to sell.
    pub empty_rows: usize,
    /// Rows.
    pub rows: usize,
}

impl Books {
    /// Reads the stock table.
    pub fn read(server: &Server) -> Result<Self, Failure> {
        let mut books = Self::default();
        each(server, "StockTable", |item| {
            let (pk, sk) = (text(&item, "PK")?, text(&item, "SK")?);
            if let Some(sku) = pk.strip_prefix("SKU#").filter(|_| sk.starts_with("LOC#")) {
                let row =
                    Row { available: number(&item, "available")?, reserved: number(&item, "reserved")? };
                books.rows.insert((sku.to_owned(), sk), row);
            } else if let Some(id) = pk.strip_prefix("RESERVATION#") {
                let reservation = Reservation { status: text(&item, "status")?, takes: takes(&item)? };
                books.reservations.insert(id.to_owned(), reservation);
            }
            Ok(())
        })?;
        Ok(books)
    }

    /// What can still be sold of `sku`.
    pub fn available(&self, sku: &Sku) -> i64 {
        let of_sku = self.rows.iter().filter(|(key, _)| key.0 == sku.as_str());
        of_sku.map(|(_, row)| row.available).sum()
    }

    /// Holds the books against the opening stock: nothing lost, nothing invented, nothing below nothing, and every row's reserve is what live
    /// reservations took from it.
    pub fn check(&self, opening: &BTreeMap<Sku, u64>) -> Result<Sums, Failure> {
        let mut broken = Vec::new();
        let mut live: BTreeMap<&RowKey, i64> = BTreeMap::new();
        let mut sold: BTreeMap<&str, i64> = BTreeMap::new();
        let mut sums = Sums { rows: self.rows.len(), ..Sums::default() };
        for reservation in self.reservations.values() {
            sums.standing += usize::from(matches!(reservation.status.as_str(), "reserved" | "confirmed"));
            for (key, quantity) in &reservation.takes {
                match reservation.status.as_str() {
                    "reserved" => *live.entry(key).or_default() += quantity,
                    "confirmed" => *sold.entry(&key.0).or_default() += quantity,
                    _ => {}
                }
            }
        }
        for (key, row) in &self.rows {
            if row.available < 0 || row.reserved < 0 {
                broken.push(format!("{key:?} is below nothing: {row:?}"));
            }
            let expected = live.remove(key).unwrap_or_default();
            if row.reserved != expected {
                broken.push(format!("{key:?} has {} reserved, reservations say {expected}", row.reserved));
            }
            sums.empty_rows += usize::from(row.available == 0);
        }
        broken.extend(live.keys().map(|key| format!("goods were taken from {key:?}, which is not there")));
        for (sku, units) in opening {
            let rows = || self.rows.iter().filter(|(key, _)| key.0 == sku.as_str()).map(|(_, row)| row);
            let available: i64 = rows().map(|row| row.available).sum();
            let reserved: i64 = rows().map(|row| row.reserved).sum();
            let confirmed = sold.get(sku.as_str()).copied().unwrap_or_default();
            if Ok(available + reserved + confirmed) != i64::try_from(*units) {
                broken.push(format!("{sku}: {available} + {reserved} + {confirmed} are not {units}"));
            }
            sums.available += available.unsigned_abs();
            sums.reserved += reserved.unsigned_abs();
            sums.confirmed += confirmed.unsigned_abs();
        }
        if broken.is_empty() { Ok(sums) } else { Err(Failure::new(broken.join("\n"))) }
    }
}

/// Hands every item of `table` to `visit`, as plain JSON.
pub fn each(
    server: &Server,
    table: &str,
    mut visit: impl FnMut(Map<String, Value>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut start = Value::Null;
    loop {
        let mut request = json!({"TableName": table});
        if !start.is_null() {
            request["ExclusiveStartKey"] = start;
        }
        let request = serde_json::from_value(request).map_err(Failure::new)?;
        let page = server.database().scan(request).map_err(Failure::new)?;
        for item in page.items.unwrap_or_default() {
            visit(item.into_iter().map(|(name, value)| (name, plain(value))).collect())?;
        }
        match page.last_evaluated_key {
            None => return Ok(()),
            Some(key) => start = serde_json::to_value(key).map_err(Failure::new)?,
        }
    }
}

fn plain(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::N(digits) => serde_json::from_str(&digits).unwrap_or(Value::Null),
        AttributeValue::BOOL(yes) => Value::Bool(yes),
        AttributeValue::L(list) => list.into_iter().map(plain).collect(),
        AttributeValue::M(map) => {
            Value::Object(map.into_iter().map(|(name, value)| (name, plain(value))).collect())
        }
        _ => Value::Null,
    }
}

fn takes(item: &Map<String, Value>) -> Result<Vec<(RowKey, i64)>, Failure> {
    let strange = || Failure::new(format!("not a take: {item:?}"));
    let takes = item.get("takes").and_then(Value::as_array).ok_or_else(strange)?;
    takes
        .iter()
        .map(|take| {
            let sku = take["sku"].as_str().ok_or_else(strange)?;
            let warehouse = take["place"]["warehouse"].as_str().ok_or_else(strange)?;
            let lane = take["place"]["lane"].as_u64().ok_or_else(strange)?;
            let quantity = take["quantity"].as_i64().ok_or_else(strange)?;
            Ok(((sku.to_owned(), format!("LOC#{warehouse}#{lane:03}")), quantity))
        })
        .collect()
}

/// The text attribute `name`.
pub fn text(item: &Map<String, Value>, name: &str) -> Result<String, Failure> {
    let text = item.get(name).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| Failure::new(format!("no {name} in {item:?}")))
}

/// The number attribute `name`.
pub fn number(item: &Map<String, Value>, name: &str) -> Result<i64, Failure> {
    let number = item.get(name).and_then(Value::as_i64);
    number.ok_or_else(|| Failure::new(format!("no {name} in {item:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(lane: u16) -> RowKey {
        ("A".to_owned(), format!("LOC#msk-1#{lane:03}"))
    }

    fn books() -> Books {
        let taken = |status: &str, lane, quantity| Reservation {
            status: status.to_owned(),
            takes: vec![(key(lane), quantity)],
        };
        Books {
            rows: BTreeMap::from([
                (key(0), Row { available: 5, reserved: 2 }),
                (key(1), Row { available: 0, reserved: 0 }),
            ]),
            reservations: BTreeMap::from([
                ("live".to_owned(), taken("reserved", 0, 2)),
                ("sold".to_owned(), taken("confirmed", 1, 3)),
                ("back".to_owned(), taken("released", 1, 4)),
            ]),
        }
    }

    fn opening(units: u64) -> BTreeMap<Sku, u64> {
        BTreeMap::from([("A".parse().unwrap(), units)])
    }

    #[test]
    fn sound_books_add_up() {
        let expected = Sums { available: 5, reserved: 2, confirmed: 3, standing: 2, empty_rows: 1, rows: 2 };
        assert_eq!(books().check(&opening(10)).unwrap(), expected);
    }

    #[test]
    fn each_kind_of_damage_is_named() {
        type Damage = fn(&mut Books);
        let damage: [(&str, Damage); 4] = [
            ("is below nothing", |books| books.rows.get_mut(&key(1)).unwrap().available = -1),
            ("has 3 reserved", |books| books.rows.get_mut(&key(0)).unwrap().reserved = 3),
            ("which is not there", |books| {
                books.rows.remove(&key(0));
            }),
            ("are not 10", |books| {
                books.reservations.remove("sold");
            }),
        ];
        for (expected, damage) in damage {
            let mut books = books();
            damage(&mut books);
            let failure = books.check(&opening(10)).unwrap_err().to_string();
            assert!(failure.contains(expected), "{failure}");
        }
    }
}
