//! Codes and reset tokens that were sent.
//!
//! DynamoDB deletes an item some time after its TTL, so each read and write also asks whether its time is over.

use kernel::{Problem, Timestamp, UserId};
use platform::InvocationContext;
use platform::dynamo::{Expression, FailedCondition, Updated, Write, read};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Store, code_key, reset_key};
use crate::code::{CODE_LIFETIME, CODE_TRIES, CodeHash, Purpose, RESEND_PAUSE, ResetHash};
use crate::contact::Login;

/// A code as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct KeptCode {
    /// Its own id, and the salt of its hash.
    pub(crate) id: Uuid,
    /// The hash.
    pub(crate) hash: String,
    /// The account whose login it verifies; `None` where it verifies nothing, because there is no such account or nothing left to verify. Such a
    /// code is kept all the same, so that a request for a code always takes the same work.
    pub(crate) user: Option<UserId>,
}

/// The account whose password may be reset. Not `Debug`: a login is personal data.
#[derive(Clone)]
pub(crate) struct KeptReset {
    /// The account; the id of no account where there is none.
    pub(crate) user: UserId,
    /// The version of the password that it resets: once that was changed, the token opens nothing.
    pub(crate) version: u64,
    /// The login that the token was sent to, as it stands in keys. Once it is none of the account's, the token opens nothing.
    pub(crate) login: String,
}

/// Something was sent to this login a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paused;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CodeItem {
    #[serde(default)]
    code_id: Option<Uuid>,
    #[serde(default)]
    code_hash: Option<String>,
    #[serde(default)]
    user_id: Option<UserId>,
    tries: u32,
    /// The time at which it was sent, in milliseconds since 1970: a number, so that a condition can compare it.
    sent_at: i64,
    expires_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResetItem {
    user_id: UserId,
    version: u64,
    /// Absent from tokens that were sent before a token proved the login it was sent to: they are good for nothing.
    #[serde(default)]
    login: String,
    expires_at: i64,
}

/// The item that a counted attempt returns; none of its members is needed.
#[derive(Deserialize)]
struct CodeCheck {}

impl Store {
    /// Keeps a code for `login` in the place of the one before it; refused during the pause after that.
    pub(crate) fn keep_code(
        &self,
        purpose: Purpose,
        login: &Login,
        code: &KeptCode,
        now: Timestamp,
    ) -> Result<Write<Paused>, Problem> {
        let item = CodeItem {
            code_id: Some(code.id),
            code_hash: Some(code.hash.clone()),
            user_id: code.user,
            tries: 0,
            sent_at: now.as_millis(),
            expires_at: now.plus(CODE_LIFETIME).as_seconds(),
        };
        self.table.put_when(&code_key(purpose, login), &item, rested(now)?, Paused)
    }

    /// Keeps a reset token for the account of `login`, or for no account; refused during the pause after the last one.
    pub(crate) fn keep_reset(
        &self,
        login: &Login,
        hash: &ResetHash,
        reset: &KeptReset,
        now: Timestamp,
    ) -> Result<[Write<Paused>; 2], Problem> {
        let expires_at = now.plus(CODE_LIFETIME).as_seconds();
        let pause = CodeItem {
            code_id: None,
            code_hash: None,
            user_id: None,
            tries: 0,
            sent_at: now.as_millis(),
            expires_at,
        };
        let item =
            ResetItem { user_id: reset.user, version: reset.version, login: reset.login.clone(), expires_at };
        Ok([
            self.table.put_when(&code_key(Purpose::Reset, login), &pause, rested(now)?, Paused)?,
            self.table.put_new(&reset_key(hash), &item, Paused)?,
        ])
    }

    /// The code that was last sent to `login`, if it is still good.
    pub(crate) async fn code(
        &self,
        purpose: Purpose,
        login: &Login,
        now: Timestamp,
    ) -> Result<Option<KeptCode>, Problem> {
        let item: Option<CodeItem> = self.table.get(&code_key(purpose, login)).await?;
        Ok(item
            .filter(|item| item.expires_at > now.as_seconds())
            .and_then(|item| Some(KeptCode { id: item.code_id?, hash: item.code_hash?, user: item.user_id })))
    }

