//! The writes of a change of logins, and the release of a login that an account never proved.

use kernel::{Actor, NewEvent, Problem, UserId};
use platform::InvocationContext;
use platform::dynamo::Write;
use platform::journal::Journal;

use crate::contact::Login;
use crate::events::{Account, UserDeleted};
use crate::logins::{LoginChange, Removal};
use crate::store::{Profile, Store};

/// The job that the journal names as the author of the changes that another person's claim makes to an account.
const JOB: &str = "release-login";

/// The tables that a change of logins is written to.
#[derive(Clone)]
pub(crate) struct Claims {
    store: Store,
    journal: Journal,
}

/// The account that a login is taken from.
pub(crate) struct Holder {
    user: UserId,
    profile: Profile,
}

impl Claims {
    pub(crate) fn new(store: Store, journal: Journal) -> Self {
        Self { store, journal }
    }

    /// The account that `login` opens, unless it is `user`'s own; `None` too for what a deleted account left behind.
    pub(crate) async fn holder(&self, login: &Login, user: UserId) -> Result<Option<Holder>, Problem> {
        let Some(holder) = self.store.account_of(login).await?.filter(|holder| *holder != user) else {
            return Ok(None);
        };
        let profile = self.store.profile(holder).await?;
        Ok(profile.map(|profile| Holder { user: holder, profile }))
    }

    /// Applies `change` to `user`'s account, which `profile` shows. Logins that it frees open nothing any more.
    pub(crate) fn apply<R: Clone>(
        &self,
        call: &InvocationContext,
        user: UserId,
        profile: &Profile,
        change: &LoginChange,
        refusal: &R,
    ) -> Result<Vec<Write<R>>, Problem> {
        let mut writes = vec![self.store.set_logins(user, profile, &change.profile, refusal.clone())?];
        writes.extend(self.events(call, user, change, refusal)?);
        for login in &change.freed {
            writes.push(self.store.free_login(user, login, refusal.clone())?);
        }
        Ok(writes)
    }

    /// The journal's rows of `change`.
    fn events<R: Clone>(
        &self,
        call: &InvocationContext,
        user: UserId,
        change: &LoginChange,
        refusal: &R,
    ) -> Result<Vec<Write<R>>, Problem> {
        let before = change.profile.version.saturating_sub(change.events.len() as u64);
        (before + 1..)
            .zip(&change.events)
            .map(|(sequence, event)| {
                let event = event.new_event(user, sequence)?;
                Ok(self.journal.append(call, event)?.map(|_| refusal.clone()))
            })
            .collect()
    }

    /// Takes `logins`, which `holder` never proved, off its account. Its sessions end, and an account without any login is closed. The items
    /// of the logins are left to who takes them, by [`Store::take_login`].
    pub(crate) async fn release<R: Clone>(
        &self,
        call: &InvocationContext,
        holder: &Holder,
        logins: &[Login],
        refusal: &R,
    ) -> Result<Vec<Write<R>>, Problem> {
        let (user, profile) = (holder.user, &holder.profile);
        let call = InvocationContext { actor: Actor::system(JOB), ..call.clone() };
        let change = LoginChange::removed(user, profile, logins, Removal::Claimed);
        if change.profile.logins().is_empty() {
            return self.close(&call, user, profile, refusal).await;
        }
        let (credential, sessions) =
            tokio::try_join!(self.store.credential(user), self.store.sessions(user, call.now))?;
        let mut writes = vec![self.store.set_logins(user, profile, &change.profile, refusal.clone())?];
        writes.extend(self.events(&call, user, &change, refusal)?);
        if let Some(credential) = credential {
            writes.push(self.store.outdate_credential(user, &credential)?.map(|_| refusal.clone()));
        }
        for (id, _) in sessions {
            writes.push(self.store.drop_session(user, id, refusal.clone())?);
        }
        Ok(writes)
    }

    /// Closes `user`'s account, which `profile` shows: nothing opens it any more, and nothing in it says whose it was. The items of its
    /// logins are left to the caller.
    pub(crate) async fn close<R: Clone>(
        &self,
        call: &InvocationContext,
        user: UserId,
        profile: &Profile,
        refusal: &R,
    ) -> Result<Vec<Write<R>>, Problem> {
        let (credential, sessions, addresses) = tokio::try_join!(
            self.store.credential(user),
            self.store.sessions(user, call.now),
            Box::pin(self.store.addresses(user))
        )?;
        let data = UserDeleted(Account { user_id: user });
        let event = NewEvent::new(format!("user/{user}"), profile.version + 1, &data)?;
        let mut writes = vec![
            self.store.blank(user, profile, call.now, refusal.clone())?,
            self.journal.append(call, event)?.map(|_| refusal.clone()),
        ];
        if let Some(credential) = credential {
            writes.push(self.store.delete_credential(user, &credential)?.map(|_| refusal.clone()));
        }
        writes.push(self.store.drop_second_factor(user, refusal.clone())?);
        for (id, _) in sessions {
            writes.push(self.store.drop_session(user, id, refusal.clone())?);
        }
        for saved in addresses {
            writes.push(self.store.drop_address(user, saved.id, refusal.clone())?);
        }
        Ok(writes)
    }
}

impl Holder {
    /// The account's id.
    pub(crate) fn user(&self) -> UserId {
        self.user
    }

    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }
}
