//! The promotions that apply to a basket, and the reasons for which others don't.

use std::collections::BTreeSet;

use kernel::Timestamp;

use crate::basket::{Basket, MAX_PROMOTION_CODES, OfferedPromotion, Settings};
use crate::promotion::{Benefit, Promotion};
use crate::refusal::{PricingRefusal, PromotionRefusal, RefusedCode};
use crate::text::{PromotionCode, shown};
use crate::uses::per_customer;

/// Returns the promotions that apply, in the order in which they are applied: by kind, then by id. A code that doesn't apply is refused;
/// an automatic promotion that doesn't apply is left out.
pub(crate) fn eligible<'a>(
    basket: &Basket,
    settings: &'a Settings,
    now: Timestamp,
) -> Result<Vec<&'a Promotion>, PricingRefusal> {
    let codes = distinct(&basket.promotion_codes);
    if codes.len() > MAX_PROMOTION_CODES {
        return Err(PricingRefusal::TooManyPromotionCodes);
    }
    let offers = settings.promotions();
    let automatic = offers.iter().filter(|offer| offer.promotion.terms.code.is_none());
    let mut found: Vec<&Promotion> =
        automatic.filter(|offer| check(offer, basket, now).is_ok()).map(|offer| &offer.promotion).collect();
    let mut refused = Vec::new();
    for code in codes {
        match named(&code, offers).and_then(|offer| check(offer, basket, now).map(|()| &offer.promotion)) {
            Ok(promotion) => found.push(promotion),
            Err(reason) => refused.push(RefusedCode { code, reason }),
        }
    }
    if !refused.is_empty() {
        return Err(PricingRefusal::Promotions(refused));
    }
    found.sort_by_key(|promotion| (promotion.terms.benefit.kind(), &promotion.id));
    Ok(found)
}

/// The codes in their one form, each of them once. A text that can't be a code names no promotion and is only shown.
fn distinct(codes: &[String]) -> Vec<String> {
    let normal =
        |text: &String| text.parse::<PromotionCode>().map_or_else(|_| shown(text), |code| code.to_string());
    let mut seen = BTreeSet::new();
    codes.iter().map(normal).filter(|code| seen.insert(code.clone())).collect()
}

/// The promotion of a code; of several with the same code the first by id.
fn named<'a>(code: &str, offers: &'a [OfferedPromotion]) -> Result<&'a OfferedPromotion, PromotionRefusal> {
    let is_named = |offer: &&OfferedPromotion| {
        offer.promotion.terms.code.as_ref().is_some_and(|known| known.as_str() == code)
    };
    offers.iter().find(is_named).ok_or(PromotionRefusal::Unknown)
}

/// Checks what doesn't depend on the goods, and then what does.
fn check(offer: &OfferedPromotion, basket: &Basket, now: Timestamp) -> Result<(), PromotionRefusal> {
    let terms = &offer.promotion.terms;
    if let Some(starts_at) = terms.starts_at.filter(|starts_at| now < *starts_at) {
        return Err(PromotionRefusal::NotStarted { starts_at });
    }
    if let Some(ends_at) = terms.ends_at.filter(|ends_at| now >= *ends_at) {
        return Err(PromotionRefusal::Expired { ends_at });
    }
    if terms.usage_limit.is_some_and(|limit| offer.uses.total >= limit) {
        return Err(PromotionRefusal::UsedUp);
    }
    if per_customer(terms).is_some_and(|limit| offer.uses.by_customer >= limit) {
        return Err(PromotionRefusal::UsedUpByCustomer);
    }
    if let Some(currency) = terms.currency.filter(|currency| *currency != basket.currency) {
        return Err(PromotionRefusal::Currency { currency });
    }
    if terms.conditions.first_order && !basket.is_first_order {
        return Err(PromotionRefusal::NotFirstOrder);
    }
    check_goods(&offer.promotion, basket)
}

fn check_goods(promotion: &Promotion, basket: &Basket) -> Result<(), PromotionRefusal> {
    let conditions = &promotion.terms.conditions;
    let matching =
        || basket.lines.iter().filter(|line| conditions.includes(&line.sku, line.category.as_ref()));
    if matching().next().is_none() {
        return Err(PromotionRefusal::NoMatchingProducts);
    }
    let subtotals =
        matching().map(|line| line.unit_price.amount().saturating_mul(line.quantity.get().into()));
    let subtotal = subtotals.fold(0, i64::saturating_add);
    if let Some(min_subtotal) = conditions.min_subtotal.filter(|least| subtotal < *least) {
        return Err(PromotionRefusal::BelowMinimum { min_subtotal, subtotal });
    }
    match promotion.terms.benefit {
        Benefit::BuyXGetY { buy, get, .. } => {
            // Units that cost nothing can be neither bought nor given.
            let priced = matching().filter(|line| line.unit_price.amount() > 0);
            let units: u64 = priced.map(|line| u64::from(line.quantity.get())).sum();
            let required = u64::from(buy) + u64::from(get);
            if units < required {
                return Err(PromotionRefusal::TooFewUnits { units, required });
            }
            Ok(())
        }
        Benefit::FreeShipping if !basket.is_shipped() => Err(PromotionRefusal::NothingToShip),
        Benefit::FreeShipping | Benefit::Percentage(_) | Benefit::Amount(_) => Ok(()),
    }
}
