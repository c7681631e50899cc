//! `make trace`: an order's timeline.

use std::process::Output;

use crate::harness::{PATIENCE, customer, emails, eventually, pay_for, product, stack_tool};

/// What the timeline of an order that was paid at once has.
const PARTS: [&str; 9] = [
    "orders.order_placed #1",
    "orders.order_paid #2",
    "payments.payment_succeeded",
    "notifications.notification_sent",
    "PlaceOrder",
    "PublishEvents",
    "order_paid by email: sent",
    "reservation",
    "NotifyCustomer",
];

/// What the tool says of the order called `reference`.
fn trace(reference: &str) -> Output {
    stack_tool(&["trace", "--order", reference]).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn an_order_s_timeline_has_what_happened_and_who_logged_it() {
    let anna = customer().await;
    let paid = pay_for(&anna, &product(100, 1).await, 1).await;
    eventually("the messages", PATIENCE, || async { (!emails(&anna.email).await.is_empty()).then_some(()) })
        .await;
    // The tool reads all logs since then, those of other tests too.
    let told = eventually("the timeline to be whole", 2 * PATIENCE, || async {
        let output = trace(&paid["number"].to_string());
        assert!(output.status.success(), "{}", said(&output));
        Some(said(&output)).filter(|text| PARTS.iter().all(|part| text.contains(part)))
    })
    .await;
    let id = paid["id"].as_str().unwrap();
    assert!(told.starts_with(&format!("Order {} ({id}): paid\n", paid["number"])), "{told}");
    let times: Vec<&str> = told.lines().skip(2).map(|line| line.split_once(' ').unwrap().0).collect();
    assert!(times.is_sorted(), "{told}");
    assert!(!told.contains(&anna.email) && !told.contains("tok_success"), "{told}");
    assert_eq!(said(&trace(id)).lines().next(), told.lines().next(), "by its id as by its number");
}

#[tokio::test]
async fn what_is_no_order_is_said_to_be_none() {
    for (reference, words) in
        [("123", "there is no order 123"), ("", "no order is called"), ("x; ls", "no order is called")]
    {
        let output = trace(reference);
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains(words), "{}", said(&output));
        assert!(!said(&output).contains("Traceback"));
    }
}
