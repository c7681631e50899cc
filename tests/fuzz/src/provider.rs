//! Answers and notifications of YooKassa.

use kernel::money::MAX_AMOUNT;
use kernel::{Currency, Money, PaymentId};
use payments::provider::{ProviderError, ProviderPayment, ProviderRefund, ProviderStatus};
use payments::notification::{EventName, Notification};
use payments::yookassa::notification::NotificationBody;
use payments::yookassa::read::{self, Answer};

use crate::input::Input;

/// Reads an answer. The first line is its status; the header `retry-after` is the provider's.
pub fn answers(data: &[u8]) {
    let Some(input) = Input::read(data) else { return };
    let retry_after = input.headers.iter().find(|(name, _)| *name == "retry-after").map(|(_, value)| *value);
    let body = input.body.unwrap_or_default();
    let answer = Answer { status: input.name.parse().unwrap_or(200), retry_after, body };
    let id = PaymentId::derived("fuzz");

    if let Some(payment) = judged(answer, read::payment(answer)) {
        check_payment(&payment);
    }
    if let Some(refund) = judged(answer, read::refund(answer)) {
        check_refund(&refund);
    }
    judged(answer, read::payments(answer, id)).into_iter().flatten().for_each(|payment| {
        // Other payments of the list are not Holdfast's.
        check_payment(&payment);
        assert_eq!(payment.payment_id, Some(id), "a payment of somebody else is taken for one's own");
    });
    judged(answer, read::refunds(answer)).into_iter().flatten().for_each(|refund| check_refund(&refund));

    if let Some(notification) = serde_json::from_slice::<NotificationBody>(body)
        .ok()
        .and_then(|body| Notification::try_from(body).ok())
    {
        // It becomes a part of a path and of a key.
        let reference = notification.about.reference();
        assert!(!reference.contains(['/', '#', '?', '.', '%']), "{reference} leaves its segment of the path");
        assert_eq!(
            EventName::parse(notification.event.as_str().to_owned()),
            Some(notification.event.clone())
        );
    }
}

/// Only 200 says that something was done, and only 404 that there is nothing.
fn judged<T>(answer: Answer<'_>, outcome: read::Outcome<T>) -> Option<T> {
    match outcome {
        Ok(Some(found)) => {
            assert_eq!(answer.status, 200);
            Some(found)
        }
        Ok(None) => {
            assert_eq!(answer.status, 404);
            None
        }
        Err(ProviderError::Refused { .. }) => {
            assert!((400..500).contains(&answer.status), "{} is taken for a refusal", answer.status);
            None
        }
        Err(_) => None,
    }
}

fn check_payment(payment: &ProviderPayment) {
    check_money(payment.refunded);
    match &payment.status {
        ProviderStatus::WaitingForCapture { authorised, .. } => check_money(*authorised),
        ProviderStatus::Succeeded { captured } => check_money(*captured),
        ProviderStatus::Pending { .. } | ProviderStatus::Canceled(_) => {}
    }
}

fn check_refund(refund: &ProviderRefund) {
    check_money(refund.amount);
}

/// An amount is one that the books can hold, and prints as what it was read from.
fn check_money(money: Money) {
    assert!((0..=MAX_AMOUNT).contains(&money.amount()));
    assert_eq!(Money::from_decimal(&money.decimal(), money.currency()), Some(money));
    assert_eq!(Currency::from_code(money.currency().code()), Some(money.currency()));
}
