//! `PATCH /api/v1/stocks/{sku}`

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::reserving::{RESERVATIONS, moving, patiently, stocked, units, wish};
use super::{lanes_of, rows_of, stock_by_warehouse};
use crate::harness::{
    Answer, PATIENCE, customer, decide, eventually, journal_of, names_the_member_at_fault, operator, patch,
    patch_stock, place_order, post, product, put_stock, unique_sku, wants_a_json_object, wants_a_token,
    wants_the_scope,
};

/// The most lanes of a SKU.
const MAX_LANES: u64 = 64;

fn path(sku: &str) -> String {
    format!("/api/v1/stocks/{sku}")
}

async fn ask(sku: &str, body: &Value) -> Answer {
    operator().await.ask(patch(&path(sku)).json(body)).await
}

fn lanes(count: u64) -> Value {
    json!({"lanes": count})
}

#[tokio::test]
async fn units_lie_evenly_on_the_lanes_in_use() {
    let kettle = product(100, 10).await;
    assert_eq!(lanes_of(&kettle.sku).await, [10]);
    let answered = patch_stock(&kettle.sku, &lanes(4)).await;
    assert_eq!((&answered["lanes"], &answered["available"]), (&json!(4), &json!(10)));
    assert_eq!(lanes_of(&kettle.sku).await, [3, 3, 2, 2]);
    assert_eq!(patch_stock(&kettle.sku, &lanes(1)).await["available"], 10);
    assert_eq!(lanes_of(&kettle.sku).await, [10, 0, 0, 0], "lanes that were given up are empty");
    assert_eq!(patch_stock(&kettle.sku, &lanes(MAX_LANES)).await["available"], 10);
    let ones = lanes_of(&kettle.sku).await;
    assert!(ones.iter().sum::<u64>() == 10 && ones.iter().all(|&units| units <= 1), "{ones:?}");
}

#[tokio::test]
async fn every_warehouse_is_relaned_and_what_is_reserved_stays_where_it_is() {
    let kettle = product(100, 6).await;
    put_stock(&kettle.sku, &json!({"warehouse": "a-2", "available": 1})).await;
    let order = place_order(&customer().await, &kettle, 4).await;
    let answered = patch_stock(&kettle.sku, &lanes(2)).await;
    let warehouses = json!([
        {"warehouse": "a-2", "available": 1, "reserved": 0}, {"warehouse": "msk-1", "available": 2, "reserved": 4},
    ]);
    assert_eq!(answered["warehouses"], warehouses);
    assert_eq!(rows_of(&kettle.sku).await, [(1, 4), (1, 0)]);
    assert_eq!(decide(&order, "decline").await.status, 303);
    assert_eq!(rows_of(&kettle.sku).await, [(5, 0), (1, 0)], "goods go back to the row they came from");
    patch_stock(&kettle.sku, &lanes(2)).await;
    assert_eq!(rows_of(&kettle.sku).await, [(3, 0), (3, 0)], "the same change again levels the lanes");
}

#[tokio::test]
async fn lanes_change_while_goods_are_sold_and_no_unit_is_lost_or_invented() {
    const UNITS: u64 = 60;
    let kettle = product(100, UNITS).await;
    let sold = [(); 8].map(|()| async {
        let anna = customer().await;
        for _ in 0..3 {
            let order = place_order(&anna, &kettle, 2).await;
            let decision = if order["number"].as_u64().unwrap() % 2 == 0 { "pay" } else { "decline" };
            assert_eq!(decide(&order, decision).await.status, 303);
        }
        place_order(&anna, &kettle, 1).await;
    });
    let relaned = async {
        for count in [8, 3, 16, 1, 5, 2] {
            eventually("a relaning that is not crowded out", PATIENCE, || async {
                let answer = ask(&kettle.sku, &lanes(count)).await;
                (answer.status != 503).then(|| answer.expect(200))
            })
            .await;
        }
    };
    join(join_all(sold), relaned).await;
    let stock = stock_by_warehouse(&kettle.sku).await;
    let (available, reserved) = (&stock["warehouses"][0]["available"], &stock["warehouses"][0]["reserved"]);
    assert_eq!(reserved, 8, "the last order of each customer waits");
    let paid = UNITS - 8 - available.as_u64().unwrap();
    assert!(paid <= 48 && paid.is_multiple_of(2), "paid orders were of two: {stock}");
    let rows = rows_of(&kettle.sku).await;
    let sums = rows.iter().fold((0, 0), |sums, row| (sums.0 + row.0, sums.1 + row.1));
    assert_eq!(sums, (available.as_u64().unwrap(), 8));
    // The journal's moves add up to nothing: each unit that left a lane came to another.
    let moved = journal_of(&format!("stock/{}/msk-1", kettle.sku)).await;
    assert!(moved.iter().any(|event| event["type"] == "stock.units_moved"), "{moved:?}");
    for (sequence, event) in (1..).zip(&moved) {
        assert_eq!(event["sequence"], sequence, "no gaps");
    }
}

/// Units that a read sees on neither lane are not gone. All of them are wanted, so that each that is missed makes a shortage.
#[tokio::test]
async fn no_shortage_is_told_while_lanes_change() {
    const UNITS: u32 = 12;
    const ROUNDS: usize = 12;
    let sku = stocked(u64::from(UNITS)).await;
    let keeper = operator().await;
    let relane = async {
        for count in [12, 1, 7, 2].into_iter().cycle().take(ROUNDS) {
            let changed = patiently(&keeper, || patch(&path(&sku)).json(&lanes(count))).await;
            changed.expect(200);
        }
    };
    let buy = async {
        for _ in 0..ROUNDS {
            let wanted = wish(&[(&sku, UNITS)]);
            let made = patiently(&keeper, || post(RESERVATIONS).json(&wanted)).await.expect(201);
            let id = made["reservationId"].as_str().unwrap();
            patiently(&keeper, || moving("release", id)).await.expect(200);
        }
    };
    join(relane, buy).await;
    assert_eq!(units(&sku).await, (u64::from(UNITS), 0));
}

