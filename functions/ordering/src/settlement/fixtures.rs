//! An order and its payment, for tests of decisions about them.

use kernel::{Currency, Money, OrderNumber, PaymentId, PaymentStatus, Quantity, Timestamp, UserId};
use orders::{Order, Placement, PricedLine};
use payments::method::Instrument;
use payments::payment::{Payment, StartParameters};
use payments::provider::Capture;

use crate::to_pay;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1_000)
}

pub(crate) fn roubles(amount: i64) -> Money {
    Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
}

/// An order of one thing for 75 roubles, whose payment begins.
pub(crate) fn order() -> Order {
    let number = OrderNumber::try_from(42).unwrap();
    let line = PricedLine {
        sku: "7".parse().unwrap(),
        name: "Kettle".to_owned(),
        quantity: Quantity::new(1).unwrap(),
        unit_price: 7_500,
    };
    let placement = Placement {
        number,
        user_id: UserId::derived("u"),
        lines: vec![line],
        total: roubles(7_500),
        address: None,
        details: orders::Details::default(),
        cart_snapshot: None,
        holder: None,
        ends_at: None,
        from_cart: false,
        pricing: None,
        buyer: orders::buyer::Buyer::default(),
    };
    let summary = orders::PaymentSummary {
        payment_id: PaymentId::derived("p"),
        status: PaymentStatus::Pending,
        payment_url: None,
    };
    Order::place(placement, Some(summary), at(0), at(600)).unwrap().0
}

/// Its payment.
pub(crate) fn begun() -> Payment {
    let asked = StartParameters {
        instrument: Instrument::Page,
        return_url: "https://shop.example/".to_owned(),
        capture: Capture::AtOnce,
        customer: None,
    };
    Payment::begin(PaymentId::derived("p"), &to_pay(&order()), asked, at(0)).unwrap().0
}
