//! Holdfast's client when the provider fails: a change is made once, and an unknown outcome is reported as unknown.

use std::time::Duration;

use kernel::PaymentId;
use payments::provider::{Capture, PaymentProvider as _, ProviderError, ProviderStatus, Start};
use payments::yookassa::YooKassa;
use serde_json::json;

use super::support::{
    KEY, SHOP, World, any_port, call, call_with, nowhere, refund, roubles, start, start_with_card,
};

#[tokio::test]
async fn a_payment_is_begun_once_whatever_becomes_of_the_answer() {
    for kind in ["fail_before", "fail_after", "drop_before", "drop_after"] {
        let world = World::begin().await;
        let (yookassa, start) = (world.yookassa(), start());
        world.script_times("create_payment", &json!({"kind": kind}), 2).await;
        let begun = yookassa.start(&call(), &start).await.unwrap();
        assert_eq!(begun.payment_id, Some(start.payment_id), "{kind}");
        assert_eq!(world.ask("payments").await.len(), 1, "{kind}");
        assert_eq!(world.keys("create_payment").await, vec![json!(start.payment_id); 3], "{kind}");
    }
}

#[tokio::test]
async fn what_follows_a_payment_happens_once_too() {
    for kind in ["fail_after", "drop_after"] {
        let world = World::begin().await;
        let yookassa = world.yookassa();
        let effect = json!({"kind": kind});
        let begin = || Start { capture: Capture::InTwoSteps, ..start_with_card("tok_success") };

        let start = begin();
        let held = yookassa.start(&call(), &start).await.unwrap();
        world.script("capture_payment", &effect).await;
        let taken =
            yookassa.capture(&call(), start.payment_id, &held.reference, roubles(9_000)).await.unwrap();
        assert_eq!(taken.status, ProviderStatus::Succeeded { captured: roubles(9_000) }, "{kind}");

        world.script("create_refund", &effect).await;
        yookassa.refund(&call(), &refund(&taken, 4_000)).await.unwrap();
        assert_eq!(world.ask("refunds").await.len(), 1, "{kind}");

        let start = begin();
        let held = yookassa.start(&call(), &start).await.unwrap();
        world.script("cancel_payment", &effect).await;
        let gone = yookassa.cancel(&call(), start.payment_id, &held.reference).await.unwrap();
        assert!(matches!(gone.status, ProviderStatus::Canceled(_)), "{kind}");
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_asked_for_again() {
    let world = World::begin().await;
    let (yookassa, start) = (world.yookassa(), start());
    // Time for one attempt of a second, and for no other.
    world.script("create_payment", &json!({"kind": "delay", "ms": 30_000})).await;
    let late = yookassa.start(&call_with(Duration::from_secs(3)), &start).await;
    assert!(matches!(late, Err(ProviderError::Unknown(_))), "{late:?}");
    assert_eq!(world.ask("payments").await.len(), 1, "it was done all the same");
    let begun = yookassa.start(&call(), &start).await.unwrap();
    assert_eq!(world.ask("payments").await[0]["id"], begun.reference.to_string());
    assert_eq!(world.ask("payments").await.len(), 1);
}

#[tokio::test]
async fn it_gives_up_after_a_few_attempts_and_says_that_it_does_not_know() {
    let world = World::begin().await;
    let yookassa = world.yookassa();
    world.script_times("create_payment", &json!({"kind": "fail_before"}), 9).await;
    let unknown = yookassa.start(&call(), &start()).await;
    assert!(matches!(unknown, Err(ProviderError::Unknown(_))), "{unknown:?}");
    assert_eq!(world.keys("create_payment").await.len(), 3);
}

#[tokio::test]
async fn what_was_not_done_is_not_asked_for_again() {
    let world = World::begin().await;
    let yookassa = world.yookassa();
    world.script("create_payment", &json!({"kind": "throttle", "retry_after": 7})).await;
    let throttled = yookassa.start(&call(), &start()).await;
    assert_eq!(throttled, Err(ProviderError::Throttled { retry_after: Some(Duration::from_secs(7)) }));
    world.script("create_payment", &json!({"kind": "unauthorized"})).await;
    let unavailable = yookassa.start(&call(), &start()).await;
    assert!(matches!(unavailable, Err(ProviderError::Unavailable(_))), "{unavailable:?}");
    assert_eq!(world.keys("create_payment").await.len(), 2);
    assert!(world.ask("payments").await.is_empty());
}

#[tokio::test]
async fn doubt_is_not_forgotten_because_the_next_attempt_failed_plainly() {
    for plain in [json!({"kind": "throttle"}), json!({"kind": "unauthorized"})] {
        let world = World::begin().await;
        world.script("create_payment", &json!({"kind": "drop_after"})).await;
        world.script("create_payment", &plain).await;
        let outcome = world.yookassa().start(&call(), &start()).await;
        assert!(matches!(outcome, Err(ProviderError::Unknown(_))), "{plain}: {outcome:?}");
        assert_eq!(world.ask("payments").await.len(), 1);
    }
}

#[tokio::test]
async fn reading_is_repeated_and_never_in_doubt() {
    let world = World::begin().await;
    let yookassa = world.yookassa();
    let begun = yookassa.start(&call(), &start()).await.unwrap();
    for kind in ["fail_before", "drop_before", "drop_after"] {
        world.script("get_payment", &json!({"kind": kind})).await;
        assert_eq!(
            yookassa.find_payment(&call(), &begun.reference).await.unwrap(),
            Some(begun.clone()),
            "{kind}"
        );
    }
    world.script_times("get_payment", &json!({"kind": "fail_before"}), 3).await;
    let gone = yookassa.find_payment(&call(), &begun.reference).await;
    assert!(matches!(gone, Err(ProviderError::Unavailable(_))), "{gone:?}");
}

#[tokio::test]
async fn nobody_there_means_that_nothing_was_done() {
    // A port that was free a moment ago.
    let listener = tokio::net::TcpListener::bind(any_port()).await.unwrap();
    let url = format!("http://{}/v3", listener.local_addr().unwrap());
    drop(listener);
    let yookassa = YooKassa::new(&url, SHOP, KEY).unwrap();
    let outcome = yookassa.start(&call(), &start()).await;
    assert!(matches!(outcome, Err(ProviderError::Unavailable(_))), "{outcome:?}");
}

#[tokio::test]
async fn without_time_nothing_is_asked() {
    let world = World::begin().await;
    let yookassa = world.yookassa();
    let hurried = call_with(Duration::from_secs(2));
    let outcome = yookassa.start(&hurried, &start()).await;
    assert!(matches!(outcome, Err(ProviderError::Unavailable(_))), "{outcome:?}");
    let captured = yookassa.capture(&hurried, PaymentId::generate(), &nowhere(), roubles(1)).await;
    assert!(matches!(captured, Err(ProviderError::Unavailable(_))), "{captured:?}");
    assert!(world.ask("calls").await.is_empty());
}
