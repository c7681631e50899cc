//! The terms of a sale: what the customer says beside goods and payment, and the settings that the order is priced by.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::{Problem, UserId};
use orders::draft::{Priced, SaleTerms};
use orders::{Address, Buyer, Details};
use platform::InvocationContext;
use platform::dynamo::FailedCondition;
use pricing::{CountedPromotion, CustomerKey, PromotionUses};

use super::goods::OrderInput;
use super::refusal::Refusal;
use super::{Customer, Goods, PlaceOrder, PlaceOrderCommand};

/// What a customer says of an order beside its goods and its payment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sale {
    /// The delivery address.
    pub address: Option<Address>,
    /// The person that the order is for.
    pub buyer: Buyer,
    /// The order's note, its metadata, and the page to return to.
    pub details: Details,
    /// The id of the chosen shipping method.
    pub shipping_method: Option<String>,
    /// Promotion codes, beside those of the cart.
    pub promotion_codes: Vec<String>,
}

impl<P> PlaceOrder<P> {
    /// The terms that an order of `owner` is priced by. A signed cart costs what was promised: it is priced as by a merchant without settings, and its
    /// goods may need an address all the same. None for the clients that know neither shipping nor promotions.
    pub(super) async fn sale_terms(
        &self,
        call: &InvocationContext,
        (customer, owner): (&Customer, UserId),
        gathered: &OrderInput,
        command: &PlaceOrderCommand,
    ) -> Result<Option<SaleTerms>, Problem> {
        let Some(settings) = &self.settings else { return Ok(None) };
        let sale = &command.sale;
        let settings = match command.goods {
            Goods::Snapshot(..) => Arc::default(),
            Goods::Cart | Goods::Items(_) | Goods::Product(..) => settings.current(call).await?,
        };
        let codes = gathered.promotion_codes.iter().chain(&sale.promotion_codes);
        let promotion_codes: Vec<String> = codes.cloned().collect();
        let guest = sale.buyer.contact.as_ref().filter(|_| customer.is_guest());
        let (orders, account) = (&self.initiator.settlement.orders, guest.is_none().then_some(owner));
        let is_first_order = orders.is_first_order(account, &settings, &promotion_codes).await?;
        Ok(Some(SaleTerms {
            settings,
            destination: sale.address.as_ref().and_then(Address::destination),
            shipping_method: sale.shipping_method.clone(),
            promotion_codes,
            is_first_order,
            customer: guest.map_or_else(|| CustomerKey::of_account(owner), CustomerKey::of_guest),
            uses: HashMap::new(),
            now: call.now,
        }))
    }
}

impl<P> PlaceOrder<P> {
    /// Reads the uses of the counted promotions of `priced` that are not known yet; returns true when there were any. An order is drafted as if none were
    /// used up, so that most read no counter; one that is about to be refused or to fail is drafted again by what its customer was shown.
    pub(super) async fn read_unknown_uses(
        &self,
        priced: &Priced,
        terms: Option<&mut SaleTerms>,
    ) -> Result<bool, Problem> {
        let uses = priced.pricing.as_ref().and_then(|pricing| pricing.uses.as_ref());
        let (Some(terms), Some(uses)) = (terms, uses) else { return Ok(false) };
        let is_unknown = |promotion: &&CountedPromotion| !terms.uses.contains_key(&promotion.promotion_id);
        let unknown: Vec<CountedPromotion> = uses.promotions.iter().filter(is_unknown).cloned().collect();
        let unknown = PromotionUses { promotions: unknown, ..uses.clone() };
        self.read_uses(Some(terms), Some(&unknown)).await?;
        Ok(!unknown.promotions.is_empty())
    }

    /// Reads the uses of the promotions of `uses` as they are now. After a conflict, so that a customer does not queue for the last use of a promotion
    /// when it is gone.
    pub(super) async fn read_uses(
        &self,
        terms: Option<&mut SaleTerms>,
        uses: Option<&PromotionUses>,
    ) -> Result<(), Problem> {
        let (Some(terms), Some(uses)) = (terms, uses) else { return Ok(()) };
        let read = self.initiator.settlement.uses.read(&uses.promotions, Some(&uses.customer)).await?;
        for promotion in &uses.promotions {
            let found = read.get(&promotion.promotion_id).copied().unwrap_or_default();
            terms.uses.insert(promotion.promotion_id.clone(), found);
        }
        Ok(())
    }
}

/// Notes the counters that are at their limits and so refused `uses`: the order is priced again without those promotions, or refused for their codes.
pub(super) fn note_used_up(
    terms: Option<&mut SaleTerms>,
    uses: Option<&PromotionUses>,
    refused: &[FailedCondition<Refusal>],
) {
    let (Some(terms), Some(uses)) = (terms, uses) else { return };
    for used_up in refused.iter().filter_map(|one| one.reason.used_up()) {
        let Some(promotion) = uses.promotions.get(used_up.promotion) else { continue };
        let known = terms.uses.entry(promotion.promotion_id.clone()).or_default();
        if used_up.by_customer {
            known.by_customer = u64::MAX;
        } else {
            known.total = u64::MAX;
        }
    }
}
