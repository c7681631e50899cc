//! `POST /api/v1/auth/login/phone`

use super::logging_in::{self, try_password};
use crate::harness::{PASSWORD, customer, unique_phone};

const BY: &str = "phone";

#[tokio::test]
async fn the_right_password_begins_a_session() {
    let anna = customer().await;
    logging_in::begins_a_session(BY, &anna.phone, &anna).await;
}

#[tokio::test]
async fn people_may_spell_their_number_as_they_are_used_to() {
    let anna = customer().await;
    let digits = &anna.phone[2..];
    for spelling in
        [format!("8{digits}"), format!("+7 ({}) {}", &digits[..3], &digits[3..]), digits.to_owned()]
    {
        try_password(BY, &spelling, PASSWORD).await.expect(200);
    }
}

#[tokio::test]
async fn who_guesses_learns_nothing() {
    logging_in::tells_nothing_to_who_guesses(BY, &customer().await.phone, &unique_phone()).await;
}

#[tokio::test]
async fn a_password_is_compared_letter_for_letter() {
    logging_in::compares_exactly(BY, &customer().await.phone).await;
}

#[tokio::test]
async fn a_burst_of_guesses_is_counted_like_any_others() {
    logging_in::counts_a_burst(BY, &customer().await.phone).await;
}

#[tokio::test]
async fn the_number_waits_however_it_is_spelt_and_the_address_does_not() {
    let anna = customer().await;
    let theirs = logging_in::waits_after_failures(BY, &anna.phone).await;
    let spelling = format!("8{}", &anna.phone[2..]);
    logging_in::try_from(&theirs, BY, &spelling, PASSWORD).await.problem(429, "too_many_attempts");
    try_password("email", &anna.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let wrong = ["", "+", "112", "+7 999 123", "seven", "tel:+79991234567"];
    logging_in::names_members(BY, &unique_phone(), &wrong).await;
}

#[tokio::test]
async fn failures_lock_nobody_out_where_they_logged_in_before() {
    let anna = customer().await;
    logging_in::lets_known_sources_through(BY, &anna.phone).await;
}
