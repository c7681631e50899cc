//! A promotion as it stands in a request body and in the table, and the rules that it has to keep.

use kernel::money::MAX_AMOUNT;
use kernel::{Currency, Problem, Sku, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Benefit, Conditions, MAX_GROUP_QUANTITY, MAX_PROMOTION_CATEGORIES, MAX_PROMOTION_PRODUCTS,
    MAX_USAGE_LIMIT, PromotionKind, PromotionTerms,
};
use crate::permyriad::{Permyriad, WHOLE};
use kernel::faults::Faults;

/// The conditions of a promotion, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ConditionsDraft {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_subtotal: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub product_ids: Vec<Sku>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    pub first_order: bool,
}

/// A promotion, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromotionDraft {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub kind: PromotionKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buy_quantity: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get_quantity: Option<i64>,
    #[serde(default)]
    pub conditions: ConditionsDraft,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_limit_per_customer: Option<i64>,
    #[serde(default)]
    pub stackable: bool,
}

impl TryFrom<PromotionDraft> for PromotionTerms {
    type Error = Problem;

    /// Checks a body, and names every member at fault.
    fn try_from(draft: PromotionDraft) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        let code = draft.code.as_deref().and_then(|code| faults.parse(code, "/code"));
        let benefit = benefit(&mut faults, &draft);
        let needs_currency = draft.kind == PromotionKind::Amount || draft.conditions.min_subtotal.is_some();
        faults.require(
            draft.currency.is_some() || !needs_currency,
            "/currency",
            "is required for a promotion with an amount or a minSubtotal",
        );
        let conditions = conditions(&mut faults, draft.conditions);
        if draft.starts_at.zip(draft.ends_at).is_some_and(|(starts_at, ends_at)| starts_at >= ends_at) {
            faults.add("/endsAt", "must be later than startsAt");
        }
        let mut limit = |number: Option<i64>, pointer: &str| {
            number.and_then(|number| faults.within(number, (1, MAX_USAGE_LIMIT), pointer))
        };
        let usage_limit = limit(draft.usage_limit, "/usageLimit");
        let usage_limit_per_customer = limit(draft.usage_limit_per_customer, "/usageLimitPerCustomer");
        let terms = benefit.map(|benefit| Self {
            code,
            benefit,
            currency: draft.currency,
            conditions,
            starts_at: draft.starts_at,
            ends_at: draft.ends_at,
            usage_limit,
            usage_limit_per_customer,
            stackable: draft.stackable,
        });
        faults.finish(terms)
    }
}

/// Reads the members that depend on the kind, and refuses those that the kind doesn't have.
fn benefit(faults: &mut Faults, draft: &PromotionDraft) -> Option<Benefit> {
    let has_groups = draft.kind == PromotionKind::BuyXGetY;
    for (quantity, pointer) in [(draft.buy_quantity, "/buyQuantity"), (draft.get_quantity, "/getQuantity")] {
        match quantity {
            None => faults.require(!has_groups, pointer, "is required for kind buy_x_get_y"),
            Some(_) => faults.require(has_groups, pointer, "is for kind buy_x_get_y only"),
        }
    }
    match draft.kind {
        PromotionKind::BuyXGetY => {
            let mut units = |number: Option<i64>, pointer: &str| {
                number.and_then(|number| faults.within(number, (1, MAX_GROUP_QUANTITY), pointer))
            };
            let (buy, get) =
                (units(draft.buy_quantity, "/buyQuantity"), units(draft.get_quantity, "/getQuantity"));
            let off: Option<Permyriad> = value(faults, draft.value.or(Some(WHOLE)), WHOLE);
            let ((buy, get), off) = buy.zip(get).zip(off)?;
            Some(Benefit::BuyXGetY { buy, get, off })
        }
        PromotionKind::Percentage => value(faults, draft.value, WHOLE).map(Benefit::Percentage),
        PromotionKind::Amount => value(faults, draft.value, MAX_AMOUNT).map(Benefit::Amount),
        PromotionKind::FreeShipping => {
            faults.require(draft.value.is_none(), "/value", "is not for kind free_shipping");
            Some(Benefit::FreeShipping)
        }
    }
}

fn value<T: TryFrom<i64>>(faults: &mut Faults, value: Option<i64>, most: i64) -> Option<T> {
    faults.require(value.is_some(), "/value", "is required for this kind");
    value.and_then(|value| faults.within(value, (1, most), "/value"))
}

fn conditions(faults: &mut Faults, draft: ConditionsDraft) -> Conditions {
    let min_subtotal = draft
        .min_subtotal
        .and_then(|amount| faults.within(amount, (0, MAX_AMOUNT), "/conditions/minSubtotal"));
    let few = draft.product_ids.len() <= MAX_PROMOTION_PRODUCTS;
    let rule = format!("must have at most {MAX_PROMOTION_PRODUCTS} entries");
    faults.require(few, "/conditions/productIds", rule);
    let categories = faults.parse_all(&draft.categories, MAX_PROMOTION_CATEGORIES, "/conditions/categories");
    Conditions { min_subtotal, product_ids: draft.product_ids, categories, first_order: draft.first_order }
}

impl From<PromotionTerms> for PromotionDraft {
    fn from(terms: PromotionTerms) -> Self {
        let (buy_quantity, get_quantity) = match terms.benefit {
            Benefit::BuyXGetY { buy, get, .. } => (Some(i64::from(buy)), Some(i64::from(get))),
            _ => (None, None),
        };
        let limit = |limit: Option<u64>| limit.and_then(|limit| i64::try_from(limit).ok());
        Self {
            code: terms.code.map(|code| code.to_string()),
            kind: terms.benefit.kind(),
            value: terms.benefit.value(),
            currency: terms.currency,
            buy_quantity,
            get_quantity,
            conditions: ConditionsDraft {
                min_subtotal: terms.conditions.min_subtotal,
                product_ids: terms.conditions.product_ids,
                categories: terms.conditions.categories.iter().map(ToString::to_string).collect(),
                first_order: terms.conditions.first_order,
            },
            starts_at: terms.starts_at,
            ends_at: terms.ends_at,
            usage_limit: limit(terms.usage_limit),
            usage_limit_per_customer: limit(terms.usage_limit_per_customer),
            stackable: terms.stackable,
        }
    }
}
