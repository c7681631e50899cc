//! `PUT /api/v1/stocks/{sku}`

use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, PATIENCE, change_of_stock, customer, customer_with, decide, details, eventually, get, journal_of,
    names_the_member_at_fault, operator, patch, patch_stock, place_order, product, put, put_product,
    put_stock, stock_of, unique_sku, wants_a_json_object, wants_a_token, wants_the_scope,
};
use crate::stock::{lanes_of, stock_by_warehouse};

/// The most units that a warehouse may have of a product.
const MAX_UNITS: u64 = 1_000_000_000;

fn path(sku: &str) -> String {
    format!("/api/v1/stocks/{sku}")
}

fn set(available: u64) -> Value {
    json!({"warehouse": "msk-1", "available": available})
}

fn adjust(delta: i64) -> Value {
    json!({"warehouse": "msk-1", "delta": delta})
}

async fn ask(sku: &str, body: &Value) -> Answer {
    operator().await.ask(change_of_stock(sku, body)).await
}

/// The answer for what is in one warehouse alone.
fn only(sku: &str, available: u64, reserved: u64) -> Value {
    let warehouses = json!([{"warehouse": "msk-1", "available": available, "reserved": reserved}]);
    json!({"productId": sku, "available": available, "warehouses": warehouses, "lanes": 1})
}

#[tokio::test]
async fn stock_is_set_and_adjusted_by_warehouse_and_added_up() {
    let sku = unique_sku();
    put_product(&sku, &details(100)).await;
    assert_eq!(put_stock(&sku, &set(5)).await, only(&sku, 5, 0));
    assert_eq!(put_stock(&sku, &adjust(3)).await, only(&sku, 8, 0));
    assert_eq!(put_stock(&sku, &adjust(-8)).await, only(&sku, 0, 0));
    assert_eq!(put_stock(&sku, &set(2)).await, only(&sku, 2, 0));
    let named = put_stock(&sku, &json!({"warehouse": "a-2", "delta": 40})).await;
    let warehouses = json!([
        {"warehouse": "a-2", "available": 40, "reserved": 0}, {"warehouse": "msk-1", "available": 2, "reserved": 0},
    ]);
    assert_eq!(named, json!({"productId": sku, "available": 42, "warehouses": warehouses, "lanes": 1}));
    assert_eq!(stock_of(&sku).await, 42);
}

/// HTTP libraries repeat a PUT by themselves.
#[tokio::test]
async fn an_adjustment_that_is_sent_twice_is_made_once() {
    let (sku, operator) = (unique_sku(), operator().await);
    put_stock(&sku, &set(10)).await;
    let bare = || put(&path(&sku)).json(&adjust(5));
    operator.ask(bare()).await.problem(400, "idempotency_key_required");
    let key = Uuid::new_v4().to_string();
    let keyed = |delta| put(&path(&sku)).header("idempotency-key", &key).json(&adjust(delta));
    assert_eq!(operator.ask(keyed(5)).await.expect(200)["available"], 15);
    let again = operator.ask(keyed(5)).await;
    assert_eq!(again.header("x-idempotent-replay"), "true");
    assert_eq!(again.expect(200)["available"], 15);
    operator.ask(keyed(6)).await.problem(422, "idempotency_key_reused");

    let tag = operator.ask(get(&path(&sku))).await.header("etag").to_owned();
    let tagged = || bare().header("if-match", &tag);
    let changed = operator.ask(tagged()).await;
    assert_ne!(changed.header("etag"), tag);
    assert_eq!(changed.expect(200)["available"], 20);
    operator.ask(tagged()).await.problem(412, "etag_mismatch");
    assert_eq!(stock_by_warehouse(&sku).await["available"], 20);
    // Of the same request at one instant one is made.
    let key = Uuid::new_v4().to_string();
    let answers = join_all(
        (0..5).map(|_| operator.ask(put(&path(&sku)).header("idempotency-key", &key).json(&adjust(7)))),
    );
    for answer in answers.await {
        match answer.status {
            409 => drop(answer.problem(409, "idempotency_in_progress")),
            _ => assert_eq!(answer.expect(200)["available"], 27),
        }
    }
    assert_eq!(stock_by_warehouse(&sku).await["available"], 27);
    let unknown = put(&path(&unique_sku())).header("if-match", "*").json(&adjust(5));
    operator.ask(unknown).await.problem(412, "etag_mismatch");
}

