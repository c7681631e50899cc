//! The uses of promotions that have a limit: counters that an order takes in the transaction that places it, and that are given back as the order is
//! cancelled.
//!
//! | item | key | attributes |
//! |---|---|---|
//! | the uses of a promotion | `USES#<promotion>` / `ALL` | `promotionId`, `uses` |
//! | those of one customer | `USES#<promotion>` / `CUSTOMER#<customer>` | the same |
//!
//! A promotion without limits has no counters: orders that use it don't meet at an item. Counters stay when a promotion is removed, so that one that
//! is created again under the same id goes on counting.

use std::collections::HashMap;

use kernel::contact::{Contact, Email, Phone};
use kernel::{Problem, UserId};
use platform::dynamo::{Expression, Key, Table, Write};
use platform::{Init, InitError};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::basket::Uses;
use crate::priced::{Priced, PromotionOutcome};
use crate::promotion::{Promotion, PromotionTerms};
use crate::snapshot::Snapshot;
use crate::text::SettingId;

/// The customer whose uses are counted: an account, or the contact of a guest, of which only the SHA-256 is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerKey(String);

impl CustomerKey {
    pub fn of_account(user: UserId) -> Self {
        Self(format!("USER#{user}"))
    }

    /// A guest is known by their email address, or else by their phone number.
    pub fn of_guest(contact: &Contact) -> Self {
        let email = contact.email.as_ref().map(Email::as_str);
        let known_by = email.or(contact.phone.as_ref().map(Phone::as_str)).unwrap_or_default();
        Self(format!("GUEST#{}", hex::encode(Sha256::digest(known_by))))
    }
}

/// A promotion whose uses are counted, with its limits as they were when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountedPromotion {
    pub promotion_id: SettingId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_limit: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_limit_per_customer: Option<u64>,
}

impl CountedPromotion {
    /// `None` for a promotion that may be used without limit.
    pub fn of(promotion: &Promotion) -> Option<Self> {
        let (usage_limit, usage_limit_per_customer) =
            (promotion.terms.usage_limit, per_customer(&promotion.terms));
        (usage_limit.is_some() || usage_limit_per_customer.is_some()).then(|| Self {
            promotion_id: promotion.id.clone(),
            usage_limit,
            usage_limit_per_customer,
        })
    }
}

/// The most uses by one customer. A promotion for the first order is used once: of two first orders at the same time one has it.
pub(crate) fn per_customer(terms: &PromotionTerms) -> Option<u64> {
    let first = terms.conditions.first_order.then_some(1);
    terms.usage_limit_per_customer.into_iter().chain(first).min()
}

/// The counted promotions of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromotionUses {
    pub customer: CustomerKey,
    pub promotions: Vec<CountedPromotion>,
    /// True while the order is counted.
    pub taken: bool,
}

impl PromotionUses {
    /// The counted promotions that `priced` uses; `None` when there are none.
    pub fn of(priced: &Priced, settings: &Snapshot, customer: CustomerKey) -> Option<Self> {
        let used = priced.promotions.iter().filter(|promotion| promotion.outcome == PromotionOutcome::Used);
        let find = |id: &SettingId| settings.promotions.iter().find(|promotion| promotion.id == *id);
        let promotions: Vec<CountedPromotion> =
            used.filter_map(|used| CountedPromotion::of(find(&used.promotion_id)?)).collect();
        (!promotions.is_empty()).then_some(Self { customer, promotions, taken: false })
    }
}

/// A counter is at its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsedUp {
    /// The position of the promotion among those of the order.
    pub promotion: usize,
    /// True for the counter of the customer.
    pub by_customer: bool,
}

/// The counters.
#[derive(Clone)]
pub struct UseCounters {
    table: Table,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counter {
    #[serde(rename = "SK")]
    sort: String,
    promotion_id: SettingId,
    uses: u64,
}

impl UseCounters {
    /// The table named by `PRICING_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("PRICING_TABLE").await? })
    }

    /// The writes that count an order whose uses were `before` as `after` says.
    pub fn change(
        &self,
        before: Option<&PromotionUses>,
        after: Option<&PromotionUses>,
    ) -> Result<Vec<Write<UsedUp>>, Problem> {
        let Some(uses) = after.or(before) else { return Ok(Vec::new()) };
        let taken = |uses: Option<&PromotionUses>| uses.is_some_and(|uses| uses.taken);
        match (taken(before), taken(after)) {
            (false, true) => self.each(uses, take),
            (true, false) => self.each(uses, |_| give_back()),
            (true, true) | (false, false) => Ok(Vec::new()),
        }
    }

