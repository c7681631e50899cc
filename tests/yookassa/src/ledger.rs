//! `GET /control/books`: the ledger as a checker compares it with the merchant's.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::books::{Books, Payment, Refund, Status};
use crate::script::Operation;
use crate::state::Received;

/// Returns every payment and refund, the oldest first, and the number of calls received by operation. `amount`, `captured` and
/// `refunded` are in minor units, `value` is the amount as the API writes it.
pub(crate) fn ledger(books: &Books, received: &[Received]) -> Value {
    let mut payments: Vec<&Payment> = books.all_payments().collect();
    payments.sort_by_key(|payment| payment.created_at);
    let mut refunds: Vec<&Refund> = books.all_refunds().collect();
    refunds.sort_by_key(|refund| refund.created_at);
    let mut calls: BTreeMap<Operation, u64> = BTreeMap::new();
    for call in received {
        *calls.entry(call.operation).or_default() += 1;
    }
    json!({
        "payments": payments.into_iter().map(payment_entry).collect::<Vec<_>>(),
        "refunds": refunds.into_iter().map(refund_entry).collect::<Vec<_>>(),
        "calls": calls,
    })
}

fn payment_entry(payment: &Payment) -> Value {
    let captured = if payment.status == Status::Succeeded { payment.amount.hundredths } else { 0 };
    json!({
        "id": payment.id,
        "status": payment.status,
        "amount": payment.amount.hundredths,
        "value": payment.amount.value(),
        "currency": payment.amount.currency,
        "captured": captured,
        "refunded": payment.refunded,
        "capture": payment.capture,
        "metadata": payment.metadata,
        "key": payment.key,
        "created_at": payment.created_at.to_string(),
        "cancellation": payment.cancellation,
    })
}

fn refund_entry(refund: &Refund) -> Value {
    json!({
        "id": refund.id,
        "payment_id": refund.payment_id,
        "status": refund.status,
        "amount": refund.amount.hundredths,
        "value": refund.amount.value(),
        "currency": refund.amount.currency,
        "key": refund.key,
        "created_at": refund.created_at.to_string(),
        "cancellation": refund.cancellation,
    })
}
