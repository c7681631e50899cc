//! The reasons for which requests are refused, and their problems: the only place of this context's codes and texts.

use std::time::Duration;

use kernel::{FieldError, Kind, Problem};

use crate::contact::Login;

/// An attempt beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyAttempts {
    /// Seconds until the next attempt may be made.
    pub(crate) wait: u32,
}

/// The reasons for which a login or a refresh yields no tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LoginRefusal {
    TooManyAttempts(TooManyAttempts),
    /// The login is unknown or the password is wrong: one reason, so that callers cannot find out which accounts exist.
    InvalidCredentials,
    /// The password is right, and the login was not verified in time. Callers without the password never receive this.
    VerificationRequired(Login),
    /// More was requested than the account has.
    InvalidScope,
    /// One reason for every token that is not valid: a thief learns nothing from it.
    InvalidRefreshToken,
    /// The account has a second factor, and no code was given.
    SecondFactorRequired,
    /// The code is wrong, or was used before.
    InvalidSecondFactor,
    /// The account has no second factor, and the console requires one.
    SecondFactorNotEnrolled,
}

/// The reason for which a login or a refresh returned no tokens.
#[derive(Debug)]
pub(crate) enum LoginError {
    Refused(LoginRefusal),
    Failed(Problem),
}

/// The reasons for which a token does not allow its caller an operation on their own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallerRefusal {
    /// The token outlived its account, which it does by minutes.
    AccountDeleted,
    /// The token outlived its session.
    SessionEnded,
    /// The operation needs the password, or a login at most `max_age` ago.
    FreshLoginRequired { max_age: Duration },
    /// The password at `pointer` is not the account's.
    WrongPassword { pointer: &'static str },
}

/// The reasons for which an account is not opened, found or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccountRefusal {
    AccountNotFound,
    SessionNotFound,
    LoginNotFound,
    /// Another account has the login.
    LoginTaken(Login),
    /// The account would have no verified login left.
    LastLogin,
    /// The account has the `limit` of saved addresses.
    TooManyAddresses {
        limit: usize,
    },
    /// One reason for a code that is wrong, old, used up or was never sent.
    InvalidCode,
    /// One reason for a token that is wrong, old or used up.
    InvalidResetToken,
}

/// The reasons for which a second factor is not enrolled, confirmed or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecondFactorRefusal {
    /// The account has no scopes.
    NotAvailable,
    AlreadyEnabled,
    NotFound,
    /// The code is wrong, or was used before.
    InvalidCode,
}

/// The reasons for which a machine client is not authenticated, rotated or revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientRefusal {
    /// The client is unknown or the secret is wrong.
    InvalidClient,
    NotFound,
}

/// A request to a route of the console's cookie that the console did not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CrossSiteRequest {
    /// The header that every request of the console has, as its name and value.
    pub(crate) header: (&'static str, &'static str),
    /// The check that failed, for the log.
    pub(crate) inside: &'static str,
}