#[tokio::test]
async fn parallel_changes_end_in_one_of_them() {
    let kettle = product(100, 30).await;
    let changed = [2, 7, 4, 1].map(|count| {
        let sku = &kettle.sku;
        eventually("a change that is not crowded out", PATIENCE, move || async move {
            let answer = ask(sku, &lanes(count)).await;
            (answer.status != 503).then(|| answer.expect(200))
        })
    });
    join_all(changed).await;
    let stock = stock_by_warehouse(&kettle.sku).await;
    assert_eq!(stock["available"], 30);
    let count = usize::try_from(stock["lanes"].as_u64().unwrap()).unwrap();
    assert!([2, 7, 4, 1].contains(&count));
    patch_stock(&kettle.sku, &json!({"lanes": count})).await;
    let lanes = lanes_of(&kettle.sku).await;
    assert!(lanes[..count].iter().max().unwrap() - lanes[..count].iter().min().unwrap() <= 1, "{lanes:?}");
    assert!(lanes[count..].iter().all(|&units| units == 0), "{lanes:?}");
}

#[tokio::test]
async fn a_repeated_change_changes_and_tells_nothing() {
    let kettle = product(100, 10).await;
    let both = json!({"lanes": 3, "lowStockThreshold": 2});
    let first = patch_stock(&kettle.sku, &both).await;
    let told = (
        journal_of(&format!("stock/{}", kettle.sku)).await,
        journal_of(&format!("stock/{}/msk-1", kettle.sku)).await,
    );
    assert_eq!(patch_stock(&kettle.sku, &both).await, first);
    let again = (
        journal_of(&format!("stock/{}", kettle.sku)).await,
        journal_of(&format!("stock/{}/msk-1", kettle.sku)).await,
    );
    assert_eq!(again, told);
    let arranged = told.0.last().unwrap();
    assert_eq!(arranged["type"], "stock.stock_arranged");
    assert_eq!(arranged["data"], json!({"sku": kettle.sku, "lanes": 3, "lowStockThreshold": 2}));
    let moved = told.1.last().unwrap();
    assert_eq!(moved["type"], "stock.units_moved");
    let to = json!([{"lane": 1, "units": 3}, {"lane": 2, "units": 3}]);
    assert_eq!(moved["data"], json!({"sku": kettle.sku, "warehouse": "msk-1", "fromLane": 0, "to": to}));
}

#[tokio::test]
async fn what_is_left_out_stays_and_null_takes_the_threshold_away() {
    let sku = unique_sku();
    let arranged = |lanes: u64| json!({"productId": sku, "available": 0, "warehouses": [], "lanes": lanes});
    assert_eq!(
        patch_stock(&sku, &lanes(2)).await,
        arranged(2),
        "a SKU may be arranged before its goods come"
    );
    let answered = patch_stock(&sku, &json!({"lowStockThreshold": 0})).await;
    assert_eq!((&answered["lanes"], &answered["lowStockThreshold"]), (&json!(2), &json!(0)));
    assert_eq!(patch_stock(&sku, &lanes(3)).await["lowStockThreshold"], 0);
    assert_eq!(patch_stock(&sku, &json!({"lowStockThreshold": null})).await, arranged(3));
}

#[tokio::test]
async fn a_member_that_breaks_a_rule_is_named() {
    let (sku, operator) = (unique_sku(), operator().await);
    let request = || patch(&path(&sku)).bearer_auth(&operator.token);
    let wrong = [json!(0), json!(-1), json!(MAX_LANES + 1), json!(1.5), json!("4"), json!(true)];
    let mut cases: Vec<(&str, Value)> = wrong.into_iter().map(|count| ("lanes", count)).collect();
    let wrong = [json!(-1), json!(1_000_000_001), json!(0.5), json!("1"), json!([])];
    cases.extend(wrong.map(|units| ("lowStockThreshold", units)));
    cases.push(("places", json!({})));
    names_the_member_at_fault(&json!({"lanes": 2, "lowStockThreshold": 1}), cases, request).await;
    ask(&sku, &json!({"lanes": null})).await.problem_at(422, "invalid_input", "/lanes");
    let problem = ask(&sku, &json!({})).await.problem_at(422, "invalid_input", "/lanes");
    assert_eq!(problem["errors"][1]["pointer"], "/lowStockThreshold");
}

#[tokio::test]
async fn lanes_that_all_warehouses_together_may_not_have_are_refused() {
    let sku = unique_sku();
    for warehouse in ["a", "b", "c", "d", "e"] {
        put_stock(&sku, &json!({"warehouse": warehouse, "available": 1})).await;
    }
    assert_eq!(patch_stock(&sku, &lanes(51)).await["lanes"], 51);
    ask(&sku, &lanes(52)).await.problem_at(422, "invalid_input", "/lanes");
    assert_eq!(stock_by_warehouse(&sku).await["lanes"], 51);
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused() {
    let (sku, operator) = (unique_sku(), operator().await);
    wants_a_json_object(|| patch(&path(&sku)).bearer_auth(&operator.token)).await;
}

#[tokio::test]
async fn only_who_may_write_stock_arranges_it() {
    let sku = unique_sku();
    wants_a_token(|| patch(&path(&sku)).json(&lanes(2))).await;
    wants_the_scope("stock:write", || patch(&path(&sku)).json(&lanes(2))).await;
    ask("a@b", &lanes(2)).await.problem_at(400, "invalid_parameter", "/path/sku");
}
