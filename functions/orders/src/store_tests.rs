//! Keys, and the lists in which an order stands.

use serde_json::json;

use super::*;
use crate::order::Order;
use crate::record::tests::{AT, kept, placed};

#[test]
fn keys_are_what_they_were() {
    let number = OrderNumber::try_from(42).unwrap();
    assert_eq!(key(number.order_id()), Key::new("ORDER#2e995cee-6444-5287-bae5-cc95d4299590", "ORDER"));
    assert_eq!(created_key(Timestamp::from_millis(AT), number), "2023-11-14T22:13:20.000Z#42");
    assert_eq!(expiry_shard(3), "EXPIRY#3");
    assert_eq!(created_shard(2), "CREATED#2");
    assert_eq!(status_shard(Status::AwaitingPayment, 2), "STATUS#awaiting_payment#2");
}

#[test]
fn an_order_stands_in_the_lists_of_its_state() {
    let order = placed();
    let waiting = kept(&order);
    assert_eq!(waiting["statusShard"], "STATUS#awaiting_payment#2");
    assert_eq!(
        (&waiting["createdShard"], &waiting["expiryShard"]),
        (&json!("CREATED#2"), &json!("EXPIRY#2"))
    );
    let paid = kept(&order.pay(Timestamp::from_millis(AT + 1)).unwrap().order);
    assert_eq!(paid["statusShard"], "STATUS#paid#2");
    assert_eq!(paid.get("expiryShard"), None, "nothing expires that is paid");
    assert_eq!(paid["createdKey"], waiting["createdKey"]);
}

#[test]
fn lists_of_all_orders_are_read_from_every_shard() {
    for status in [None, Some(Status::Paid)] {
        let keys: Vec<_> = Partition::of_all(status).into_iter().map(|partition| partition.key().2).collect();
        for number in 1..=100 {
            let number = OrderNumber::try_from(number).unwrap();
            let order = Order { number, ..placed().pay(Timestamp::from_millis(AT)).unwrap().order };
            let shard = if status.is_some() { "statusShard" } else { "createdShard" };
            let own = kept(&order)[shard].as_str().unwrap().to_owned();
            assert!(keys.contains(&own), "{own}");
        }
    }
}
