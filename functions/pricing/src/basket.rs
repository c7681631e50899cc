//! The goods to price, and the settings to price them by.

use kernel::{Currency, Money, Problem, Quantity, Sku};

use crate::destination::Destination;
use crate::promotion::Promotion;
use crate::refusal::PricingRefusal;
use crate::shipping::ShippingMethod;
use crate::tax::TaxTable;
use crate::text::{Category, TaxCategory};

/// The most shipping methods of a merchant.
pub const MAX_SHIPPING_METHODS: usize = 100;
/// The most promotions that are compared for a basket.
pub const MAX_PROMOTIONS: usize = 200;
/// The most promotion codes of a basket.
pub const MAX_PROMOTION_CODES: usize = 10;

/// The most stackable promotions with usage limits that are applied together. Each of them changes up to two counters in the order's transaction, which has
/// 100 actions at most.
pub const MAX_COUNTED_PROMOTIONS: usize = 5;

/// A product and its quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasketLine {
    pub sku: Sku,
    pub quantity: Quantity,
    pub unit_price: Money,
    pub category: Option<Category>,
    pub tax_category: TaxCategory,
    /// The weight of one piece, in grams.
    pub weight_grams: u32,
    pub shipping: ShippingNeed,
}

/// The way in which goods need shipping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShippingNeed {
    /// A service or a download.
    Never,
    /// They are shipped where there is an address, and may be ordered without one.
    WhereAddressed,
    /// They are not ordered without an address and, where the merchant has any for it, a shipping method.
    Always,
}

/// Everything about a cart or an order that its prices depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// The currency of every line.
    pub currency: Currency,
    pub lines: Vec<BasketLine>,
    /// Without it neither taxes nor shipping are known, and both are 0.
    pub destination: Option<Destination>,
    /// The id of the chosen shipping method, as the customer sent it.
    pub shipping_method: Option<String>,
    /// The promotion codes, as the customer sent them.
    pub promotion_codes: Vec<String>,
    /// True when the customer has no order yet.
    pub is_first_order: bool,
}

impl Basket {
    /// True when some of the goods can be shipped.
    pub fn is_shipped(&self) -> bool {
        self.lines.iter().any(|line| line.shipping != ShippingNeed::Never)
    }

    /// The weight of the goods that are shipped, in grams.
    pub(crate) fn weight(&self) -> i64 {
        let shipped = self.lines.iter().filter(|line| line.shipping != ShippingNeed::Never);
        let weights = shipped.map(|line| i64::from(line.weight_grams) * i64::from(line.quantity.get()));
        weights.fold(0, i64::saturating_add)
    }

    /// Checks that an order of this basket can be shipped: goods that have to be shipped need a destination and, when the merchant has
    /// active shipping methods, a chosen one. A chosen method needs a destination in any case. A cart is priced without them.
    pub fn check_shipping(&self, settings: &Settings) -> Result<(), PricingRefusal> {
        if self.lines.iter().all(|line| line.shipping != ShippingNeed::Always) {
            let is_lost = self.shipping_method.is_some() && self.destination.is_none() && self.is_shipped();
            return if is_lost { Err(PricingRefusal::AddressRequired) } else { Ok(()) };
        }
        let destination = self.destination.as_ref().ok_or(PricingRefusal::AddressRequired)?;
        let active = || settings.shipping_methods().iter().filter(|method| method.terms.is_active);
        if self.shipping_method.is_some() || active().next().is_none() {
            return Ok(());
        }
        if active().any(|method| method.terms.ships_to(destination)) {
            return Err(PricingRefusal::ShippingMethodRequired);
        }
        Err(PricingRefusal::NoShippingMethod { destination: destination.clone() })
    }
}

/// The orders that used a promotion so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Uses {
    pub total: u64,
    /// Those of the customer who orders now.
    pub by_customer: u64,
}

/// A promotion, and how often it was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedPromotion {
    pub promotion: Promotion,
    pub uses: Uses,
}

/// The settings of a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    shipping_methods: Vec<ShippingMethod>,
    tax_table: TaxTable,
    promotions: Vec<OfferedPromotion>,
}

impl Settings {
    /// Takes the settings in any order; more than [`MAX_SHIPPING_METHODS`] methods or [`MAX_PROMOTIONS`] promotions are refused.
    pub fn new(
        mut shipping_methods: Vec<ShippingMethod>,
        tax_table: TaxTable,
        mut promotions: Vec<OfferedPromotion>,
    ) -> Result<Self, Problem> {
        let counts = [
            (shipping_methods.len(), MAX_SHIPPING_METHODS, "/shippingMethods"),
            (promotions.len(), MAX_PROMOTIONS, "/promotions"),
        ];
        let mut faults = kernel::faults::Faults::default();
        for (count, limit, pointer) in counts {
            faults.require(count <= limit, pointer, format!("must have at most {limit} entries"));
        }
        shipping_methods.sort_by(|a, b| a.id.cmp(&b.id));
        promotions.sort_by(|a, b| a.promotion.id.cmp(&b.promotion.id));
        faults.finish(Some(Self { shipping_methods, tax_table, promotions }))
    }

    /// By id.
    pub fn shipping_methods(&self) -> &[ShippingMethod] {
        &self.shipping_methods
    }

    pub fn tax_table(&self) -> &TaxTable {
        &self.tax_table
    }

    /// By id.
    pub fn promotions(&self) -> &[OfferedPromotion] {
        &self.promotions
    }
}
