//! `POST /api/v1/auth/login/email`

use super::logging_in::{self, try_password};
use crate::harness::{PASSWORD, customer, unique_email};

const BY: &str = "email";

#[tokio::test]
async fn the_right_password_begins_a_session() {
    let anna = customer().await;
    logging_in::begins_a_session(BY, &anna.email, &anna).await;
}

#[tokio::test]
async fn people_may_spell_their_address_in_capitals() {
    let anna = customer().await;
    try_password(BY, &format!(" {} ", anna.email.to_uppercase()), PASSWORD).await.expect(200);
}

#[tokio::test]
async fn who_guesses_learns_nothing() {
    logging_in::tells_nothing_to_who_guesses(BY, &customer().await.email, &unique_email()).await;
}

#[tokio::test]
async fn a_password_is_compared_letter_for_letter() {
    logging_in::compares_exactly(BY, &customer().await.email).await;
}

#[tokio::test]
async fn after_ten_failures_their_source_waits() {
    let anna = customer().await;
    logging_in::waits_after_failures(BY, &anna.email).await;
    // Other sources and accounts do not have to wait.
    try_password(BY, &customer().await.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn an_address_without_an_account_waits_like_one_with() {
    logging_in::counts_a_burst(BY, &unique_email()).await;
}

#[tokio::test]
async fn a_burst_of_guesses_is_counted_like_any_others() {
    logging_in::counts_a_burst(BY, &customer().await.email).await;
}

#[tokio::test]
async fn who_knows_the_password_may_use_it_often() {
    logging_in::does_not_count_who_knows_the_password(BY, &customer().await.email).await;
}

#[tokio::test]
async fn a_network_that_tries_many_accounts_is_stopped() {
    let anna = customer().await;
    logging_in::stops_a_network_that_tries_many(BY, &anna.email, unique_email).await;
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let wrong = ["", "anna", "anna@localhost", "имя@example.com"];
    logging_in::names_members(BY, &unique_email(), &wrong).await;
}

#[tokio::test]
async fn failures_lock_nobody_out_where_they_logged_in_before() {
    let anna = customer().await;
    logging_in::lets_known_sources_through(BY, &anna.email).await;
}
