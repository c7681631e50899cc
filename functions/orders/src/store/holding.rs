//! The items that count the unpaid orders of accounts and source addresses.

use std::collections::BTreeMap;

use kernel::{Problem, UserId};
use platform::InvocationContext;
use platform::dynamo::{Expression, Write};
use serde_json::Value;

use super::{HoldsChanged, OrderRefusal, Orders};
use crate::edges::Status;
use crate::holds::{Entry, HOLDS_RETENTION, Held, Holder, attribute};
use crate::order::Order;
use crate::state::{Cause, State};

impl Orders {
    /// The unpaid orders of `user`, and those from the address of `holder`: in the order of its items.
    pub async fn held(&self, user: UserId, holder: &Holder) -> Result<Vec<Held>, Problem> {
        let keys = holder.keys(user);
        let items = keys.iter().map(|key| self.table.get::<BTreeMap<String, Value>>(key));
        let items = futures_util::future::try_join_all(items).await?;
        Ok(items.into_iter().map(Held::read).collect())
    }

    /// The writes by which `order` is counted, if nothing has changed since `held` was read.
    pub fn hold(
        &self,
        call: &InvocationContext,
        order: &Order,
        held: &[Held],
    ) -> Result<Vec<Write<HoldsChanged>>, Problem> {
        let (Some(holder), Some(until)) = (&order.holder, order.expires_at()) else { return Ok(Vec::new()) };
        let entry = Entry::new(&order.lines, until);
        let keys = holder.keys(order.user_id);
        let writes = keys.iter().zip(held).map(|(key, held)| {
            let forgotten = held.forgotten(call.now);
            let old: Vec<String> = (0..forgotten.len()).map(|index| format!("#old{index}")).collect();
            let remove = if old.is_empty() { String::new() } else { format!(" REMOVE {}", old.join(", ")) };
            let mut update =
                Expression::update(format!("SET #order = :entry, version = :next, deleteAt = :gone{remove}"))
                    .name("#order", &attribute(order.id))
                    .value(":entry", &entry)?
                    .number(":next", held.version.unwrap_or_default() + 1)
                    .value(":gone", call.now.plus(HOLDS_RETENTION).as_seconds())?;
            for (placeholder, name) in old.iter().zip(forgotten) {
                update = update.name(placeholder, name);
            }
            let unchanged = match held.version {
                None => update.when("attribute_not_exists(PK)"),
                Some(version) => update.when("version = :read").number(":read", version),
            };
            self.table.update(key, unchanged, HoldsChanged)
        });
        writes.collect()
    }

    /// The writes by which `order` is no longer counted for `holder`. They have no condition: the transition of the order is the condition, and
    /// taking it off twice changes nothing.
    pub(super) fn release_holding(
        &self,
        call: &InvocationContext,
        order: &Order,
        holder: Option<&Holder>,
    ) -> Result<Vec<Write<OrderRefusal>>, Problem> {
        let Some(holder) = holder else { return Ok(Vec::new()) };
        let cause = match &order.state {
            State::Cancelled(state) => Some(state.cancellation.cause),
            _ => None,
        };
        let update = match (order.status(), cause) {
            (Status::Paid, _) => "SET deleteAt = :gone, expired = :none REMOVE #order ADD version :one",
            (_, Some(Cause::Expired)) => "SET deleteAt = :gone REMOVE #order ADD version :one, expired :one",
            _ => "SET deleteAt = :gone REMOVE #order ADD version :one",
        };
        let writes = holder.keys(order.user_id).into_iter().map(|key| {
            let mut update = Expression::update(update)
                .name("#order", &attribute(order.id))
                .value(":gone", call.now.plus(HOLDS_RETENTION).as_seconds())?
                .number(":one", 1);
            if order.status() == Status::Paid {
                update = update.number(":none", 0);
            }
            self.table.update(&key, update, OrderRefusal::Changed)
        });
        writes.collect()
    }
}
