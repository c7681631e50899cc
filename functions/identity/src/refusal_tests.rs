use kernel::Kind::{Conflict, Forbidden, Invalid, NotFound, Throttled, Unauthenticated};

use super::*;

fn email() -> Login {
    Login::Email("ada@example.com".parse().unwrap())
}

fn phone() -> Login {
    Login::Phone("+79991234567".parse().unwrap())
}

fn assert_problem(refusal: impl Into<Problem>, kind: Kind, code: &'static str, detail: &str) {
    assert_eq!(refusal.into(), Problem::new(kind, code, detail));
}

/// As [`assert_problem`], with the one member at fault.
fn assert_fault(
    refusal: impl Into<Problem>,
    (kind, code): (Kind, &'static str),
    detail: &str,
    (pointer, fault): (&str, &str),
) {
    let mut expected = Problem::new(kind, code, detail);
    expected.errors = vec![FieldError { pointer: pointer.to_owned(), detail: fault.to_owned() }];
    assert_eq!(refusal.into(), expected);
}

#[test]
fn the_problems_of_logins() {
    let detail = "There were too many attempts; try again later.";
    let throttled = Problem::new(Throttled, "too_many_attempts", detail).retry_after(7);
    let too_many = TooManyAttempts { wait: 7 };
    assert_eq!(Problem::from(LoginRefusal::TooManyAttempts(too_many)), throttled);
    assert_eq!(Problem::from(LoginError::from(too_many)), throttled);
    let detail = "The login or the password is wrong.";
    assert_problem(LoginRefusal::InvalidCredentials, Unauthenticated, "invalid_credentials", detail);
    let detail = "The account does not have every scope that was asked for.";
    assert_problem(LoginRefusal::InvalidScope, Invalid, "invalid_scope", detail);
    let detail = "The refresh token is not valid, or no longer. Log in again.";
    assert_problem(LoginRefusal::InvalidRefreshToken, Unauthenticated, "invalid_refresh_token", detail);
    for (login, detail) in [
        (
            email(),
            "This email address was not verified within 24 hours of registration. Ask for a code by POST /api/v1/auth/verify/email/send, confirm it, and log in again.",
        ),
        (
            phone(),
            "This phone number was not verified within 24 hours of registration. Ask for a code by POST /api/v1/auth/verify/phone/send, confirm it, and log in again.",
        ),
    ] {
        let refusal = LoginRefusal::VerificationRequired(login);
        assert_problem(refusal, Forbidden, "verification_required", detail);
    }
}

#[test]
fn the_problems_of_second_steps() {
    let detail =
        "This account has a second factor: send a code of its authenticator app, or a recovery code, too.";
    assert_problem(LoginRefusal::SecondFactorRequired, Unauthenticated, "second_factor_required", detail);
    let detail = "The code of the second factor is wrong, or was used before. Each code works once.";
    assert_problem(LoginRefusal::InvalidSecondFactor, Unauthenticated, "invalid_second_factor", detail);
    let detail = "Operators need a second factor here. Enrol one by POST /api/v1/users/me/second-factor, and sign in again.";
    assert_problem(LoginRefusal::SecondFactorNotEnrolled, Forbidden, "second_factor_not_enrolled", detail);
}

#[test]
fn the_problems_of_callers() {
    let detail = "The access token's account does not exist any more.";
    assert_problem(CallerRefusal::AccountDeleted, Unauthenticated, "invalid_token", detail);
    let detail = "The session of this access token has ended. Log in again.";
    assert_problem(CallerRefusal::SessionEnded, Unauthenticated, "invalid_token", detail);
    let detail = "This needs the account's password in the body, or a login within the last 5 minutes.";
    let expected = Problem::new(Forbidden, "fresh_login_required", detail).with("maxAge", 300);
    let max_age = crate::reauthentication::FRESH_LOGIN;
    assert_eq!(Problem::from(CallerRefusal::FreshLoginRequired { max_age }), expected);
    let wrong = CallerRefusal::WrongPassword { pointer: "/currentPassword" };
    let (detail, fault) = ("The account has another password.", ("/currentPassword", "is not the password"));
    assert_fault(wrong, (Invalid, "wrong_password"), detail, fault);
}

#[test]
fn the_problems_of_accounts() {
    assert_problem(AccountRefusal::AccountNotFound, NotFound, "not_found", "There is no such account.");
    assert_problem(AccountRefusal::SessionNotFound, NotFound, "not_found", "There is no such session.");
    assert_problem(AccountRefusal::LoginNotFound, NotFound, "not_found", "The account has no such login.");
    let detail = "The account would have no verified login left. Add another one first.";
    assert_problem(AccountRefusal::LastLogin, Conflict, "last_login", detail);
    for (refusal, class, detail, fault) in [
        (
            AccountRefusal::LoginTaken(email()),
            (Conflict, "email_taken"),
            "There is an account with this email address. If the address is yours, reset the password by email.",
            ("/email", "belongs to an account already"),
        ),
        (
            AccountRefusal::LoginTaken(phone()),
            (Conflict, "phone_taken"),
            "There is an account with this phone number. If the number is yours, reset the password by SMS.",
            ("/phone", "belongs to an account already"),
        ),
        (
            AccountRefusal::InvalidCode,
            (Invalid, "invalid_code"),
            "The code is wrong or not good any more. Ask for another one.",
            ("/code", "is not the code"),
        ),
        (
            AccountRefusal::InvalidResetToken,
            (Invalid, "invalid_reset_token"),
            "The reset token is wrong or not good any more. Ask for another one.",
            ("/resetToken", "is not a good token"),
        ),
    ] {
        assert_fault(refusal, class, detail, fault);
    }
}

#[test]
fn the_problem_of_a_full_address_book() {
    let detail = "The account has 20 addresses already. Delete one first.";
    assert_problem(AccountRefusal::TooManyAddresses { limit: 20 }, Conflict, "too_many_addresses", detail);
}

#[test]
fn the_problems_of_second_factors() {
    let detail = "A second factor is for accounts with scopes, and this account has none.";
    assert_problem(SecondFactorRefusal::NotAvailable, Forbidden, "second_factor_not_available", detail);
    let detail = "The account has a second factor. Remove it before you enrol another one.";
    assert_problem(SecondFactorRefusal::AlreadyEnabled, Conflict, "second_factor_enabled", detail);
    let detail = "The account has no second factor. Enrol one by POST /api/v1/users/me/second-factor.";
    assert_problem(SecondFactorRefusal::NotFound, NotFound, "not_found", detail);
    let detail = "The code is wrong, or was used before. Each code works once.";
    let fault = ("/code", "is not a code of the authenticator app at this time");
    assert_fault(SecondFactorRefusal::InvalidCode, (Invalid, "invalid_code"), detail, fault);
}

#[test]
fn the_problems_of_clients_and_of_other_sites() {
    let detail = "The client's id or secret is wrong.";
    assert_problem(ClientRefusal::InvalidClient, Unauthenticated, "invalid_client", detail);
    assert_problem(ClientRefusal::NotFound, NotFound, "not_found", "There is no such machine client.");
    let forged = CrossSiteRequest { header: ("x-csrf-protection", "1"), inside: "the header is missing" };
    let detail = "Only the operator's page may send this, with the header x-csrf-protection: 1.";
    let expected = Problem::new(Forbidden, "cross_site_request", detail);
    assert_eq!(Problem::from(forged), expected.with_internal_detail("the header is missing"));
}
