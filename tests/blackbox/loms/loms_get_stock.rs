//! `POST /loms/stocks` and `POST /stocks`

use serde_json::json;

use super::{
    AROUND_UINT32, ask, call, create, goods, refuses_bad_requests, refuses_integers, unique_number,
    unique_user,
};
use crate::harness::put_stock;

const PATHS: [&str; 2] = ["/loms/stocks", "/stocks"];

#[tokio::test]
async fn what_can_be_sold_is_summed_over_warehouses_without_what_is_set_aside() {
    let kettle = goods(100, 5).await;
    put_stock(&kettle.to_string(), &json!({"warehouse": "spb-1", "available": 3})).await;
    create(unique_user(), kettle, 2).await;
    for path in PATHS {
        assert_eq!(call(path, &json!({"sku": kettle})).await, json!({"count": 6}));
    }
}

#[tokio::test]
async fn counts_are_beyond_what_32_bits_hold() {
    let kettle = goods(1, 1_000_000_000).await;
    for warehouse in ["msk-2", "msk-3", "msk-4", "msk-5"] {
        put_stock(&kettle.to_string(), &json!({"warehouse": warehouse, "available": 1_000_000_000})).await;
    }
    for path in PATHS {
        assert_eq!(call(path, &json!({"sku": kettle})).await, json!({"count": 5_000_000_000_u64}));
    }
}

#[tokio::test]
async fn nothing_is_known_of_what_was_never_stocked() {
    let (kettle, unknown) = (goods(100, 0).await, unique_number());
    for path in PATHS {
        assert_eq!(call(path, &json!({"sku": kettle})).await, json!({"count": 0}));
        ask(path, &json!({"sku": unknown})).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn bad_input_is_named() {
    for path in PATHS {
        let body = json!({"sku": 1});
        refuses_bad_requests(path, &body).await;
        refuses_integers(path, &body, "sku", AROUND_UINT32).await;
    }
}
