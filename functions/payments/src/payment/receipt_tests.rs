use kernel::RefundId;
use proptest::prelude::*;

use super::super::refund::RefundOutcome;
use super::super::tests::{at, begun, begun_with, roubles};
use super::super::{Failure, OrderToPay, StartParameters};
use super::*;

fn customer() -> Customer {
    Customer { email: Some("anna@example.com".to_owned()), ..Customer::default() }
}

fn split(quantity: u32, total: i64) -> Vec<ReceiptLine> {
    ReceiptLine::split("Tea", Quantity::new(quantity).unwrap(), total, VatCode::NONE, Subject::Commodity)
}

fn receipt(lines: Vec<ReceiptLine>) -> PaymentReceipt {
    PaymentReceipt { lines, tax_system: None, refund_customer: None }
}

/// A captured payment with a receipt of `lines`.
fn paid(lines: Vec<ReceiptLine>) -> Payment {
    let begun = begun_with(receipt(lines), customer());
    assert_eq!(begun.start().unwrap().receipt.unwrap().customer(), &customer());
    let total = begun.amount;
    begun.succeed(total, at(1)).unwrap().unwrap().payment
}

/// The quantities and prices of a receipt's lines.
fn rows(receipt: &Receipt) -> Vec<(u32, i64)> {
    receipt.items().iter().map(|item| (item.quantity.get(), item.price.amount())).collect()
}

#[test]
fn a_line_that_does_not_divide_is_two() {
    let rows = |lines: Vec<ReceiptLine>| -> Vec<(u32, i64)> {
        lines.iter().map(|line| (line.quantity.get(), line.price)).collect()
    };
    assert_eq!(rows(split(3, 1_000)), [(2, 333), (1, 334)]);
    assert_eq!(rows(split(3, 999)), [(3, 333)]);
    assert_eq!(rows(split(3, 2)), [(2, 1)], "what costs nothing is left out");
    assert_eq!(rows(split(3, 0)), []);
}

#[test]
fn refunds_have_receipts_of_their_own() {
    let lines = [split(3, 1_000), split(1, 500)].concat();
    let whole = paid(lines.clone());
    let id = RefundId::derived("r");
    let rest = whole.request_refund(id, 1_500, at(2)).unwrap().payment;
    assert!(rest.needs_refund_customer());
    assert_eq!(rest.refund_receipt(rest.refund(id).unwrap()), None, "it goes to no one yet");
    let rest = rest.with_refund_customer(customer());
    let receipt = rest.refund_receipt(rest.refund(id).unwrap()).unwrap();
    assert_eq!(rows(&receipt), [(2, 333), (1, 334), (1, 500)]);

    let part = paid(lines).request_refund(id, 600, at(2)).unwrap().payment.with_refund_customer(customer());
    let receipt = part.refund_receipt(part.refund(id).unwrap()).unwrap();
    assert_eq!(rows(&receipt), [(1, 266), (1, 134), (1, 200)]);
}

/// It is personal data: it is stored no longer than a request may have to be repeated, and does not show.
#[test]
fn the_recipient_is_forgotten_with_the_request() {
    let paid = paid(split(1, 500));
    assert!(paid.asked.is_none() && paid.receipt.is_some());
    let id = RefundId::derived("r");
    let pending = paid.request_refund(id, 200, at(2)).unwrap().payment.with_refund_customer(customer());
    assert!(!format!("{pending:?}").contains("anna"));
    assert!(!pending.needs_refund_customer());
    let sent = pending.refund_answered(id, &RefundOutcome::Succeeded(None), at(3)).unwrap().unwrap();
    assert_eq!(sent.payment.receipt.unwrap().refund_customer, None);
}

#[test]
fn lines_that_do_not_add_up_begin_no_payment() {
    let start = begun();
    let number = start.order_number;
    let order = OrderToPay {
        id: number.order_id(),
        number,
        user_id: start.user_id,
        total: roubles(501),
        expires_at: None,
        receipt: Some(receipt(split(1, 500))),
    };
    let asked = StartParameters { customer: Some(customer()), ..start.asked.unwrap() };
    assert!(Payment::begin(start.id, &order, asked, at(0)).is_err());
}

proptest! {
    #[test]
    fn a_split_line_adds_up(quantity in 1_u32..=10_000, total in 0_i64..=10_000_000_000) {
        let lines = split(quantity, total);
        prop_assert!(lines.len() <= 2);
        prop_assert_eq!(lines.iter().map(ReceiptLine::total).sum::<i64>(), total);
        let units: u32 = lines.iter().map(|line| line.quantity.get()).sum();
        prop_assert!(units <= quantity && (units == quantity || total < i64::from(quantity)));
    }

    /// The refunds that are made in parts, some of which fail, come to what was paid for each line.
    #[test]
    fn partial_refunds_add_up(
        sold in prop::collection::vec((1_u32..=9, 1_i64..=1_000_000), 1..=8),
        parts in prop::collection::vec((1_i64..=1_000_000, prop::bool::weighted(0.2)), 0..=12),
    ) {
        let lines: Vec<ReceiptLine> = sold.iter().flat_map(|(quantity, total)| split(*quantity, *total)).collect();
        let mut payment = paid(lines.clone());
        let all = payment.refundable();
        for (index, (part, fails)) in parts.into_iter().chain([(i64::MAX, false)]).enumerate() {
            let amount = part.min(payment.refundable());
            if amount == 0 {
                continue;
            }
            let id = RefundId::derived(&index.to_string());
            let begun = payment.request_refund(id, amount, at(2)).unwrap().payment.with_refund_customer(customer());
            let receipt = begun.refund_receipt(begun.refund(id).unwrap());
            prop_assert!(receipt.is_some(), "a receipt that does not add up to {}", amount);
            let outcome = if fails {
                RefundOutcome::Refused(Failure::coded("no"))
            } else {
                RefundOutcome::Succeeded(None)
            };
            payment = begun.refund_answered(id, &outcome, at(3)).unwrap().unwrap().payment;
        }
        prop_assert_eq!(payment.refunded(), all);
        for (index, line) in lines.iter().enumerate() {
            let made = payment.refunds().iter().filter(|refund| refund.status == RefundStatus::Succeeded);
            prop_assert_eq!(made.map(|refund| refund.receipt[index]).sum::<i64>(), line.total());
        }
    }
}
