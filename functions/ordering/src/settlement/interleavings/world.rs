//! The merchant's tables, which accept a decision only if nothing has changed since it was read.

use std::collections::BTreeMap;

use kernel::{PaymentId, PaymentStatus, ReservationId, Timestamp};
use orders::{Order, PaymentSummary, Placement};
use payments::method::Instrument;
use payments::payment::{Payment, StartParameters};
use payments::provider::Capture;

use super::provider::Provider;
use crate::settlement::decision::{Decision, Goods, OrderChange};
use crate::settlement::fixtures::{at, order, roubles};
use crate::settlement::on_decline::OnDecline;
use crate::to_pay;

/// The state of goods that were reserved or sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Reserved,
    Sold,
    Back,
}

/// An order of one unit, its payment, and its part of the stock.
#[derive(Debug, Clone)]
pub(super) struct Purchase {
    pub(super) order: Order,
    pub(super) payment: Payment,
    pub(super) held: BTreeMap<ReservationId, Held>,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) purchases: Vec<Purchase>,
    pub(super) available: u32,
    /// Units that other customers have bought.
    pub(super) elsewhere: u32,
    pub(super) provider: Provider,
    /// The handling of orders whose payment is declined.
    pub(super) on_decline: OnDecline,
    /// Seconds.
    pub(super) now: i64,
}

/// The price of each order.
pub(super) const TOTAL: i64 = 7_500;
/// The payment deadline, in seconds.
pub(super) const WINDOW: i64 = 600;

impl World {
    pub(super) fn new(purchases: usize, spare: u32, provider: Provider) -> Self {
        let purchases = (0..purchases).map(purchase).collect();
        let on_decline = OnDecline::CancelOrder;
        Self { purchases, available: spare, elsewhere: 0, provider, on_decline, now: 1 }
    }

    pub(super) fn time(&self) -> Timestamp {
        at(self.now)
    }

    /// Writes a decision about the purchase `who`, all of it or, when something has changed since it was read, nothing.
    pub(super) fn commit(&mut self, who: usize, read: &Purchase, decided: &Decision) -> bool {
        let purchase = &self.purchases[who];
        let payment_unchanged = decided.payment.as_ref().is_none_or(|moved| {
            (purchase.payment.version, purchase.payment.notes) == (moved.version, moved.notes)
        });
        let stored = &purchase.order;
        let order_unchanged = match &decided.order {
            OrderChange::Stays => true,
            OrderChange::Moves(moved) => {
                (stored.status(), stored.version, stored.notes)
                    == (moved.from, moved.order.version - 1, moved.notes)
            }
            OrderChange::Shows(noted) => {
                (stored.status(), stored.version, stored.notes + 1)
                    == (noted.status(), noted.version, noted.notes)
            }
        };
        if !(payment_unchanged && order_unchanged && self.move_goods(who, read, decided.goods)) {
            return false;
        }
        let purchase = &mut self.purchases[who];
        if let Some(moved) = &decided.payment {
            purchase.payment = moved.payment.clone();
        }
        match &decided.order {
            OrderChange::Stays => {}
            OrderChange::Moves(moved) => purchase.order = moved.order.clone(),
            OrderChange::Shows(noted) => purchase.order = (**noted).clone(),
        }
        true
    }

    /// Transfers goods, if they are where they have to be for that.
    fn move_goods(&mut self, who: usize, read: &Purchase, goods: Goods) -> bool {
        let held = &mut self.purchases[who].held;
        let (id, from, to) = match goods {
            Goods::Stay => return true,
            Goods::Buy => {
                if self.available == 0 {
                    return false;
                }
                self.available -= 1;
                return held.insert(read.order.next_reservation_id(), Held::Sold).is_none();
            }
            Goods::Sell(id) => (id, Held::Reserved, Held::Sold),
            Goods::Release(id) => (id, Held::Reserved, Held::Back),
            Goods::TakeBack(id) => (id, Held::Sold, Held::Back),
        };
        if held.get(&id) != Some(&from) {
            return false;
        }
        held.insert(id, to);
        if to == Held::Back {
            self.available += 1;
        }
        true
    }

    /// Writes an annotation of a payment, if nothing has changed since it was read.
    pub(super) fn note(&mut self, who: usize, noted: Payment) {
        let stored = &mut self.purchases[who].payment;
        if (stored.version, stored.notes) == (noted.version, noted.notes) {
            *stored = Payment { notes: noted.notes + 1, ..noted };
        }
    }
}

/// An order that waits for its payment.
fn purchase(who: usize) -> Purchase {
    let like = order();
    let number = kernel::OrderNumber::try_from(1_000 + who as u64).unwrap();
    let id = PaymentId::derived(&who.to_string());
    let placement = Placement {
        number,
        user_id: like.user_id,
        lines: like.lines,
        total: roubles(TOTAL),
        address: None,
        details: orders::Details::default(),
        cart_snapshot: None,
        holder: None,
        ends_at: None,
        from_cart: false,
        pricing: None,
        buyer: orders::buyer::Buyer::default(),
    };
    let summary = PaymentSummary { payment_id: id, status: PaymentStatus::Pending, payment_url: None };
    let order = Order::place(placement, Some(summary), at(0), at(WINDOW)).unwrap().0;
    let asked = StartParameters {
        instrument: Instrument::Page,
        return_url: String::new(),
        capture: Capture::default(),
        customer: None,
    };
    let payment = Payment::begin(id, &to_pay(&order), asked, at(0)).unwrap().0;
    let held = BTreeMap::from([(Order::reservation_id(order.id, 1), Held::Reserved)]);
    Purchase { order, payment, held }
}
