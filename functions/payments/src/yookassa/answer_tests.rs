use proptest::prelude::*;
use serde_json::json;

use super::*;

const PAYMENT: &str = "22e12f66-000f-5000-8000-18db351245c7";
const OURS: &str = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0";

fn payment(members: &Value) -> Value {
    let mut body = json!({
        "id": PAYMENT,
        "status": "pending",
        "paid": false,
        "amount": {"value": "100.00", "currency": "RUB"},
        "metadata": {"payment_id": OURS, "order_number": "42"},
        "recipient": {"account_id": "100500"},
    });
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn read(members: &Value) -> Result<ProviderPayment, Unreadable> {
    PaymentBody::read(payment(members).to_string().as_bytes())
}

fn roubles(amount: i64) -> Money {
    Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
}

/// The result of a response with `status` and an error body of `members`.
fn judged(status: u16, members: &Value) -> Verdict<()> {
    verdict(status, None, members.to_string().as_bytes(), |_| Ok(()))
}

#[test]
fn every_status_of_a_payment() {
    let page = json!({"confirmation": {"type": "redirect", "confirmation_url": "https://p.example/1"}});
    let url = Some("https://p.example/1".to_owned());
    let until = json!({"status": "waiting_for_capture", "expires_at": "2026-10-01T10:00:00.000Z"});
    let details = json!({"party": "a_new_party", "reason": "a_new_reason"});
    let refused = json!({"status": "canceled", "cancellation_details": details});
    let given = |text: &str| Some(text.to_owned());
    let cases = [
        (page, ProviderStatus::Pending { confirmation_url: url }),
        (json!({}), ProviderStatus::Pending { confirmation_url: None }),
        (json!({"status": "a_new_status"}), ProviderStatus::Pending { confirmation_url: None }),
        (
            until,
            ProviderStatus::WaitingForCapture {
                authorised: roubles(10_000),
                until: "2026-10-01T10:00:00Z".parse().ok(),
            },
        ),
        (json!({"status": "succeeded"}), ProviderStatus::Succeeded { captured: roubles(10_000) }),
        (json!({"status": "canceled"}), ProviderStatus::Canceled(Cancellation::default())),
        (
            refused,
            ProviderStatus::Canceled(Cancellation {
                party: given("a_new_party"),
                reason: given("a_new_reason"),
            }),
        ),
    ];
    for (members, expected) in cases {
        assert_eq!(read(&members).unwrap().status, expected, "{members}");
    }
}

#[test]
fn a_payment_is_known_by_our_id_if_it_is_ours() {
    assert_eq!(read(&json!({})).unwrap().payment_id, OURS.parse().ok());
    for metadata in [json!(null), json!({}), json!({"payment_id": 7}), json!({"payment_id": "x"})] {
        assert_eq!(read(&json!({"metadata": metadata})).unwrap().payment_id, None);
    }
    let part = json!({"refunded_amount": {"value": "25.50", "currency": "RUB"}});
    assert_eq!(read(&part).unwrap().refunded, roubles(2_550));
    assert_eq!(read(&json!({})).unwrap().refunded, roubles(0));
}

#[test]
fn what_cannot_be_understood_is_not_guessed() {
    let wrong = [
        json!({"amount": {"value": "100.001", "currency": "RUB"}}),
        json!({"amount": {"value": 100.0, "currency": "RUB"}}),
        json!({"amount": {"value": "100.00", "currency": "RUR"}}),
        json!({"id": "../payments"}),
        json!({"status": null}),
    ];
    for members in wrong {
        assert!(read(&members).is_err(), "{members}");
    }
    let unreadable = verdict(200, None, b"<html>", PaymentBody::read);
    assert!(matches!(unreadable, Verdict::Unknown { again: true, .. }));
}

#[test]
fn every_status_of_a_refund() {
    let status = |status: &str| {
        let amount = json!({"value": "1.00", "currency": "RUB"});
        let body = json!({"id": "r-1", "payment_id": PAYMENT, "status": status, "amount": amount});
        RefundBody::read(body.to_string().as_bytes()).unwrap().status
    };
    assert_eq!(status("pending"), ProviderRefundStatus::Pending);
    assert_eq!(status("a_new_status"), ProviderRefundStatus::Pending);
    assert_eq!(status("succeeded"), ProviderRefundStatus::Succeeded);
    assert_eq!(status("canceled"), ProviderRefundStatus::Canceled(Cancellation::default()));
}

#[test]
fn an_error_says_what_can_be_done() {
    let error = json!({"type": "error", "id": "e-1", "code": "invalid_request", "parameter": "amount.value"});
    let Verdict::Not(ProviderError::Refused { code, message }) = judged(400, &error) else { panic!() };
    assert_eq!(code, "invalid_request");
    assert!(message.contains("amount.value") && message.contains("e-1"));
    let duplicate = json!({"type": "error", "code": "invalid_request", "parameter": "Idempotence-Key"});
    assert!(matches!(judged(400, &duplicate), Verdict::Unknown { again: false, .. }));
    assert!(matches!(judged(404, &json!({"code": "not_found"})), Verdict::Missing(_)));
    for status in [401, 403, 302] {
        assert!(
            matches!(judged(status, &json!({})), Verdict::Not(ProviderError::Unavailable(_))),
            "{status}"
        );
    }
    for status in [202, 408, 500, 502, 503, 504] {
        assert!(matches!(judged(status, &json!({})), Verdict::Unknown { again: true, .. }), "{status}");
    }
    for status in [405, 415, 422] {
        let Verdict::Not(ProviderError::Refused { code, .. }) = judged(status, &json!(["?"])) else {
            panic!()
        };
        assert_eq!(code, format!("http_{status}"));
    }
}

#[test]
fn a_throttled_call_waits_as_long_as_it_is_told_within_reason() {
    let wait = |header: Option<&str>| match verdict(429, header, b"", |_| Ok(())) {
        Verdict::Not(ProviderError::Throttled { retry_after }) => retry_after,
        other => panic!("{other:?}"),
    };
    assert_eq!(wait(Some("7")), Some(Duration::from_secs(7)));
    assert_eq!(wait(Some("999999999")), Some(LONGEST_WAIT));
    assert_eq!(wait(Some("Wed, 21 Oct 2026 07:28:00 GMT")), None);
    assert_eq!(wait(None), None);
}

proptest! {
    #[test]
    fn no_answer_makes_a_success_out_of_nothing(status in 100_u16..600, body in r"\PC{0,60}") {
        if let Verdict::Done(payment) = verdict(status, Some(&body), body.as_bytes(), PaymentBody::read) {
            prop_assert!(false, "{payment:?}");
        }
    }
}