    /// The writes on each counter of `uses`, by an expression that is made of its limit.
    fn each(
        &self,
        uses: &PromotionUses,
        expression: impl Fn(u64) -> Expression,
    ) -> Result<Vec<Write<UsedUp>>, Problem> {
        let mut writes = Vec::new();
        for (index, promotion) in uses.promotions.iter().enumerate() {
            let (id, of_customer) = (&promotion.promotion_id, Some(&uses.customer));
            let counters = [(promotion.usage_limit, None), (promotion.usage_limit_per_customer, of_customer)];
            for (limit, customer) in counters {
                let Some(limit) = limit else { continue };
                let counted = expression(limit).value(":id", id)?;
                let refusal = UsedUp { promotion: index, by_customer: customer.is_some() };
                writes.push(self.table.update(&key(id, customer), counted, refusal)?);
            }
        }
        Ok(writes)
    }

    /// True when the promotions of `uses` may each be used once more.
    pub async fn are_left(&self, uses: &PromotionUses) -> Result<bool, Problem> {
        let used = self.read(&uses.promotions, Some(&uses.customer)).await?;
        let is_left = |promotion: &CountedPromotion| {
            let uses = used.get(&promotion.promotion_id).copied().unwrap_or_default();
            promotion.usage_limit.is_none_or(|limit| uses.total < limit)
                && promotion.usage_limit_per_customer.is_none_or(|limit| uses.by_customer < limit)
        };
        Ok(uses.promotions.iter().all(is_left))
    }

    /// The uses of these promotions so far; without `customer`, in all. One `BatchGetItem` for each 100 counters.
    pub async fn read(
        &self,
        promotions: &[CountedPromotion],
        customer: Option<&CustomerKey>,
    ) -> Result<HashMap<SettingId, Uses>, Problem> {
        let mut keys = Vec::new();
        for promotion in promotions {
            keys.extend(promotion.usage_limit.map(|_| key(&promotion.promotion_id, None)));
            if promotion.usage_limit_per_customer.is_some() && customer.is_some() {
                keys.push(key(&promotion.promotion_id, customer));
            }
        }
        let mut uses: HashMap<SettingId, Uses> = HashMap::new();
        for counter in self.table.get_many::<Counter>(&keys).await? {
            let uses = uses.entry(counter.promotion_id).or_default();
            if counter.sort == ALL { uses.total = counter.uses } else { uses.by_customer = counter.uses }
        }
        Ok(uses)
    }
}

/// The sort key of the uses by all customers.
const ALL: &str = "ALL";

fn key(promotion: &SettingId, customer: Option<&CustomerKey>) -> Key {
    let sort =
        customer.map_or_else(|| ALL.to_owned(), |CustomerKey(customer)| format!("CUSTOMER#{customer}"));
    Key::new(format!("USES#{promotion}"), sort)
}

fn take(limit: u64) -> Expression {
    let expression = Expression::update("SET promotionId = :id ADD uses :one");
    expression.number(":one", 1).when("attribute_not_exists(uses) OR uses < :limit").number(":limit", limit)
}

/// No condition: a counter that an order was counted in is there and above 0, and nothing may keep an order from being cancelled.
fn give_back() -> Expression {
    Expression::update("SET promotionId = :id, uses = if_not_exists(uses, :one) - :one").number(":one", 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::promotion;

    fn counted(more: serde_json::Value) -> Option<CountedPromotion> {
        let mut draft = json!({"kind": "percentage", "value": 1_000});
        draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        CountedPromotion::of(&promotion("spring", draft))
    }

    #[test]
    fn a_promotion_without_limits_is_not_counted() {
        assert_eq!(counted(json!({})), None);
        let limited = counted(json!({"usageLimit": 100})).unwrap();
        assert_eq!((limited.usage_limit, limited.usage_limit_per_customer), (Some(100), None));
        let first = counted(json!({"conditions": {"firstOrder": true}, "usageLimitPerCustomer": 3})).unwrap();
        assert_eq!((first.usage_limit, first.usage_limit_per_customer), (None, Some(1)));
    }

    #[test]
    fn keys_are_what_they_were() {
        let id = "spring".parse().unwrap();
        assert_eq!(key(&id, None), Key::new("USES#spring", "ALL"));
        let user: UserId = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        let sort = "CUSTOMER#USER#6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0";
        assert_eq!(key(&id, Some(&CustomerKey::of_account(user))), Key::new("USES#spring", sort));
    }

    #[test]
    fn a_guest_is_known_by_their_address_however_it_is_written() {
        let guest = |email: &str| {
            let contact = Contact { email: Some(email.parse().unwrap()), ..Contact::default() };
            CustomerKey::of_guest(&contact)
        };
        assert_eq!(guest("Ada@Example.com"), guest("ada@example.com"));
        assert_ne!(guest("ada@example.com"), guest("bob@example.com"));
        assert!(!guest("ada@example.com").0.contains("ada"));
    }
}