/// Two keepers who both read before they wrote.
#[tokio::test]
async fn stock_that_somebody_else_set_is_not_overwritten() {
    let (sku, operator) = (unique_sku(), operator().await);
    put_stock(&sku, &set(10)).await;
    let tag = operator.ask(get(&path(&sku))).await.header("etag").to_owned();
    put_stock(&sku, &set(12)).await;
    operator.ask(put(&path(&sku)).header("if-match", &tag).json(&set(3))).await.problem(412, "etag_mismatch");
    let lanes = patch(&path(&sku)).header("if-match", &tag).json(&json!({"lanes": 2}));
    operator.ask(lanes).await.problem(412, "etag_mismatch");
    assert_eq!(stock_by_warehouse(&sku).await["available"], 12);
    let kettle = product(100, 5).await;
    let tag = operator.ask(get(&path(&kettle.sku))).await.header("etag").to_owned();
    place_order(&customer().await, &kettle, 2).await;
    let count = put(&path(&kettle.sku)).header("if-match", &tag).json(&set(9));
    assert_eq!(operator.ask(count).await.expect(200)["available"], 9, "a sale is no change by a keeper");
}

/// The tag is of all warehouses: of those who saw the same stock one may change it, wherever each of them does.
#[tokio::test]
async fn of_keepers_at_several_warehouses_who_saw_the_same_one_is_first() {
    let (sku, operator) = (unique_sku(), operator().await);
    let warehouses = ["w-1", "w-2", "w-3", "w-4", "w-5"];
    for warehouse in &warehouses[..3] {
        put_stock(&sku, &json!({"warehouse": warehouse, "available": 10})).await;
    }
    for round in 1..=4 {
        let before = operator.ask(get(&path(&sku))).await;
        let tag = before.header("etag").to_owned();
        let put_at = |warehouse: &&str| {
            let body = json!({"warehouse": warehouse, "delta": 1});
            put(&path(&sku)).header("if-match", &tag).json(&body)
        };
        let lanes = patch(&path(&sku)).header("if-match", &tag).json(&json!({"lowStockThreshold": round}));
        let requests = warehouses.iter().map(put_at).chain([lanes]);
        let answers = join_all(requests.map(|request| operator.ask(request))).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 412].contains(status)), "{statuses:?}");
        assert_ne!(operator.ask(get(&path(&sku))).await.header("etag"), tag);
    }
}

#[tokio::test]
async fn goods_may_come_before_the_catalog_knows_of_them() {
    let sku = unique_sku();
    assert_eq!(put_stock(&sku, &set(1)).await, only(&sku, 1, 0));
}

#[tokio::test]
async fn an_adjustment_below_nothing_changes_nothing() {
    let sku = unique_sku();
    put_stock(&sku, &set(3)).await;
    let problem = ask(&sku, &adjust(-4)).await.problem(409, "insufficient_stock");
    assert_eq!((&problem["sku"], &problem["wanted"]), (&json!(sku), &json!(4)));
    assert_eq!(problem["available"], 3);
    assert_eq!(put_stock(&sku, &adjust(1)).await, only(&sku, 4, 0));
    let elsewhere = json!({"warehouse": "spb-1", "delta": -1});
    assert_eq!(ask(&sku, &elsewhere).await.problem(409, "insufficient_stock")["available"], 0);
    assert_eq!(put_stock(&sku, &adjust(-4)).await, only(&sku, 0, 0), "no warehouse was made by the refusal");
}

#[tokio::test]
async fn what_is_set_aside_for_an_order_stays_set_aside() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    let order = place_order(&anna, &kettle, 2).await;
    assert_eq!(put_stock(&kettle.sku, &adjust(1)).await, only(&kettle.sku, 4, 2));
    assert_eq!(put_stock(&kettle.sku, &set(10)).await, only(&kettle.sku, 10, 2));
    ask(&kettle.sku, &adjust(-11)).await.problem(409, "insufficient_stock");
    assert_eq!(decide(&order, "decline").await.status, 303);
    assert_eq!(
        put_stock(&kettle.sku, &adjust(-1)).await,
        only(&kettle.sku, 11, 0),
        "what was set aside came back"
    );
}

#[tokio::test]
async fn parallel_adjustments_add_up() {
    let sku = unique_sku();
    put_stock(&sku, &set(100)).await;
    let deltas: [i64; 16] = [1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, 9];
    let adjusted = deltas.map(|delta| {
        let sku = &sku;
        eventually("an adjustment that is not crowded out", PATIENCE, move || async move {
            let answer = ask(sku, &adjust(delta)).await;
            (answer.status != 503).then(|| answer.expect(200))
        })
    });
    join_all(adjusted).await;
    let sum = 100 + deltas.iter().sum::<i64>();
    assert_eq!(stock_by_warehouse(&sku).await["available"], sum);
}

