//! Holdfast's client: its requests, and its reading of the answers.

use futures_util::future::join_all;
use kernel::{PaymentId, Quantity};
use payments::method::{Instrument, PhoneNumber};
use payments::provider::{
    Capture, PaymentProvider as _, ProviderError, ProviderRefundStatus, ProviderStatus, Refund, Start,
};
use payments::receipt::{Customer, Item, Receipt, TaxSystem, VatCode};
use payments::yookassa::YooKassa;
use serde_json::json;

use super::support::{KEY, World, call, nowhere, refund, roubles, start, start_with_card};

fn code<T: std::fmt::Debug>(outcome: Result<T, ProviderError>) -> String {
    match outcome {
        Err(ProviderError::Refused { code, .. }) => code,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_payment_waits_for_its_payer_and_succeeds() {
    let world = World::begin().await;
    let (yookassa, start) = (world.yookassa(), start());
    let begun = yookassa.start(&call(), &start).await.unwrap();
    assert_eq!(begun.payment_id, Some(start.payment_id));
    let url = format!("{}/confirm/{}", world.double.base_url(), begun.reference);
    assert_eq!(begun.status, ProviderStatus::Pending { confirmation_url: Some(url) });
    assert_eq!(yookassa.find_payment(&call(), &begun.reference).await.unwrap(), Some(begun.clone()));
    world.decide(&begun.reference.to_string(), "pay").await;
    let paid = yookassa.find_payment(&call(), &begun.reference).await.unwrap().unwrap();
    assert_eq!(paid.status, ProviderStatus::Succeeded { captured: roubles(10_000) });
    assert_eq!((paid.payment_id, paid.refunded), (Some(start.payment_id), roubles(0)));
    let kept = &world.ask("payments").await[0];
    assert_eq!(kept["metadata"]["order_number"], "42");
    assert_eq!(world.keys("create_payment").await, [json!(start.payment_id)]);
}

#[tokio::test]
async fn a_card_is_decided_at_once_and_a_phone_elsewhere() {
    let world = World::begin().await;
    let yookassa = world.yookassa();
    let paid = yookassa.start(&call(), &start_with_card("tok_success")).await.unwrap();
    assert_eq!(paid.status, ProviderStatus::Succeeded { captured: roubles(10_000) });
    let declined = yookassa.start(&call(), &start_with_card("tok_declined")).await.unwrap();
    let ProviderStatus::Canceled(why) = declined.status else { panic!("{declined:?}") };
    assert_eq!(
        (why.party.as_deref(), why.reason.as_deref()),
        (Some("payment_network"), Some("general_decline"))
    );
    assert_eq!(code(yookassa.start(&call(), &start_with_card("tok_unknown")).await), "invalid_request");
    let phone = Instrument::Phone(PhoneNumber::parse("+7 999 123-45-60").unwrap());
    let begun = yookassa.start(&call(), &Start { instrument: phone, ..start() }).await.unwrap();
    assert_eq!(begun.status, ProviderStatus::Pending { confirmation_url: None });
}

#[tokio::test]
async fn money_is_set_aside_and_then_taken_or_let_go() {
    let world = World::begin().await;
    let yookassa = world.yookassa();
    let begin = || Start { capture: Capture::InTwoSteps, ..start_with_card("tok_success") };
    let first = begin();
    let held = yookassa.start(&call(), &first).await.unwrap();
    let ProviderStatus::WaitingForCapture { authorised, until: Some(until) } = held.status else {
        panic!("{held:?}")
    };
    assert!(authorised == roubles(10_000) && until > call().now);
    let too_much = yookassa.capture(&call(), first.payment_id, &held.reference, roubles(10_001)).await;
    assert_eq!(code(too_much), "invalid_request");
    for _ in 0..2 {
        let taken =
            yookassa.capture(&call(), first.payment_id, &held.reference, roubles(6_000)).await.unwrap();
        assert_eq!(
            taken.status,
            ProviderStatus::Succeeded { captured: roubles(6_000) },
            "a repeat takes nothing"
        );
    }
    let taken = yookassa.cancel(&call(), first.payment_id, &held.reference).await.unwrap();
    assert_eq!(taken.status, ProviderStatus::Succeeded { captured: roubles(6_000) }, "it is as it is");

    let second = begin();
    let held = yookassa.start(&call(), &second).await.unwrap();
    for _ in 0..2 {
        let gone = yookassa.cancel(&call(), second.payment_id, &held.reference).await.unwrap();
        let ProviderStatus::Canceled(why) = gone.status else { panic!("{gone:?}") };
        assert_eq!(why.party.as_deref(), Some("merchant"));
    }
    let pending = start();
    let begun = yookassa.start(&call(), &pending).await.unwrap();
    assert_eq!(code(yookassa.cancel(&call(), pending.payment_id, &begun.reference).await), "invalid_request");
}

/// The YooKassa stub answers a repeat under a known key as the first request was, refusals included.
#[tokio::test]
async fn what_could_not_be_given_up_while_it_was_pending_is_let_go_of_once_it_is_set_aside() {
    let world = World::begin().await;
    let (yookassa, start) = (world.yookassa(), Start { capture: Capture::InTwoSteps, ..start() });
    let begun = yookassa.start(&call(), &start).await.unwrap();
    let cancel = async || {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        yookassa.cancel(&call(), start.payment_id, &begun.reference).await
    };
    assert_eq!(code(cancel().await), "invalid_request");
    world.decide(&begun.reference.to_string(), "pay").await;
    let gone = cancel().await.unwrap();
    assert!(matches!(gone.status, ProviderStatus::Canceled(_)), "{gone:?}");
}

#[tokio::test]
async fn money_goes_back_in_parts_and_never_more_than_came() {
    let world = World::begin().await;
    let yookassa = world.yookassa();
    let paid = yookassa.start(&call(), &start_with_card("tok_success")).await.unwrap();
    let part = refund(&paid, 2_550);
    let sent = yookassa.refund(&call(), &part).await.unwrap();
    assert_eq!((&sent.status, sent.amount), (&ProviderRefundStatus::Succeeded, roubles(2_550)));
    assert_eq!(sent.payment, paid.reference);
    assert_eq!(yookassa.refund(&call(), &part).await.unwrap(), sent, "a repeat sends nothing");
    assert_eq!(yookassa.find_refund(&call(), &sent.reference).await.unwrap(), Some(sent));
    assert_eq!(code(yookassa.refund(&call(), &refund(&paid, 7_451)).await), "invalid_request");
    yookassa.refund(&call(), &refund(&paid, 7_450)).await.unwrap();
    let seen = yookassa.find_payment(&call(), &paid.reference).await.unwrap().unwrap();
    assert_eq!(seen.refunded, roubles(10_000));

    let begun = yookassa.start(&call(), &start()).await.unwrap();
    assert_eq!(code(yookassa.refund(&call(), &refund(&begun, 100)).await), "invalid_request");
}

#[tokio::test]
async fn a_refund_may_take_its_time_and_fail() {
    let world = World::begin().await;
    let yookassa = world.yookassa();
    let paid = yookassa.start(&call(), &start_with_card("tok_success")).await.unwrap();
    world.script("create_refund", &json!({"kind": "stay_open"})).await;
    let open = yookassa.refund(&call(), &refund(&paid, 10_000)).await.unwrap();
    assert_eq!(open.status, ProviderRefundStatus::Pending);
    let path = format!("refunds/{}/decide", open.reference);
    world.control(&path, &json!({"decision": "cancel"})).await;
    let seen = yookassa.find_refund(&call(), &open.reference).await.unwrap().unwrap();
    let ProviderRefundStatus::Canceled(why) = seen.status else { panic!("{seen:?}") };
    assert_eq!(why.reason.as_deref(), Some("insufficient_funds"));
}

#[tokio::test]
async fn a_receipt_reaches_the_provider() {
    let world = World::begin().await;
    let yookassa = world.yookassa();
    let item = Item {
        description: "Tea".to_owned(),
        quantity: Quantity::new(2).unwrap(),
        price: roubles(5_000),
        vat: VatCode::new(4).unwrap(),
        subject: Some("commodity".to_owned()),
        mode: Some("full_payment".to_owned()),
        measure: Some("piece".to_owned()),
    };
    let customer = Customer { email: Some("a@example.com".to_owned()), ..Customer::default() };
    let receipt = Receipt::new(customer, vec![item], TaxSystem::new(1), roubles(10_000)).unwrap();
    let start = Start { receipt: Some(receipt.clone()), ..start_with_card("tok_success") };
    let paid = yookassa.start(&call(), &start).await.unwrap();
    yookassa
        .refund(&call(), &Refund { receipt: Some(receipt.clone()), ..refund(&paid, 10_000) })
        .await
        .unwrap();
    // The YooKassa stub checks that a receipt adds up, so it has read this one.
    let cheaper = Start { amount: roubles(9_999), payment_id: PaymentId::generate(), ..start };
    assert_eq!(code(yookassa.start(&call(), &cheaper).await), "invalid_request");
}

#[tokio::test]
async fn what_is_not_there_is_nothing() {
    let world = World::begin().await;
    let yookassa = world.yookassa();
    assert_eq!(yookassa.find_payment(&call(), &nowhere()).await.unwrap(), None);
    let refund = "22e12f66".to_owned().try_into().unwrap();
    assert_eq!(yookassa.find_refund(&call(), &refund).await.unwrap(), None);
    let captured = yookassa.capture(&call(), PaymentId::generate(), &nowhere(), roubles(1)).await;
    assert_eq!(code(captured), "not_found");
}

#[tokio::test]
async fn the_same_payment_begun_many_times_at_once_is_one() {
    let world = World::begin().await;
    let (yookassa, start) = (world.yookassa(), start());
    let starting = call();
    let begun = join_all((0..8).map(|_| yookassa.start(&starting, &start))).await;
    let first = begun[0].as_ref().unwrap();
    assert!(begun.iter().all(|payment| payment.as_ref() == Ok(first)));
    assert_eq!(world.ask("payments").await.len(), 1);
}

#[tokio::test]
async fn another_payment_under_a_known_key_leaves_the_first_in_doubt() {
    let world = World::begin().await;
    let (yookassa, first) = (world.yookassa(), start());
    yookassa.start(&call(), &first).await.unwrap();
    let other = yookassa.start(&call(), &Start { amount: roubles(1), ..first }).await;
    assert!(matches!(other, Err(ProviderError::Unknown(_))), "{other:?}");
    assert_eq!(world.keys("create_payment").await.len(), 2, "asking again would not help");
    assert_eq!(world.ask("payments").await.len(), 1);
}

#[tokio::test]
async fn wrong_credentials_are_no_verdict_on_the_payment() {
    let world = World::begin().await;
    let stranger = YooKassa::new(&world.double.api_url(), "another", KEY).unwrap();
    let refused = stranger.start(&call(), &start()).await;
    assert!(matches!(refused, Err(ProviderError::Unavailable(_))), "{refused:?}");
    assert!(world.ask("payments").await.is_empty());
}
