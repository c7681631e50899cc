//! Payments and refunds as the API represents them (yookassa.ru/developers/api).

use jiff::ToSpan;
use serde_json::{Value, json};

use crate::books::{Payment, Refund, Status};

/// The hours for which authorised money is held before the provider releases it
/// (yookassa.ru/developers/payment-acceptance/getting-started/payment-process).
const HOURS_TO_CAPTURE: i64 = 72;

/// A payment as the API shows it. Confirmation pages are under `base_url`.
pub(crate) fn show_payment(payment: &Payment, base_url: &str) -> Value {
    let mut body = json!({
        "id": payment.id,
        "status": payment.status,
        "paid": matches!(payment.status, Status::WaitingForCapture | Status::Succeeded),
        "amount": payment.amount,
        "created_at": payment.created_at.to_string(),
        "description": payment.description,
        "metadata": payment.metadata,
        "recipient": {"account_id": "100500", "gateway_id": "100700"},
        "refundable": payment.status == Status::Succeeded && payment.refunded < payment.amount.hundredths,
        "test": true,
    });
    match payment.status {
        Status::Pending if payment.external => body["confirmation"] = json!({"type": "external"}),
        Status::Pending => {
            let url = format!("{base_url}/confirm/{}", payment.id);
            body["confirmation"] = json!({"type": "redirect", "confirmation_url": url});
        }
        Status::WaitingForCapture => {
            let until = payment.created_at.checked_add(HOURS_TO_CAPTURE.hours());
            body["expires_at"] = json!(until.unwrap_or(payment.created_at).to_string());
        }
        Status::Succeeded => {
            body["captured_at"] = json!(payment.captured_at.map(|at| at.to_string()));
            if payment.refunded > 0 {
                body["refunded_amount"] = json!(payment.amount.of(payment.refunded));
            }
        }
        Status::Canceled => body["cancellation_details"] = json!(payment.cancellation),
    }
    body
}

/// A refund as the API shows it.
pub(crate) fn show_refund(refund: &Refund) -> Value {
    let mut body = json!({
        "id": refund.id,
        "payment_id": refund.payment_id,
        "status": refund.status,
        "amount": refund.amount,
        "created_at": refund.created_at.to_string(),
    });
    if refund.status == Status::Canceled {
        body["cancellation_details"] = json!(refund.cancellation);
    }
    body
}
