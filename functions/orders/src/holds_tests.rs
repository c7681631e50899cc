//! Limits on unpaid orders.

use kernel::Quantity;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: i64 = 1_700_000_000_000;
const LIMITS: Limits = Limits { orders: 4, units: 10 };

fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

fn line(sku: &str, quantity: u32) -> PricedLine {
    let (sku, quantity) = (sku.parse().unwrap(), Quantity::new(quantity).unwrap());
    PricedLine { sku, name: "Tea".to_owned(), quantity, unit_price: 100 }
}

fn held(orders: &[(i64, &[(&str, u64)])]) -> Held {
    let mut item = BTreeMap::from([("PK".to_owned(), json!("HOLD#x")), ("version".to_owned(), json!(7))]);
    for (index, (until, units)) in orders.iter().enumerate() {
        let units: BTreeMap<_, _> = units.iter().copied().collect();
        let until = Timestamp::from_millis(NOW + until);
        item.insert(format!("o#{index}"), json!({"until": until, "units": units}));
    }
    Held::read(Some(item))
}

#[test]
fn orders_are_counted() {
    let four = held(&[(5_000, &[]), (2_000, &[]), (3_000, &[]), (-1_000, &[])]);
    assert_eq!(four.version, Some(7));
    let next = Timestamp::from_millis(NOW - 1_000);
    assert_eq!(four.check(&[line("A", 1)], LIMITS, now()), Err(TooMuch::Orders { limit: 4, next }));
    assert_eq!(held(&[(1, &[]), (1, &[]), (1, &[])]).check(&[line("A", 1)], LIMITS, now()), Ok(()));
    assert_eq!(Held::default().check(&[line("A", 10)], LIMITS, now()), Ok(()));
}

#[test]
fn units_are_counted_by_sku() {
    let two = held(&[(1, &[("A", 4), ("B", 9)]), (1, &[("A", 3)])]);
    assert_eq!(two.check(&[line("A", 3), line("B", 1)], LIMITS, now()), Ok(()));
    let too_much = TooMuch::Units { sku: "A".to_owned(), held: 7, limit: 10 };
    assert_eq!(two.check(&[line("A", 4)], LIMITS, now()), Err(too_much));
    let alone = TooMuch::Units { sku: "C".to_owned(), held: 0, limit: 10 };
    assert_eq!(two.check(&[line("C", 11)], LIMITS, now()), Err(alone));
}

#[test]
fn an_order_that_should_have_ended_a_day_ago_counts_no_more() {
    let day = 24 * 60 * 60 * 1_000;
    let old = held(&[(-day, &[("A", 10)]), (-day + 1, &[("B", 10)])]);
    assert_eq!(old.check(&[line("A", 10)], LIMITS, now()), Ok(()));
    assert!(old.check(&[line("B", 1)], LIMITS, now()).is_err());
    assert_eq!(old.forgotten(now()), ["o#0"]);
}

#[test]
fn who_lets_orders_expire_has_less_time() {
    let after = |expired: u64| {
        let item = BTreeMap::from([("version".to_owned(), json!(1)), ("expired".to_owned(), json!(expired))]);
        Held::read(Some(item)).window(Duration::from_mins(10))
    };
    assert_eq!(after(2), Duration::from_mins(10));
    assert_eq!(after(3), Duration::from_secs(150));
    assert_eq!(Held::default().window(Duration::from_secs(1)), Duration::from_secs(1));
}

#[test]
fn who_is_not_verified_holds_less_and_an_address_more() {
    assert_eq!(LIMITS.unverified(), Limits { orders: 2, units: 5 });
    assert_eq!(Limits { orders: 1, units: 1 }.unverified(), Limits { orders: 1, units: 1 });
    assert_eq!(LIMITS.times(5), Limits { orders: 20, units: 50 });
}

#[test]
fn keys_are_what_they_were() {
    let user = "7d9f6f0e-52a5-4c1e-9a6e-0b1c2d3e4f50".parse().unwrap();
    let holder = Holder { source: Some("00ff".to_owned()), contact: None };
    let keys = [key("USER#7d9f6f0e-52a5-4c1e-9a6e-0b1c2d3e4f50"), key("SOURCE#00ff")];
    assert_eq!(holder.keys(user), keys);
    assert_eq!(Holder::default().keys(user), keys[..1]);
}

proptest! {
    /// However orders are placed, the units held never exceed the limits.
    #[test]
    fn what_is_held_stays_within_the_limits(wanted in prop::collection::vec((0..3_usize, 1..12_u32), 0..20)) {
        let mut item = BTreeMap::new();
        for (index, (sku, quantity)) in wanted.into_iter().enumerate() {
            let lines = [line(["A", "B", "C"][sku], quantity)];
            if Held::read(Some(item.clone())).check(&lines, LIMITS, now()).is_ok() {
                item.insert(format!("o#{index}"), serde_json::to_value(Entry::new(&lines, now())).unwrap());
            }
            let held = Held::read(Some(item.clone()));
            prop_assert!(held.entries.len() as u64 <= LIMITS.orders);
            for sku in ["A", "B", "C"] {
                let units: u64 = held.entries.values().filter_map(|entry| entry.units.get(sku)).sum();
                prop_assert!(units <= LIMITS.units);
            }
        }
    }
}
