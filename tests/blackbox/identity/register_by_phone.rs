//! `POST /api/v1/auth/register/phone`

use serde_json::{Value, json};

use super::registering::{self, register, send, user, without_id};
use crate::harness::{names_the_member_at_fault, registration, without};

const BY: &str = "phone";

#[tokio::test]
async fn an_account_is_opened_and_answered_without_its_password() {
    let body = registration();
    assert_eq!(without_id(send(BY, &body).await.expect(201)), user(&body));
}

#[tokio::test]
async fn an_address_may_be_left_out_and_the_number_may_not() {
    let body = without(&registration(), "email");
    assert_eq!(without_id(send(BY, &body).await.expect(201)), user(&body));
    names_the_member_at_fault(&registration(), [("phone", Value::Null)], || register(BY)).await;
}

#[tokio::test]
async fn a_number_that_is_taken_is_refused_also_without_an_address() {
    let first = without(&registration(), "email");
    send(BY, &first).await.expect(201);
    let problem = send(BY, &first).await.problem_at(409, "phone_taken", "/phone");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1);
}

/// The holder of a premium-rate number is paid for each SMS to it.
#[tokio::test]
async fn a_number_that_costs_is_refused() {
    for phone in ["+979 1 234 5678", "+44 909 879 0879", "+1 900 234 5678", "+882 13 300 655"] {
        let mut body = registration();
        body["phone"] = json!(phone);
        send(BY, &body).await.problem_at(422, "invalid_input", "/phone");
    }
}

#[tokio::test]
async fn names_addresses_and_numbers_are_brought_into_one_form() {
    registering::normalises(BY).await;
}

#[tokio::test]
async fn a_time_zone_may_be_named() {
    registering::takes_a_time_zone(BY).await;
}

#[tokio::test]
async fn a_number_may_be_pasted() {
    registering::takes_pasted_numbers(BY).await;
}

#[tokio::test]
async fn all_faults_are_named_at_once() {
    registering::names_all_members_at_once(BY).await;
}

#[tokio::test]
async fn a_member_that_breaks_a_rule_is_named() {
    registering::names_members(BY).await;
}

#[tokio::test]
async fn a_password_is_of_12_to_128_characters_of_any_kind() {
    registering::takes_any_password(BY).await;
}

#[tokio::test]
async fn a_login_that_is_taken_is_refused_and_named() {
    registering::refuses_what_is_taken(BY).await;
}

#[tokio::test]
async fn of_registrations_at_the_same_instant_one_wins() {
    registering::lets_one_of_many_win(BY).await;
}

#[tokio::test]
async fn a_repeated_request_is_answered_like_the_first() {
    registering::heeds_the_idempotency_key(BY).await;
}

#[tokio::test]
async fn parallel_repeats_open_one_account() {
    registering::makes_one_account_of_parallel_repeats(BY).await;
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused() {
    registering::reads_a_json_object(BY).await;
}

#[tokio::test]
async fn a_login_that_was_never_proved_is_its_owners_to_register() {
    registering::takes_over_what_was_never_proved(BY).await;
}

#[tokio::test]
async fn ones_own_names_are_no_password() {
    registering::refuses_ones_own_names(BY).await;
}
