//! The owner of an account is notified of changes to it, regardless of who makes them.

use futures_util::future::{join, join_all};
use serde_json::json;

use super::add_login::{LOGINS, add};
use super::request_password_reset::request;
use super::second_factor::{confirm, enrol, operator_with_app, remove};
use super::sending::{EMAIL, PHONE, accepted};
use crate::harness::{Answer, PASSWORD, Person, customer, delete, patch, post, texts, unique_email};

const TEMPLATE: &str = "account_changed";
const NEW_PASSWORD: &str = "another horse and another staple";

/// An account whose owner proved its address, and heard that the number is gone.
async fn proved() -> Person {
    let anna = customer().await;
    accepted(EMAIL.send(&anna.email).await);
    EMAIL.confirm(&anna.email, &EMAIL.code(&anna.email, 1).await).await.expect(204);
    let told = EMAIL.message(&anna.email, TEMPLATE, 1).await;
    assert!(told.contains("phone number of your account was added or removed"), "{told}");
    anna
}

#[tokio::test]
async fn every_login_that_was_proved_hears_of_one_that_comes_or_goes() {
    let anna = proved().await;
    accepted(add(&anna, &json!({"phone": anna.phone})).await);
    let code = PHONE.code(&anna.phone, 1).await;
    let body = json!({"phone": anna.phone, "code": code});
    anna.ask(post(&format!("{LOGINS}/confirm")).json(&body)).await.expect(200);
    EMAIL.message(&anna.email, TEMPLATE, 2).await;
    PHONE.message(&anna.phone, TEMPLATE, 1).await;

    // An attacker who takes an account over by another address does not take its notices along.
    let other = unique_email();
    accepted(add(&anna, &json!({"email": other})).await);
    let body = json!({"email": other, "code": EMAIL.code(&other, 1).await});
    anna.ask(post(&format!("{LOGINS}/confirm")).json(&body)).await.expect(200);
    EMAIL.message(&anna.email, TEMPLATE, 3).await;
    EMAIL.message(&other, TEMPLATE, 1).await;
    PHONE.message(&anna.phone, TEMPLATE, 2).await;
    anna.ask(delete(&format!("{LOGINS}/email"))).await.expect(200);
    EMAIL.message(&other, TEMPLATE, 2).await;
    PHONE.message(&anna.phone, TEMPLATE, 3).await;
    assert_eq!(
        EMAIL.received(&anna.email, TEMPLATE).await.len(),
        3,
        "it was no login of the account any more"
    );
}

#[tokio::test]
async fn a_new_password_is_told() {
    let anna = proved().await;
    let change = json!({"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD});
    anna.ask(post("/api/v1/auth/password/change").json(&change)).await.expect(204);
    let told = EMAIL.message(&anna.email, TEMPLATE, 2).await;
    assert!(told.contains("The password of your account was changed."), "{told}");

    accepted(request(EMAIL, &anna.email).await);
    let token = EMAIL.token(&anna.email, 1).await;
    let body = json!({"resetToken": token, "newPassword": PASSWORD});
    Answer::to(post("/api/v1/auth/password/reset/confirm").json(&body)).await.expect(204);
    let told = EMAIL.message(&anna.email, TEMPLATE, 3).await;
    assert!(told.contains("The password of your account was changed."), "{told}");
}

/// An attacker who would hide a change among many runs out of changes before the owner runs out of notices.
#[tokio::test]
async fn no_number_of_changes_hides_another() {
    let anna = proved().await;
    let (mut current, mut next, mut told) = (PASSWORD, NEW_PASSWORD, 1);
    let refused = loop {
        let change = json!({"currentPassword": current, "newPassword": next});
        let answer = anna.ask(post("/api/v1/auth/password/change").json(&change)).await;
        if answer.status != 204 {
            break answer;
        }
        told += 1;
        (current, next) = (next, current);
    };
    // The day may turn in between.
    assert!((10..=20).contains(&told), "{told}");
    refused.problem(429, "too_many_attempts");
    EMAIL.message(&anna.email, TEMPLATE, told).await;
    let remove = json!({"password": current});
    anna.ask(delete("/api/v1/users/me").json(&remove)).await.expect(204);
    let last = EMAIL.message(&anna.email, TEMPLATE, told + 1).await;
    assert!(last.contains("Your account was deleted."), "{last}");
}

/// Requests of one instant, and renames that make the change be tried again, are one change.
#[tokio::test]
async fn a_change_is_told_once() {
    let anna = proved().await;
    let change = json!({"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD});
    let changing = join_all((0..3).map(|_| anna.ask(post("/api/v1/auth/password/change").json(&change))));
    let renaming = async {
        for turn in 0..6 {
            let name = json!({"firstName": format!("Anna{}", ["a", "b"][turn % 2])});
            anna.ask(patch("/api/v1/users/me").json(&name)).await;
        }
    };
    let (answers, ()) = join(changing, renaming).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    anna.ask(delete("/api/v1/users/me")).await.expect(204);
    // The notice of the deletion is sent last.
    EMAIL.message(&anna.email, TEMPLATE, 3).await;
    let all = EMAIL.received(&anna.email, TEMPLATE).await;
    assert_eq!(all.iter().filter(|text| text.contains("The password of your account")).count(), 1, "{all:?}");
}

#[tokio::test]
async fn the_end_of_an_account_is_told_to_whoever_had_it() {
    let anna = proved().await;
    anna.ask(delete("/api/v1/users/me")).await.expect(204);
    let told = EMAIL.message(&anna.email, TEMPLATE, 2).await;
    assert!(told.contains("Your account was deleted.") && told.contains("Hello, "), "{told}");
    // Where no login is verified, the notice goes to the address that was registered, and no SMS is sent to an unproved number.
    let boris = customer().await;
    boris.ask(delete("/api/v1/users/me")).await.expect(204);
    EMAIL.message(&boris.email, TEMPLATE, 1).await;
    assert!(texts(&boris.phone).await.is_empty());
}

#[tokio::test]
async fn a_second_factor_is_told_as_it_comes_and_goes() {
    let olga = operator_with_app().await;
    let told = EMAIL.message(&olga.person.email, TEMPLATE, 1).await;
    assert!(told.contains("A second factor is now asked for"), "{told}");
    remove(&olga.person, PASSWORD, &olga.app.code(1)).await.expect(204);
    let told = EMAIL.message(&olga.person.email, TEMPLATE, 2).await;
    assert!(told.contains("The second factor of your account was removed."), "{told}");
}

/// A token outlives its session, and does nothing with the second factor of its account then.
#[tokio::test]
async fn a_token_of_an_ended_session_changes_no_second_factor() {
    let olga = operator_with_app().await;
    olga.person.ask(delete("/api/v1/users/me/sessions")).await.expect(204);
    enrol(&olga.person, PASSWORD).await.problem(401, "invalid_token");
    confirm(&olga.person, &olga.app.code(1)).await.problem(401, "invalid_token");
    remove(&olga.person, PASSWORD, &olga.app.code(1)).await.problem(401, "invalid_token");
}
