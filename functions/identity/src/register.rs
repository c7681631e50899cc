//! Opening an account.

use kernel::{FieldError, NewEvent, Problem, Timestamp, UserId};
use platform::auth::Scopes;
use platform::dynamo::{Refused, TransactError, Write};
use platform::idempotency::{self, KeyTaken};
use platform::journal::Journal;
use platform::{Call, Init, InitError};
use serde_json::json;

use crate::contact::{Email, Locale, PersonName, Phone};
use crate::password::{Password, PasswordHash};
use crate::preferences::Preferences;
use crate::store::{Collision, Profile, Store};

/// What a person says about themselves to get an account. One of `email` and `phone` is there.
pub(crate) struct Registration {
    pub(crate) first_name: PersonName,
    pub(crate) last_name: PersonName,
    pub(crate) email: Option<Email>,
    pub(crate) phone: Option<Phone>,
    pub(crate) password: Password,
    pub(crate) locale: Locale,
}

/// An account that is about to be opened.
pub(crate) struct NewAccount {
    pub(crate) user: UserId,
    pub(crate) profile: Profile,
    hash: PasswordHash,
}

impl Registration {
    /// The account that this makes. Hashes the password, which takes a while.
    pub(crate) fn into_account(self, user: UserId, now: Timestamp) -> Result<NewAccount, Problem> {
        let hash = self.password.hash()?;
        let profile = Profile {
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            phone: self.phone,
            email_verified: false,
            phone_verified: false,
            locale: self.locale,
            preferences: Preferences::default(),
            scopes: Scopes::default(),
            version: 1,
            created_at: now,
        };
        Ok(NewAccount { user, profile, hash })
    }
}

/// Why an account was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Collision(Collision),
    KeyTaken,
    Sequence,
}

/// Opens accounts.
pub(crate) struct Register {
    store: Store,
    journal: Journal,
}

impl Register {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { store: Store::connect(init).await?, journal: Journal::connect(init).await? })
    }

    /// Opens `account` together with `answered`, the record of the answer, where the request asked for one.
    pub(crate) async fn open(
        &self,
        call: &Call,
        account: &NewAccount,
        answered: Option<Write<KeyTaken>>,
    ) -> Result<(), Problem> {
        let NewAccount { user, profile, hash } = account;
        let data = json!({ "userId": user });
        let event =
            NewEvent::new("identity.user_registered", format!("user/{user}"), profile.version, &data)?;
        let items = self.store.open_account(*user, profile, hash)?;
        let mut writes: Vec<_> = items.into_iter().map(|write| write.map(Refusal::Collision)).collect();
        writes.push(self.journal.append(call, event)?.map(|_| Refusal::Sequence));
        writes.extend(answered.map(|write| write.map(|_| Refusal::KeyTaken)));
        self.store.dynamo().transact(call, writes).await.map_err(explain)
    }
}

fn explain(error: TransactError<Refusal>) -> Problem {
    error.into_problem(|refused: Vec<Refused<Refusal>>| {
        let reasons: Vec<Refusal> = refused.into_iter().map(|one| one.reason).collect();
        // The same request was here a moment ago: that it also took the login is no news to its sender.
        if reasons.contains(&Refusal::KeyTaken) {
            return idempotency::in_progress();
        }
        let taken: Vec<Collision> = reasons
            .into_iter()
            .filter_map(|reason| match reason {
                Refusal::Collision(collision @ (Collision::Email | Collision::Phone)) => Some(collision),
                Refusal::Collision(Collision::Id) | Refusal::KeyTaken | Refusal::Sequence => None,
            })
            .collect();
        already_taken(&taken)
    })
}

/// Names every login that is taken; the code is the first one's.
fn already_taken(taken: &[Collision]) -> Problem {
    let (code, detail) = match taken.first() {
        Some(Collision::Email) => ("email_taken", "There is an account with this email address."),
        Some(Collision::Phone) => ("phone_taken", "There is an account with this phone number."),
        Some(Collision::Id) | None => return Problem::internal("a new account's id is in use"),
    };
    let mut problem = Problem::conflict(code, detail);
    problem.errors = taken
        .iter()
        .map(|collision| FieldError {
            pointer: if *collision == Collision::Email { "/email" } else { "/phone" }.to_owned(),
            detail: "belongs to an account already".to_owned(),
        })
        .collect();
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(reasons: &[Refusal]) -> Problem {
        let refused = reasons
            .iter()
            .map(|reason| Refused { reason: *reason, current: None, contended: false })
            .collect();
        explain(TransactError::Refused(refused))
    }

    #[test]
    fn every_login_that_is_taken_is_named() {
        let both = [Refusal::Collision(Collision::Email), Refusal::Collision(Collision::Phone)];
        let problem = refused(&both);
        assert_eq!(problem.code, "email_taken");
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/email", "/phone"]);
        let problem = refused(&both[1..]);
        assert_eq!((problem.code, problem.errors[0].pointer.as_str()), ("phone_taken", "/phone"));
    }

    #[test]
    fn a_parallel_repeat_is_told_so_and_not_that_its_login_is_taken() {
        let problem = refused(&[Refusal::Collision(Collision::Email), Refusal::KeyTaken]);
        assert_eq!(problem.code, "idempotency_in_progress");
    }

    #[test]
    fn an_id_that_is_in_use_is_our_fault() {
        assert_eq!(refused(&[Refusal::Collision(Collision::Id)]).code, "internal");
        assert_eq!(refused(&[Refusal::Sequence]).code, "internal");
    }
}