#[tokio::test]
async fn a_number_is_laid_on_the_lanes_and_taken_off_those_given_up() {
    let sku = unique_sku();
    patch_stock(&sku, &json!({"lanes": 4})).await;
    put_stock(&sku, &set(10)).await;
    assert_eq!(lanes_of(&sku).await, [3, 3, 2, 2]);
    put_stock(&sku, &adjust(-3)).await;
    assert_eq!(lanes_of(&sku).await.iter().filter(|units| **units == 0).count(), 1, "one lane had enough");
    put_stock(&sku, &adjust(5)).await;
    assert_eq!(lanes_of(&sku).await, [3, 3, 3, 3], "what is added goes where least is");
    let problem = ask(&sku, &adjust(-13)).await.problem(409, "insufficient_stock");
    assert_eq!(problem["available"], 12, "over all lanes");
    put_stock(&sku, &adjust(-12)).await;
    assert_eq!(lanes_of(&sku).await, [0, 0, 0, 0]);
    patch_stock(&sku, &json!({"lanes": 2})).await;
    assert_eq!(put_stock(&sku, &set(7)).await["available"], 7);
    assert_eq!(lanes_of(&sku).await, [4, 3, 0, 0]);
}

#[tokio::test]
async fn what_comes_back_to_a_lane_that_was_given_up_is_sold_and_moved() {
    let anna = customer().await;
    let kettle = product(100, 0).await;
    patch_stock(&kettle.sku, &json!({"lanes": 3})).await;
    put_stock(&kettle.sku, &set(9)).await;
    // An order of all takes from every lane.
    let order = place_order(&anna, &kettle, 9).await;
    patch_stock(&kettle.sku, &json!({"lanes": 1})).await;
    assert_eq!(decide(&order, "decline").await.status, 303);
    assert_eq!(lanes_of(&kettle.sku).await, [3, 3, 3], "each unit goes back to its own row");
    let order = place_order(&anna, &kettle, 8).await;
    assert_eq!(stock_of(&kettle.sku).await, 1, "lanes that were given up are sold from");
    assert_eq!(decide(&order, "decline").await.status, 303);
    assert_eq!(put_stock(&kettle.sku, &adjust(1)).await["available"], 10);
    assert_eq!(lanes_of(&kettle.sku).await, [10, 0, 0]);
}

#[tokio::test]
async fn adjustments_and_sales_do_not_undo_each_other() {
    let kettle = product(100, 0).await;
    patch_stock(&kettle.sku, &json!({"lanes": 4})).await;
    put_stock(&kettle.sku, &set(40)).await;
    let bought = [(); 6].map(|()| async { place_order(&customer().await, &kettle, 2).await });
    let adjusted = [3, -1, 2, -2, 5, -4].map(|delta| {
        let sku = &kettle.sku;
        eventually("an adjustment that is not crowded out", PATIENCE, move || async move {
            let answer = ask(sku, &adjust(delta)).await;
            (answer.status != 503).then(|| answer.expect(200))
        })
    });
    futures_util::future::join(join_all(bought), join_all(adjusted)).await;
    let stock = stock_by_warehouse(&kettle.sku).await;
    assert_eq!(
        stock["warehouses"],
        json!([{"warehouse": "msk-1", "available": 40 + 3 - 12, "reserved": 12}])
    );
}

#[tokio::test]
async fn the_lanes_of_all_warehouses_have_a_limit() {
    let sku = unique_sku();
    patch_stock(&sku, &json!({"lanes": 64})).await;
    for warehouse in ["a", "b", "c", "d"] {
        put_stock(&sku, &json!({"warehouse": warehouse, "available": 1})).await;
    }
    let fifth = ask(&sku, &json!({"warehouse": "e", "available": 1})).await;
    fifth.problem_at(422, "invalid_input", "/warehouse");
    assert_eq!(stock_by_warehouse(&sku).await["available"], 4);
}

#[tokio::test]
async fn each_change_is_told_once_in_the_journal() {
    let sku = unique_sku();
    for body in [set(5), adjust(-2), json!({"warehouse": "spb-1", "available": 1})] {
        put_stock(&sku, &body).await;
    }
    let told = |aggregate: String| async move {
        let events = journal_of(&aggregate).await;
        events.into_iter().map(|event| (event["type"].clone(), event["data"].clone())).collect::<Vec<_>>()
    };
    let added = |warehouse: &str| {
        (json!("stock.warehouse_added"), json!({"sku": sku, "warehouse": warehouse, "lanes": 1}))
    };
    assert_eq!(told(format!("stock/{sku}")).await, [added("msk-1"), added("spb-1")]);
    let changed = |data: Value| (json!("stock.stock_changed"), data);
    let expected = [
        changed(json!({"sku": sku, "warehouse": "msk-1", "available": 5})),
        changed(json!({"sku": sku, "warehouse": "msk-1", "available": 3, "delta": -2})),
    ];
    assert_eq!(told(format!("stock/{sku}/msk-1")).await, expected);
}