impl From<Problem> for LoginError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<LoginRefusal> for LoginError {
    fn from(refusal: LoginRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<TooManyAttempts> for LoginError {
    fn from(refusal: TooManyAttempts) -> Self {
        Self::Refused(LoginRefusal::TooManyAttempts(refusal))
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Refused(refusal) => refusal.into(),
            LoginError::Failed(problem) => problem,
        }
    }
}

impl From<TooManyAttempts> for Problem {
    fn from(refusal: TooManyAttempts) -> Self {
        let detail = "There were too many attempts; try again later.";
        Problem::new(Kind::Throttled, "too_many_attempts", detail).retry_after(refusal.wait)
    }
}

impl From<LoginRefusal> for Problem {
    fn from(refusal: LoginRefusal) -> Self {
        match refusal {
            LoginRefusal::TooManyAttempts(refusal) => refusal.into(),
            LoginRefusal::InvalidCredentials => {
                let detail = "The login or the password is wrong.";
                Problem::new(Kind::Unauthenticated, "invalid_credentials", detail)
            }
            LoginRefusal::VerificationRequired(login) => {
                let (kind, noun) = match login {
                    Login::Email(_) => ("email", "email address"),
                    Login::Phone(_) => ("phone", "phone number"),
                };
                let detail = format!(
                    "This {noun} was not verified within 24 hours of registration. Ask for a code by POST /api/v1/auth/verify/{kind}/send, confirm it, and log in again."
                );
                Problem::new(Kind::Forbidden, "verification_required", detail)
            }
            LoginRefusal::InvalidScope => {
                let detail = "The account does not have every scope that was asked for.";
                Problem::new(Kind::Invalid, "invalid_scope", detail)
            }
            LoginRefusal::InvalidRefreshToken => {
                let detail = "The refresh token is not valid, or no longer. Log in again.";
                Problem::new(Kind::Unauthenticated, "invalid_refresh_token", detail)
            }
            LoginRefusal::SecondFactorRequired => {
                let detail = "This account has a second factor: send a code of its authenticator app, or a recovery code, too.";
                Problem::new(Kind::Unauthenticated, "second_factor_required", detail)
            }
            LoginRefusal::InvalidSecondFactor => {
                let detail =
                    "The code of the second factor is wrong, or was used before. Each code works once.";
                Problem::new(Kind::Unauthenticated, "invalid_second_factor", detail)
            }
            LoginRefusal::SecondFactorNotEnrolled => {
                let detail = "Operators need a second factor here. Enrol one by POST /api/v1/users/me/second-factor, and sign in again.";
                Problem::new(Kind::Forbidden, "second_factor_not_enrolled", detail)
            }
        }
    }
}

impl From<CallerRefusal> for Problem {
    fn from(refusal: CallerRefusal) -> Self {
        match refusal {
            CallerRefusal::AccountDeleted => {
                let detail = "The access token's account does not exist any more.";
                Problem::new(Kind::Unauthenticated, "invalid_token", detail)
            }
            CallerRefusal::SessionEnded => {
                let detail = "The session of this access token has ended. Log in again.";
                Problem::new(Kind::Unauthenticated, "invalid_token", detail)
            }
            CallerRefusal::FreshLoginRequired { max_age } => {
                let seconds = max_age.as_secs();
                let detail = format!(
                    "This needs the account's password in the body, or a login within the last {} minutes.",
                    seconds / 60
                );
                Problem::new(Kind::Forbidden, "fresh_login_required", detail).with("maxAge", seconds)
            }
            CallerRefusal::WrongPassword { pointer } => {
                let detail = "The account has another password.";
                let problem = Problem::new(Kind::Invalid, "wrong_password", detail);
                at(pointer, "is not the password", problem)
            }
        }
    }
}

impl From<AccountRefusal> for Problem {
    fn from(refusal: AccountRefusal) -> Self {
        match refusal {
            AccountRefusal::AccountNotFound => Problem::not_found("There is no such account."),
            AccountRefusal::SessionNotFound => Problem::not_found("There is no such session."),
            AccountRefusal::LoginNotFound => Problem::not_found("The account has no such login."),
            AccountRefusal::LoginTaken(login) => {
                let problem = match login {
                    Login::Email(_) => Problem::conflict(
                        "email_taken",
                        "There is an account with this email address. If the address is yours, reset the password by email.",
                    ),
                    Login::Phone(_) => Problem::conflict(
                        "phone_taken",
                        "There is an account with this phone number. If the number is yours, reset the password by SMS.",
                    ),
                };
                at(&format!("/{}", login.kind()), "belongs to an account already", problem)
            }
            AccountRefusal::LastLogin => {
                let detail = "The account would have no verified login left. Add another one first.";
                Problem::conflict("last_login", detail)
            }
            AccountRefusal::TooManyAddresses { limit } => {
                let detail = format!("The account has {limit} addresses already. Delete one first.");
                Problem::conflict("too_many_addresses", detail)
            }
            AccountRefusal::InvalidCode => {
                let detail = "The code is wrong or not good any more. Ask for another one.";
                at("/code", "is not the code", Problem::new(Kind::Invalid, "invalid_code", detail))
            }
            AccountRefusal::InvalidResetToken => {
                let detail = "The reset token is wrong or not good any more. Ask for another one.";
                let problem = Problem::new(Kind::Invalid, "invalid_reset_token", detail);
                at("/resetToken", "is not a good token", problem)
            }
        }
    }
}

impl From<SecondFactorRefusal> for Problem {
    fn from(refusal: SecondFactorRefusal) -> Self {
        match refusal {
            SecondFactorRefusal::NotAvailable => {
                let detail = "A second factor is for accounts with scopes, and this account has none.";
                Problem::new(Kind::Forbidden, "second_factor_not_available", detail)
            }
            SecondFactorRefusal::AlreadyEnabled => {
                let detail = "The account has a second factor. Remove it before you enrol another one.";
                Problem::conflict("second_factor_enabled", detail)
            }
            SecondFactorRefusal::NotFound => Problem::not_found(
                "The account has no second factor. Enrol one by POST /api/v1/users/me/second-factor.",
            ),
            SecondFactorRefusal::InvalidCode => {
                let detail = "The code is wrong, or was used before. Each code works once.";
                let problem = Problem::new(Kind::Invalid, "invalid_code", detail);
                at("/code", "is not a code of the authenticator app at this time", problem)
            }
        }
    }
}

impl From<ClientRefusal> for Problem {
    fn from(refusal: ClientRefusal) -> Self {
        match refusal {
            ClientRefusal::InvalidClient => {
                let detail = "The client's id or secret is wrong.";
                Problem::new(Kind::Unauthenticated, "invalid_client", detail)
            }
            ClientRefusal::NotFound => Problem::not_found("There is no such machine client."),
        }
    }
}

impl From<CrossSiteRequest> for Problem {
    fn from(refusal: CrossSiteRequest) -> Self {
        let (name, value) = refusal.header;
        let detail = format!("Only the operator's page may send this, with the header {name}: {value}.");
        Problem::new(Kind::Forbidden, "cross_site_request", detail).with_internal_detail(refusal.inside)
    }
}

/// `problem`, which is the fault of the member at `pointer`.
fn at(pointer: &str, fault: &str, mut problem: Problem) -> Problem {
    problem.errors.push(FieldError { pointer: pointer.to_owned(), detail: fault.to_owned() });
    problem
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
