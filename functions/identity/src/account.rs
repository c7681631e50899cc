//! Use cases of the account holder: changing the profile and the notification preferences, exporting personal data, deleting the account.

use kernel::{Event, NewEvent, Problem, Timestamp, UserId};
use platform::auth::{Principal, Scope};
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};
use serde::Serialize;

use crate::account_notices::{AccountNotices, ChangeNotice};
use crate::address_book::{AddressBook, AddressView};
use crate::claims::Claims;
use crate::contact::{Email, Locale, PersonName, Phone};
use crate::delivery::AccountChange;
use crate::events::{ProfileChanged, ProfileMember};
use crate::preferences::{Preferences, PreferencesChange};
use crate::reauthentication::live_session;
use crate::refusal::CallerRefusal;
use crate::sessions::{SessionView, views};
use crate::store::{Profile, Store};
use crate::time_zone::TimeZoneName;

/// The most entries of each history that an export has: the oldest ones.
pub(crate) const MAX_EXPORTED_EVENTS: u32 = 1_000;

/// The accounts.
pub(crate) struct Accounts {
    store: Store,
    journal: Journal,
    claims: Claims,
}

/// The changes that a person makes to their profile; a member that is `None` stays.
pub(crate) struct Changes {
    pub(crate) first_name: Option<PersonName>,
    pub(crate) last_name: Option<PersonName>,
    pub(crate) locale: Option<Locale>,
    pub(crate) time_zone: Option<TimeZoneName>,
    pub(crate) preferences: PreferencesChange,
}

impl Changes {
    /// `profile` with what is wanted otherwise, at its next version.
    fn of(&self, profile: &Profile) -> Profile {
        Profile {
            first_name: self.first_name.clone().unwrap_or_else(|| profile.first_name.clone()),
            last_name: self.last_name.clone().unwrap_or_else(|| profile.last_name.clone()),
            locale: self.locale.unwrap_or(profile.locale),
            time_zone: self.time_zone.clone().or_else(|| profile.time_zone.clone()),
            preferences: self.preferences.of(profile.preferences),
            version: profile.version + 1,
            ..profile.clone()
        }
    }
}

/// The members of the profile in which the two differ.
fn differences(before: &Profile, after: &Profile) -> Vec<ProfileMember> {
    [
        (ProfileMember::FirstName, before.first_name != after.first_name),
        (ProfileMember::LastName, before.last_name != after.last_name),
        (ProfileMember::Locale, before.locale != after.locale),
        (ProfileMember::TimeZone, before.time_zone != after.time_zone),
        (ProfileMember::Notifications, before.preferences != after.preferences),
    ]
    .into_iter()
    .filter_map(|(member, differs)| differs.then_some(member))
    .collect()
}

/// Everything that is known of a person here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Export {
    id: UserId,
    first_name: PersonName,
    last_name: PersonName,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<Phone>,
    email_verified: bool,
    phone_verified: bool,
    locale: Locale,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<TimeZoneName>,
    notifications: Preferences,
    scopes: Vec<Scope>,
    created_at: Timestamp,
    exported_at: Timestamp,
    /// The default one first.
    addresses: Vec<AddressView>,
    sessions: Vec<SessionView>,
    /// The account's events, oldest first.
    history: Vec<Event>,
    /// The beginnings of sessions, oldest first.
    logins: Vec<Event>,
}

/// The account was changed since it was read.
#[derive(Clone)]
struct Changed;

impl Accounts {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let (store, journal) = (Store::connect(init).await?, Journal::connect(init).await?);
        Ok(Self { claims: Claims::new(store.clone(), journal.clone()), store, journal })
    }

    /// Changes `user`'s profile; answers what it is then.
    pub(crate) async fn change(
        &self,
        call: &InvocationContext,
        user: UserId,
        changes: &Changes,
    ) -> Result<Profile, Problem> {
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let profile = self.store.profile(user).await?.ok_or(CallerRefusal::AccountDeleted)?;
            let changed = changes.of(&profile);
            let differences = differences(&profile, &changed);
            if differences.is_empty() {
                return Ok(profile);
            }
            // Which members, and never what is in them.
            let data = ProfileChanged { user_id: user, changed: differences };
            let aggregate = format!("user/{user}");
            let event = NewEvent::new(aggregate, changed.version, &data)?;
            let writes = vec![
                self.store.set_profile(user, &profile, &changed, Changed)?,
                self.journal.append(call, event)?.map(|_| Changed),
            ];
            if self.store.dynamo().commit(call, writes).await?.is_committed() {
                return Ok(changed);
            }
        }
    }

    /// Everything that is known of the caller here.
    pub(crate) async fn export(
        &self,
        call: &InvocationContext,
        caller: &Principal,
    ) -> Result<Export, Problem> {
        let user = caller.user;
        live_session(&self.store, call, caller).await?;
        let (own, logins) = (format!("user/{user}"), format!("logins/{user}"));
        let (profile, addresses, sessions, history, logins) = tokio::try_join!(
            self.store.profile(user),
            Box::pin(self.store.addresses(user)),
            views(&self.store, call, caller),
            self.journal.history(&own, 0, MAX_EXPORTED_EVENTS),
            self.journal.history(&logins, 0, MAX_EXPORTED_EVENTS)
        )?;
        let profile = profile.ok_or(CallerRefusal::AccountDeleted)?;
        Ok(Export {
            id: user,
            first_name: profile.first_name,
            last_name: profile.last_name,
            email: profile.email,
            phone: profile.phone,
            email_verified: profile.email_verified,
            phone_verified: profile.phone_verified,
            locale: profile.locale,
            time_zone: profile.time_zone,
            notifications: profile.preferences,
            scopes: profile.scopes.0.into_iter().collect(),
            created_at: profile.created_at,
            exported_at: call.now,
            addresses: AddressBook::new(addresses, profile.default_address).into_views(),
            sessions,
            history,
            logins,
        })
    }

    /// Forgets `user`, who is notified through `notices`: the logins are free for others, nothing opens the account any more, and no record here says
    /// whose it was. Orders stay and know the id alone.
    pub(crate) async fn delete(
        &self,
        call: &InvocationContext,
        user: UserId,
        notices: &AccountNotices,
    ) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let profile = self.store.profile(user).await?.ok_or(CallerRefusal::AccountDeleted)?;
            let change = AccountChange::AccountDeleted;
            // An account ends once.
            notices
                .notify(call, &ChangeNotice { user, before: &profile, after: &profile, change }, "")
                .await?;
            let mut writes = self.claims.close(call, user, &profile, &Changed).await?;
            for login in profile.logins() {
                writes.push(self.store.free_login(user, &login, Changed)?);
            }
            if self.store.dynamo().commit(call, writes).await?.is_committed() {
                return Ok(());
            }
        }
    }
}