#[tokio::test]
async fn of_parallel_takings_only_as_many_succeed_as_there_are_goods() {
    let sku = unique_sku();
    put_stock(&sku, &set(3)).await;
    let taken = [(); 8].map(|()| {
        let sku = &sku;
        eventually("a taking that is not crowded out", PATIENCE, move || async move {
            let answer = ask(sku, &adjust(-1)).await;
            (answer.status != 503).then_some(answer)
        })
    });
    let (gone, refused): (Vec<Answer>, Vec<Answer>) =
        join_all(taken).await.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(gone.len(), 3);
    for answer in refused {
        answer.problem(409, "insufficient_stock");
    }
    assert_eq!(put_stock(&sku, &adjust(1)).await, only(&sku, 1, 0));
}

#[tokio::test]
async fn numbers_are_taken_to_their_edges() {
    let sku = unique_sku();
    assert_eq!(put_stock(&sku, &set(MAX_UNITS)).await, only(&sku, MAX_UNITS, 0));
    ask(&sku, &adjust(1)).await.problem_at(422, "invalid_input", "/delta");
    let all = MAX_UNITS.cast_signed();
    assert_eq!(put_stock(&sku, &adjust(-all)).await, only(&sku, 0, 0));
    assert_eq!(put_stock(&sku, &adjust(all)).await, only(&sku, MAX_UNITS, 0));
    assert_eq!(put_stock(&sku, &set(0)).await, only(&sku, 0, 0));
}

#[tokio::test]
async fn a_warehouse_has_a_plain_name_of_at_most_40_characters() {
    let longest = format!("{:-<40}", "a9");
    let answered = put_stock(&unique_sku(), &json!({"warehouse": longest, "available": 1})).await;
    assert_eq!(answered["warehouses"][0]["warehouse"], longest);
}

#[tokio::test]
async fn a_member_that_breaks_a_rule_is_named() {
    let (sku, operator) = (unique_sku(), operator().await);
    let request = || put(&path(&sku)).bearer_auth(&operator.token);
    let names = ["", "MSK", "a b", "a#b", "склад", "a/b", &"x".repeat(41)];
    let mut cases: Vec<(&str, Value)> = names.into_iter().map(|name| ("warehouse", json!(name))).collect();
    cases.extend([("warehouse", Value::Null), ("warehouse", json!(1)), ("reserved", json!(1))]);
    let wrong = [json!(-1), json!(MAX_UNITS + 1), json!(1.5), json!("5"), json!(u64::MAX)];
    cases.extend(wrong.map(|units| ("available", units)));
    names_the_member_at_fault(&set(5), cases, request).await;
    let all = MAX_UNITS.cast_signed();
    let wrong = [json!(0), json!(all + 1), json!(-all - 1), json!(0.5), json!("1"), json!(i64::MIN)];
    let keyed = || request().header("idempotency-key", "k");
    names_the_member_at_fault(&adjust(5), wrong.map(|delta| ("delta", delta)), keyed).await;

    for body in [json!({"warehouse": "msk-1"}), json!({"warehouse": "msk-1", "available": 1, "delta": 1})] {
        let problem = ask(&sku, &body).await.problem_at(422, "invalid_input", "/available");
        assert_eq!(problem["errors"][1]["pointer"], "/delta");
    }
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused() {
    let (sku, operator) = (unique_sku(), operator().await);
    wants_a_json_object(|| put(&path(&sku)).bearer_auth(&operator.token)).await;
}

#[tokio::test]
async fn a_sku_that_no_product_can_have_is_named() {
    for sku in ["x".repeat(65).as_str(), "two%20words", "%D1%8B", "a@b"] {
        ask(sku, &set(1)).await.problem_at(400, "invalid_parameter", "/path/sku");
    }
}

#[tokio::test]
async fn only_who_may_write_stock_changes_it() {
    let sku = unique_sku();
    let request = || -> RequestBuilder { put(&path(&sku)).json(&set(9)) };
    wants_a_token(request).await;
    wants_the_scope("stock:write", request).await;
    customer_with(&["catalog:write", "orders:write"])
        .await
        .ask(request())
        .await
        .problem(403, "insufficient_scope");
    let keeper = customer_with(&["stock:write"]).await;
    assert_eq!(keeper.ask(change_of_stock(&sku, &adjust(1))).await.expect(200), only(&sku, 1, 0));
}
