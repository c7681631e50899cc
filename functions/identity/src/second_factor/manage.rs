//! Enrolling a second factor, confirming it, and removing it.

use kernel::{EventData, NewEvent, Problem, UserId};
use platform::dynamo::Write;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};
use serde::Serialize;

use super::{Challenge, RECOVERY_CODES, SecondFactor, SecondFactorCode, TotpSecret};
use crate::account_notices::{AccountNotices, ChangeNotice};
use crate::contact::{Email, Phone};
use crate::delivery::AccountChange;
use crate::events::{Account, SecondFactorEnabled, SecondFactorRemoved};
use crate::refusal::{CallerRefusal, SecondFactorRefusal};
use crate::store::{Profile, Store};

/// The enrolment of an authenticator app; shown once. Deliberately not `Debug`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Enrolled {
    /// For typing.
    secret: String,
    /// For a QR code.
    otpauth_uri: String,
}

/// The second factors of accounts.
pub(crate) struct SecondFactors {
    store: Store,
    journal: Journal,
    challenge: Challenge,
    /// The stack's name, by which an app distinguishes its entries.
    issuer: String,
}

/// The account or its factor was changed since it was read.
struct Changed;

impl SecondFactors {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`, and the key that `SECOND_FACTOR_SECRET_ARN` names.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let (store, journal) = (Store::connect(init).await?, Journal::connect(init).await?);
        let challenge = Challenge::from_init(init, store.clone()).await?;
        Ok(Self { challenge, journal, issuer: init.required("TOKEN_ISSUER")?, store })
    }

    /// A new secret for `user`, who proved to be the owner, which counts once a code confirms it. One that was never confirmed is replaced.
    pub(crate) async fn enrol(&self, call: &InvocationContext, user: UserId) -> Result<Enrolled, Problem> {
        let (profile, seen) = tokio::try_join!(self.store.profile(user), self.store.second_factor(user))?;
        let profile = profile.ok_or(CallerRefusal::AccountDeleted)?;
        if profile.scopes.0.is_empty() {
            return Err(SecondFactorRefusal::NotAvailable.into());
        }
        if seen.as_ref().is_some_and(SecondFactor::is_enabled) {
            return Err(SecondFactorRefusal::AlreadyEnabled.into());
        }
        let secret = TotpSecret::generate()?;
        let factor = SecondFactor::pending(self.challenge.key.seal(user, &secret)?, call.now);
        let write = self.store.put_second_factor(user, &factor, seen.as_ref(), ())?;
        let commit = self.store.dynamo().commit(call, vec![write]).await?;
        commit.ok_or_else(|_| Problem::unavailable("another enrolment came in between"))?;
        let otpauth_uri = secret.uri(&self.issuer, &account_name(&profile));
        Ok(Enrolled { secret: secret.base32(), otpauth_uri })
    }

    /// Enables the secret that `code` shows to be in an app, and has `notices` tell of it; answers the recovery codes, which are kept nowhere.
    pub(crate) async fn confirm(
        &self,
        call: &InvocationContext,
        user: UserId,
        code: &SecondFactorCode,
        notices: &AccountNotices,
    ) -> Result<Vec<String>, Problem> {
        match self.store.second_factor(user).await? {
            None => return Err(SecondFactorRefusal::NotFound.into()),
            Some(factor) if factor.is_enabled() => return Err(SecondFactorRefusal::AlreadyEnabled.into()),
            Some(_) => {}
        }
        let spent = self.challenge.spend(call, user, code).await?.ok_or(SecondFactorRefusal::InvalidCode)?;
        if spent.is_enabled() {
            return Err(SecondFactorRefusal::AlreadyEnabled.into());
        }
        let codes = recovery_codes()?;
        let enabled = SecondFactor {
            confirmed_at: Some(call.now),
            recovery_hashes: codes.iter().map(|code| code.recovery_hash(user)).collect(),
            version: spent.version + 1,
            ..spent.clone()
        };
        let change = (AccountChange::SecondFactorEnabled, &SecondFactorEnabled(Account { user_id: user }));
        self.change(call, user, notices, change, &spent.version.to_string(), || {
            self.store.put_second_factor(user, &enabled, Some(&spent), Changed)
        })
        .await?;
        Ok(codes.iter().map(SecondFactorCode::shown).collect())
    }

    /// Removes the second factor of `user`, who proved to know the password, and has `notices` tell of it.
    pub(crate) async fn remove(
        &self,
        call: &InvocationContext,
        user: UserId,
        code: &SecondFactorCode,
        notices: &AccountNotices,
    ) -> Result<(), Problem> {
        if !self.store.second_factor(user).await?.is_some_and(|factor| factor.is_enabled()) {
            return Err(SecondFactorRefusal::NotFound.into());
        }
        let spent = self.challenge.spend(call, user, code).await?.ok_or(SecondFactorRefusal::InvalidCode)?;
        let change = (AccountChange::SecondFactorRemoved, &SecondFactorRemoved(Account { user_id: user }));
        self.change(call, user, notices, change, &spent.version.to_string(), || {
            self.store.delete_second_factor(user, &spent, Changed)
        })
        .await
    }

    /// Makes `write`, which the factor of version `once` allows, in one transaction with the account's next version and the journal's row of the
    /// change.
    async fn change(
        &self,
        call: &InvocationContext,
        user: UserId,
        notices: &AccountNotices,
        (change, event): (AccountChange, &impl EventData),
        once: &str,
        write: impl Fn() -> Result<Write<Changed>, Problem>,
    ) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let profile = self.store.profile(user).await?.ok_or(CallerRefusal::AccountDeleted)?;
            notices
                .notify(call, &ChangeNotice { user, before: &profile, after: &profile, change }, once)
                .await?;
            let row = NewEvent::new(format!("user/{user}"), profile.version + 1, event)?;
            let writes = vec![
                write()?,
                self.store.count_change(user, &profile, Changed)?,
                self.journal.append(call, row)?.map(|_| Changed),
            ];
            if self.store.dynamo().commit(call, writes).await?.is_committed() {
                return Ok(());
            }
        }
    }
}

fn recovery_codes() -> Result<Vec<SecondFactorCode>, Problem> {
    (0..RECOVERY_CODES).map(|_| SecondFactorCode::generate_recovery()).collect()
}

/// The account's name, which an app shows beside the issuer.
fn account_name(profile: &Profile) -> String {
    let email = profile.email.as_ref().map(Email::as_str);
    email.or_else(|| profile.phone.as_ref().map(Phone::as_str)).unwrap_or_default().to_owned()
}