    /// Counts a try of the code `id`, before it is made; says whether it may be. One atomic update, so that any number
    /// of functions together never try a code more often than [`CODE_TRIES`].
    pub(crate) async fn try_code(
        &self,
        call: &InvocationContext,
        purpose: Purpose,
        login: &Login,
        id: Uuid,
    ) -> Result<bool, Problem> {
        let update = Expression::update("ADD tries :one")
            .when("codeId = :id AND tries < :most AND expiresAt > :now")
            .value(":one", 1)?
            .value(":id", id)?
            .value(":most", CODE_TRIES)?
            .value(":now", call.now.as_seconds())?;
        let tried = self.table.update_now::<CodeCheck>(call, &code_key(purpose, login), update).await?;
        Ok(matches!(tried, Updated::Made(_)))
    }

    /// Uses the code `id` up; `refusal` when that was done already, or another one was sent since.
    pub(crate) fn use_code<R>(
        &self,
        purpose: Purpose,
        login: &Login,
        id: Uuid,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let same = Expression::condition("codeId = :id").value(":id", id)?;
        self.table.delete(&code_key(purpose, login), same, refusal)
    }

    /// Returns the reset that the token with this hash allows, if the token is still valid.
    pub(crate) async fn reset(&self, hash: &ResetHash, now: Timestamp) -> Result<Option<KeptReset>, Problem> {
        let item: Option<ResetItem> = self.table.get(&reset_key(hash)).await?;
        let item = item.filter(|item| item.expires_at > now.as_seconds());
        Ok(item.map(|item| KeptReset { user: item.user_id, version: item.version, login: item.login }))
    }

    /// Uses a reset token up; `refusal` when that was done already, or its time is over.
    pub(crate) fn use_reset<R>(
        &self,
        hash: &ResetHash,
        now: Timestamp,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let good = Expression::condition("attribute_exists(PK) AND expiresAt > :now")
            .value(":now", now.as_seconds())?;
        self.table.delete(&reset_key(hash), good, refusal)
    }
}

/// Holds once the pause after what was last sent is over.
fn rested(now: Timestamp) -> Result<Expression, Problem> {
    Expression::condition("attribute_not_exists(PK) OR sentAt <= :rested")
        .value(":rested", now.minus(RESEND_PAUSE).as_millis())
}

/// Whole seconds until the pause is over that refused a write; at least 1.
pub(crate) fn pause_left(refused: Vec<FailedCondition<Paused>>, now: Timestamp) -> Result<u32, Problem> {
    let item = refused.into_iter().find_map(|refused| refused.current);
    let item: Option<CodeItem> = item.map(read).transpose()?;
    Ok(seconds_left(item.map_or(now, |item| Timestamp::from_millis(item.sent_at)), now))
}

fn seconds_left(sent_at: Timestamp, now: Timestamp) -> u32 {
    let left = sent_at.plus(RESEND_PAUSE).as_millis() - now.as_millis();
    u32::try_from(left.max(0) / 1_000).unwrap_or(0).saturating_add(1)
}

impl KeptCode {
    /// A code to be kept.
    pub(crate) fn new(id: Uuid, hash: &CodeHash, user: Option<UserId>) -> Self {
        Self { id, hash: hash.to_text(), user }
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn a_pause_is_told_in_whole_seconds() {
        let now = Timestamp::from_millis(1_700_000_030_500);
        let left = |sent_at: i64| seconds_left(Timestamp::from_millis(sent_at), now);
        assert_eq!(left(1_700_000_000_000), 30);
        assert_eq!(left(1_700_000_030_500), 61);
        assert_eq!(left(1_600_000_000_000), 1);
        assert_eq!(pause_left(Vec::new(), now).unwrap(), 61);
    }

    #[test]
    fn an_item_of_a_pause_is_no_code() {
        let item = serde_json::json!({"tries": 0, "sentAt": 1, "expiresAt": 2});
        let item: CodeItem = serde_json::from_value(item).unwrap();
        assert!(item.code_id.is_none() && item.code_hash.is_none());
    }
}
