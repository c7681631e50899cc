//! What the tests share: the stack's address, answers that check themselves, and people and products to test with.

pub(crate) mod alarms;
mod answer;
mod aws;
mod consumer;
mod copies;
mod crash_harness;
mod document;
mod events;
mod messages;
mod people;
mod publisher;
mod refusals;
mod shop;
mod stack;
mod tokens;
mod tool;
mod wire;

pub(crate) use answer::{Answer, members};
pub(crate) use aws::{
    count, everything_in, give_up, invoke, invoke_and_read_log, item, journal_of, lambda, lapse, put_back,
    remove, secret, set_flag, set_number, set_text, set_texts, set_texts_of_existing, variables,
    verify_sender, whole_journal,
};
pub(crate) use consumer::{Consumer, taken_from};
pub(crate) use copies::{make_copy, remove_copy};
pub(crate) use crash_harness::{CrashPoint, run_until, run_with};
pub(crate) use document::{Document, Operation, Place, document};
pub(crate) use events::{
    journal_row, order_event, post_from, request_event, sqs_batch, stream_batch, unique_number,
};
pub(crate) use messages::{emails, ses_emails, texts};
pub(crate) use people::{
    PASSWORD, Person, SCOPES, access_token, client, client_token, customer, customer_with, log_in, operator,
    registration, token_of, unique_email, unique_phone, without,
};
pub(crate) use publisher::{Handled, InjectedFault, Publisher, Sight};
pub(crate) use refusals::{
    names_the_member_at_fault, tampered, wants_a_json_object, wants_a_token, wants_the_scope,
};
pub(crate) use shop::{
    Product, address, cart_of, change_of_stock, decide, details, expire, order_directly, patch_stock,
    pay_for, place_order, product, put_in_cart, put_product, put_stock, reload, stock_of, unique_sku,
    with_default_factors,
};
pub(crate) use stack::{delete, get, http, patch, post, put, setting, url};
pub(crate) use tokens::{claims, token_header};
pub(crate) use tool::{Said, stack_tool, tool};

use std::future::Future;
use std::time::Duration;

/// How long something that happens behind the routes may take before a test gives it up.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The time `seconds` from now, as the API writes it.
pub(crate) fn in_seconds(seconds: i64) -> String {
    format!("{:.3}", jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds))
}

/// Asks again and again until there is an answer; fails the test, saying what was waited for, when there is none in time.
pub(crate) async fn eventually<T, F>(what: &str, patience: Duration, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let began = std::time::Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(began.elapsed() < patience, "waited {patience:?} in vain for {what}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
