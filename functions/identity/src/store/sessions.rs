//! Sessions.

use kernel::{Problem, Timestamp, UserId, ids::SessionId};
use platform::InvocationContext;
use platform::auth::Scopes;
use platform::dynamo::{Expression, Rows, Write};
use serde::{Deserialize, Serialize};

use super::{Store, session_key, user_partition};
use crate::session::{RefreshToken, Replaced, Sealed, Session, TokenHash};

/// The prefix of a session's sort key.
pub(super) const SESSION_PREFIX: &str = "SESSION#";

/// A session and its key.
#[derive(Deserialize)]
struct SessionRow {
    #[serde(rename = "SK")]
    sk: String,
    #[serde(flatten)]
    item: SessionItem,
}

impl SessionRow {
    fn into_session(self) -> Result<(SessionId, Session), Problem> {
        let damaged = || Problem::internal("a session item is damaged");
        let id = self.sk.strip_prefix(SESSION_PREFIX).and_then(|id| id.parse().ok()).ok_or_else(damaged)?;
        Ok((id, self.item.into_session().ok_or_else(damaged)?))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionItem {
    current_hash: String,
    previous_hash: Option<String>,
    handover: Option<String>,
    rotated_at: Option<Timestamp>,
    started_at: Timestamp,
    /// The scopes that the client asked for, where it did.
    #[serde(default)]
    scope: Option<String>,
    /// DynamoDB deletes the item some time after this; until then it is ignored. Seconds since 1970.
    expires_at: i64,
}

impl SessionItem {
    fn of(session: &Session) -> Self {
        let previous = session.previous.as_ref();
        Self {
            current_hash: session.current.to_text(),
            previous_hash: previous.map(|replaced| replaced.hash.to_text()),
            handover: previous.map(|replaced| replaced.handover.to_text()),
            rotated_at: previous.map(|replaced| replaced.at),
            started_at: session.started_at,
            scope: session.narrowed.as_ref().map(Scopes::to_string),
            expires_at: session.ends_at.as_seconds(),
        }
    }

    /// `None` when the item is not what was written.
    fn into_session(self) -> Option<Session> {
        let previous = match (self.previous_hash, self.handover, self.rotated_at) {
            (None, None, None) => None,
            (Some(hash), Some(handover), Some(at)) => Some(Replaced {
                hash: TokenHash::from_text(&hash)?,
                handover: Sealed::from_text(&handover)?,
                at,
            }),
            _ => return None,
        };
        Some(Session {
            current: TokenHash::from_text(&self.current_hash)?,
            previous,
            started_at: self.started_at,
            narrowed: self.scope.map(|scope| scope.parse()).transpose().ok()?,
            ends_at: Timestamp::from_millis(self.expires_at.saturating_mul(1_000)),
        })
    }
}

impl Store {
    /// The session that `token` names, whether or not the token is good.
    pub(crate) async fn session(&self, token: &RefreshToken) -> Result<Option<Session>, Problem> {
        let item: Option<SessionItem> = self.table.get(&session_key(token.user, token.session)).await?;
        let damaged = || Problem::internal("a session item is damaged");
        item.map(|item| item.into_session().ok_or_else(damaged)).transpose()
    }

    /// The sessions of `user` that are not over: at most [`crate::session::MAX_SESSIONS`].
    pub(crate) async fn sessions(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Session)>, Problem> {
        let query = self.table.query(user_partition(user)).begins_with("SK", SESSION_PREFIX);
        let rows: Rows<SessionRow> = query.rows().await?;
        let sessions = rows.items.into_iter().map(SessionRow::into_session).collect::<Result<Vec<_>, _>>()?;
        Ok(sessions.into_iter().filter(|(_, session)| session.ends_at > now).collect())
    }

    /// Keeps a session that begins with `first`; `refusal` when its id is in use.
    pub(crate) fn begin_session<R>(
        &self,
        first: &RefreshToken,
        session: &Session,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        self.table.put_new(&session_key(first.user, first.session), &SessionItem::of(session), refusal)
    }

    /// Ends a session whether or not it is still there.
    pub(crate) fn drop_session<R>(
        &self,
        user: UserId,
        session: SessionId,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        self.table.delete(&session_key(user, session), Expression::default(), refusal)
    }

    /// Replaces the session's state by `rotated` if `used` is still its current token; says whether it was.
    pub(crate) async fn rotate(
        &self,
        call: &InvocationContext,
        used: &RefreshToken,
        rotated: &Session,
    ) -> Result<bool, Problem> {
        let condition = Expression::condition("currentHash = :used").value(":used", used.hash().to_text())?;
        let key = session_key(used.user, used.session);
        let write = self.table.put_when(&key, &SessionItem::of(rotated), condition, ())?;
        Ok(self.dynamo.commit(call, vec![write]).await?.is_committed())
    }

    /// Ends the session that `token` names if the token is its current one or the one before.
    pub(crate) async fn end_session(
        &self,
        call: &InvocationContext,
        token: &RefreshToken,
    ) -> Result<bool, Problem> {
        let condition = Expression::condition("currentHash = :hash OR previousHash = :hash")
            .value(":hash", token.hash().to_text())?;
        let write = self.table.delete(&session_key(token.user, token.session), condition, ())?;
        Ok(self.dynamo.commit(call, vec![write]).await?.is_committed())
    }

    /// Ends the session that `token` names, whether the token is its current one or not; `refusal` when there is none.
    pub(crate) fn revoke_session<R>(&self, token: &RefreshToken, refusal: R) -> Result<Write<R>, Problem> {
        let exists = Expression::condition("attribute_exists(PK)");
        self.table.delete(&session_key(token.user, token.session), exists, refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Judgement;

    #[test]
    fn a_session_is_read_back_as_it_was_written() {
        let token =
            || RefreshToken::generate(UserId::derived("someone"), SessionId::derived("session")).unwrap();
        let (first, second) = (token(), token());
        let now = Timestamp::from_millis(1_700_000_000_000);
        let session = Session::begin(&first, now);
        for session in [session.clone(), session.rotated(&first, &second, now).unwrap()] {
            let mut item = serde_json::to_value(SessionItem::of(&session)).unwrap();
            assert_eq!(item["expiresAt"], 1_700_000_000 + 30 * 86_400);
            item.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            let read: SessionItem = serde_json::from_value(item).unwrap();
            let read = read.into_session().unwrap();
            for token in [&first, &second] {
                let verdict = |session: &Session| {
                    std::mem::discriminant::<Judgement>(&session.judge(token, now).unwrap())
                };
                assert_eq!(verdict(&read), verdict(&session));
            }
        }
    }

    #[test]
    fn half_an_item_is_no_session() {
        let item = serde_json::json!({
            "currentHash": "A".repeat(43), "previousHash": "A".repeat(43),
            "startedAt": "2024-01-01T00:00:00.000Z", "expiresAt": 1,
        });
        assert!(serde_json::from_value::<SessionItem>(item).unwrap().into_session().is_none());
    }
}
