//! Seeing one's sessions, and ending them.

use kernel::{NewEvent, Problem, Timestamp, ids::SessionId};
use platform::auth::Principal;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};
use serde::Serialize;

use crate::events::SessionsEnded;
use crate::reauthentication::live_session;
use crate::refusal::AccountRefusal;
use crate::session::is_access_token_of;
use crate::store::Store;

/// A session as its owner sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionView {
    id: SessionId,
    started_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
    /// True when it is the caller's own.
    current: bool,
}

/// The sessions that are ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SessionSelection {
    /// Every one.
    All,
    /// This one.
    One(SessionId),
}

/// The sessions of accounts.
pub(crate) struct Sessions {
    store: Store,
    journal: Journal,
}

/// The account was changed since it was read.
struct Changed;

impl Sessions {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { store: Store::connect(init).await?, journal: Journal::connect(init).await? })
    }

    /// The caller's sessions, the newest first.
    pub(crate) async fn list(
        &self,
        call: &InvocationContext,
        caller: &Principal,
    ) -> Result<Vec<SessionView>, Problem> {
        live_session(&self.store, call, caller).await?;
        views(&self.store, call, caller).await
    }

    /// Ends sessions of the caller, whose own has to be there. Access tokens that were issued in them stay good until they run out, minutes
    /// later, for what is not sensitive.
    pub(crate) async fn end(
        &self,
        call: &InvocationContext,
        caller: &Principal,
        which: SessionSelection,
    ) -> Result<(), Problem> {
        let user = caller.user;
        live_session(&self.store, call, caller).await?;
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let (profile, sessions) =
                tokio::try_join!(self.store.profile(user), self.store.sessions(user, call.now))?;
            let live = sessions.into_iter().map(|(id, _)| id);
            let ended: Vec<SessionId> = match which {
                SessionSelection::All => live.collect(),
                SessionSelection::One(one) => live.filter(|id| *id == one).collect(),
            };
            let Some(profile) = profile else { return Err(AccountRefusal::SessionNotFound.into()) };
            if ended.is_empty() {
                return match which {
                    SessionSelection::All => Ok(()),
                    SessionSelection::One(_) => Err(AccountRefusal::SessionNotFound.into()),
                };
            }
            let data = SessionsEnded { user_id: user, ended_sessions: ended.clone() };
            let event = NewEvent::new(format!("user/{user}"), profile.version + 1, &data)?;
            let mut writes = vec![
                self.store.count_change(user, &profile, Changed)?,
                self.journal.append(call, event)?.map(|_| Changed),
            ];
            for id in ended {
                writes.push(self.store.drop_session(user, id, Changed)?);
            }
            if self.store.dynamo().commit(call, writes).await?.is_committed() {
                return Ok(());
            }
        }
    }
}

/// The caller's sessions, the newest first.
pub(crate) async fn views(
    store: &Store,
    call: &InvocationContext,
    caller: &Principal,
) -> Result<Vec<SessionView>, Problem> {
    let mut sessions = store.sessions(caller.user, call.now).await?;
    sessions.sort_by_key(|(id, session)| std::cmp::Reverse((session.started_at, *id)));
    let view = |(id, session): (SessionId, crate::session::Session)| SessionView {
        id,
        started_at: session.started_at,
        last_used_at: session.last_used_at(),
        expires_at: session.ends_at,
        current: is_access_token_of(&caller.token_id, id),
    };
    Ok(sessions.into_iter().map(view).collect())
}
