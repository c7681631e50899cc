//! The form in which an order is stored, and the forms that it had.
//!
//! | `itemVersion` | form |
//! |---|---|
//! | 1, or none | the delivery address is `address` |
//! | 2 | the delivery address is `shippingAddress`, so that a billing address can stand beside it |
//!
//! docs/changing-data.md has the rules for another form.

use std::collections::BTreeSet;

use kernel::{Currency, Money, OrderId, OrderNumber, Problem, Timestamp, UserId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::Address;
use crate::buyer::Buyer;
use crate::details::Details;
use crate::draft::PricedLine;
use crate::holds::Holder;
use crate::order::Order;
use crate::order_pricing::Pricing;
use crate::payment::PaymentSummary;
use crate::state::State;
use crate::store::{
    EXPIRY_SHARDS, LIST_SHARDS, created_key, created_shard, expiry_shard, status_shard, user_key,
};

/// The form that this code writes, the newest that it reads.
pub(crate) const ITEM_VERSION: u32 = 2;

/// The attributes that an order which is no longer owed loses when its account is deleted.
pub(crate) const PERSONAL: [&str; 8] = [
    "shippingAddress",
    "cartSnapshot",
    "note",
    "metadata",
    "returnUrl",
    "contact",
    "billingAddress",
    "guest",
];

/// An order as the table holds it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    /// The form in which the item was written.
    #[serde(default = "first")]
    item_version: u32,
    id: OrderId,
    number: OrderNumber,
    user_id: UserId,
    lines: Vec<PricedLine>,
    total_amount: i64,
    currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "address")]
    shipping_address: Option<Address>,
    #[serde(flatten)]
    details: Details,
    #[serde(flatten)]
    buyer: Buyer,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pricing: Option<Pricing>,
    /// As JSON text: the signed text stays as it was written, numbers too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cart_snapshot: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holder: Option<Holder>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payment: Option<PaymentSummary>,
    #[serde(flatten)]
    state: State,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
    #[serde(default)]
    notes: u64,
    #[serde(default, skip_serializing_if = "is_false")]
    from_cart: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    account_deleted: bool,
    /// Absent outside the table.
    #[serde(flatten)]
    index: Option<IndexKeys>,
}

/// The keys under which the table's indexes have an order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndexKeys {
    user_key: String,
    status_shard: String,
    created_shard: String,
    created_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiry_shard: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiry_key: Option<Timestamp>,
}

impl Serialize for Order {
    /// Writes the order in the form of the table, without the keys of its indexes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = Record::without_index(self).map_err(serde::ser::Error::custom)?;
        record.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Order {
    /// Reads an order of any form that the table has.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Record::deserialize(deserializer)?.into_order().map_err(serde::de::Error::custom)
    }
}

impl Record {
    /// Writes an order in the form of [`ITEM_VERSION`].
    pub(crate) fn of(order: &Order) -> Result<Self, Problem> {
        let due = order.due_at();
        let index = IndexKeys {
            user_key: user_key(order.user_id),
            status_shard: status_shard(order.status(), order.number.get() % LIST_SHARDS),
            created_shard: created_shard(order.number.get() % LIST_SHARDS),
            created_key: created_key(order.created_at, order.number),
            expiry_shard: due.map(|_| expiry_shard(order.number.get() % EXPIRY_SHARDS)),
            expiry_key: due,
        };
        Ok(Self { index: Some(index), ..Self::without_index(order)? })
    }

    /// The same without the keys of the indexes.
    fn without_index(order: &Order) -> Result<Self, Problem> {
        let cart_snapshot = order.cart_snapshot.as_ref().map(serde_json::to_string).transpose();
        Ok(Self {
            item_version: ITEM_VERSION,
            id: order.id,
            number: order.number,
            user_id: order.user_id,
            lines: order.lines.clone(),
            total_amount: order.total.amount(),
            currency: order.total.currency(),
            shipping_address: order.address.clone(),
            details: order.details.clone(),
            buyer: order.buyer.clone(),
            pricing: order.pricing.clone(),
            cart_snapshot: cart_snapshot.map_err(Problem::internal)?,
            holder: order.holder.clone(),
            ends_at: order.ends_at,
            payment: order.payment.clone(),
            state: order.state.clone(),
            created_at: order.created_at,
            updated_at: order.updated_at,
            version: order.version,
            notes: order.notes,
            from_cart: order.from_cart,
            account_deleted: order.account_deleted,
            index: None,
        })
    }

    /// The names of the attributes that are written.
    pub(crate) fn attributes(&self) -> Result<BTreeSet<String>, Problem> {
        let attributes = serde_json::to_value(self).map_err(Problem::internal)?;
        Ok(attributes.as_object().into_iter().flat_map(|members| members.keys().cloned()).collect())
    }

    /// Reads an order of any form up to [`ITEM_VERSION`]. A newer one is an error: this code would lose what it does not know.
    pub(crate) fn into_order(self) -> Result<Order, Problem> {
        if self.item_version > ITEM_VERSION {
            let (id, found) = (self.id, self.item_version);
            return Err(Problem::internal(format!(
                "order {id} has itemVersion {found}, {ITEM_VERSION} is known"
            )));
        }
        let total = Money::new(self.total_amount, self.currency)
            .ok_or_else(|| Problem::internal(format!("the total of order {} is out of range", self.id)))?;
        let cart_snapshot = self.cart_snapshot.as_deref().map(serde_json::from_str).transpose();
        Ok(Order {
            id: self.id,
            number: self.number,
            user_id: self.user_id,
            lines: self.lines,
            total,
            address: self.shipping_address,
            details: self.details,
            buyer: self.buyer,
            pricing: self.pricing,
            cart_snapshot: cart_snapshot.map_err(Problem::internal)?,
            holder: self.holder,
            ends_at: self.ends_at,
            payment: self.payment,
            state: self.state,
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
            notes: self.notes,
            from_cart: self.from_cart,
            account_deleted: self.account_deleted,
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn first() -> u32 {
    1
}

#[cfg(test)]
#[path = "record_tests.rs"]
pub(crate) mod tests;
