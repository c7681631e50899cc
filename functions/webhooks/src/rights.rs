//! Disables the endpoints of accounts and clients that may not register any more.
//!
//! An endpoint publishes the merchant's business for as long as it exists, on its owner's right: the scope `webhooks:write` of the account or machine
//! client that last said where its deliveries go. When the identity context publishes that the right is gone, its endpoints are disabled. An access
//! token outlives the right by up to 15 minutes, so the loss is kept for an hour, and every change of an endpoint looks for it. A change that was
//! made before the loss was received ends with it.

use std::time::Duration;

use kernel::{Event, Problem, Timestamp, UserId};
use platform::auth::Scope;
use platform::dynamo::Dynamo;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};
use serde::Deserialize;

use crate::endpoint::Endpoint;
use crate::events::EndpointDisabled;
use crate::store::{Refusal, Webhooks};

/// The time for which the loss of the right is kept: longer than an access token of the holder is valid.
pub const LOSS_RETENTION: Duration = Duration::from_hours(1);
/// The time after the loss in which the former holder may still have become an endpoint's owner: an access token is valid for 15 minutes, and
/// clocks differ.
const OUTLIVED_BY: Duration = Duration::from_mins(20);
/// Somebody's right to register endpoints, as it is from a moment on. Pure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The holder: an account, or a machine client.
    pub holder: UserId,
    /// True when the holder has the right.
    pub held: bool,
    /// The time since which that is so.
    pub since: Timestamp,
    /// Counts the changes of the holder.
    pub sequence: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    #[serde(alias = "clientId")]
    user_id: UserId,
    /// Absent where all of them went.
    #[serde(default)]
    scopes: Vec<String>,
}

impl Right {
    /// The right that `event` changes; `None` for an event that changes none.
    pub fn of(event: &Event) -> Result<Option<Self>, Problem> {
        let changes = ["identity.scopes_granted", "identity.user_deleted", "identity.client_revoked"];
        if !changes.contains(&event.kind.as_str()) {
            return Ok(None);
        }
        let data: Data = serde_json::from_value(event.data.clone()).map_err(Problem::internal)?;
        let held = data.scopes.iter().any(|scope| scope == Scope::WebhooksWrite.name());
        let (holder, since, sequence) = (data.user_id, event.occurred_at, event.sequence);
        Ok(Some(Self { holder, held, since, sequence }))
    }

    /// Returns whether it is kept as the last right received for its holder; after that time it may be an event that is published again.
    fn is_recent(self, now: Timestamp) -> bool {
        now < self.since.plus(LOSS_RETENTION)
    }

    /// `endpoint` without the right; `None` where it stays as it is: it is another's, or the loss is long ago and its owner got the right again
    /// before they said where its deliveries go.
    fn end(self, endpoint: &Endpoint, now: Timestamp) -> Option<Endpoint> {
        let owner = endpoint.owner.filter(|owner| owner.id == self.holder)?;
        if !self.is_recent(now) && owner.since > self.since.plus(OUTLIVED_BY) {
            return None;
        }
        tracing::info!(endpoint_id = %endpoint.id, owner = %owner.id, "its owner may not register endpoints any more");
        endpoint.without_owners_right(now)
    }
}

/// Follows what becomes of people's rights.
pub struct Rights {
    dynamo: Dynamo,
    webhooks: Webhooks,
    journal: Journal,
}

impl Rights {
    /// Works on the tables named by `WEBHOOKS_TABLE` and `JOURNAL_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let webhooks = Webhooks::connect(init).await?;
        Ok(Self { dynamo: init.dynamo(), webhooks, journal: Journal::connect(init).await? })
    }

    /// Keeps `right` while a token may say otherwise, and disables the endpoints of a holder that lost it. Repeating it changes nothing; a
    /// right that was overtaken by a later change is passed over.
    pub async fn follow(&self, call: &InvocationContext, right: Right) -> Result<(), Problem> {
        if right.is_recent(call.now) && !self.webhooks.keep_right(call, right).await? {
            tracing::info!(holder = %right.holder, sequence = right.sequence, "a later change was heard of before");
            return Ok(());
        }
        if right.held {
            return Ok(());
        }
        for endpoint in self.webhooks.endpoints().await? {
            self.end(call, right, endpoint).await?;
        }
        Ok(())
    }

    async fn end(&self, call: &InvocationContext, right: Right, endpoint: Endpoint) -> Result<(), Problem> {
        let (id, mut seen) = (endpoint.id, Some(endpoint));
        let mut retry = StaleRetry::of("the endpoint", call);
        loop {
            retry.begin().await?;
            let Some(last) = seen else { return Ok(()) };
            let Some(next) = right.end(&last, call.now) else { return Ok(()) };
            let event = next.event(EndpointDisabled, Vec::new())?;
            let writes = vec![
                self.webhooks.replace(&last, &next)?,
                self.journal.append(call, event)?.map(|_| Refusal::EndpointChanged),
            ];
            if self.dynamo.commit(call, writes).await?.is_committed() {
                return Ok(());
            }
            seen = self.webhooks.endpoint(id).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use identity::access::ACCESS_TOKEN_LIFETIME;
    use serde_json::{Value, json};

    use super::*;
    use crate::endpoint::tests::endpoint;
    use crate::endpoint::{Owner, Reason};
    use crate::envelope::tests;

    fn event(kind: &str, data: &Value) -> Event {
        Event { occurred_at: Timestamp::from_millis(5_000), ..tests::event(kind, "user/7", 4, data) }
    }

    #[test]
    fn a_right_is_what_the_last_event_leaves() {
        let user = UserId::generate();
        let held = |kind, data: Value| Right::of(&event(kind, &data)).unwrap().map(|right| right.held);
        let granted = |scopes: Value| json!({"userId": user, "scopes": scopes});
        assert_eq!(held("identity.scopes_granted", granted(json!(["webhooks:write"]))), Some(true));
        assert_eq!(held("identity.scopes_granted", granted(json!(["orders:write"]))), Some(false));
        assert_eq!(held("identity.scopes_granted", granted(json!(["of:later"]))), Some(false));
        assert_eq!(held("identity.user_deleted", json!({"userId": user})), Some(false));
        assert_eq!(held("identity.client_revoked", json!({"clientId": user})), Some(false));
        assert_eq!(held("identity.client_rotated", json!({"clientId": user})), None);
    }

    #[test]
    fn only_what_its_owner_registered_before_ends() {
        let endpoint = endpoint();
        let owner = endpoint.owner.unwrap();
        let lost = |holder, since| Right { holder, held: false, since, sequence: 4 };
        let now = Timestamp::from_millis(9);
        let ended = lost(owner.id, Timestamp::from_millis(2)).end(&endpoint, now).unwrap();
        assert_eq!(ended.disabled(), Some((Reason::OwnerRightsEnded, now)));
        assert_eq!(lost(UserId::generate(), Timestamp::from_millis(2)).end(&endpoint, now), None);
        assert_eq!(lost(owner.id, Timestamp::from_millis(2)).end(&ended, now), None);
        // A caller that enables it again sees what became of its owner.
        let off = endpoint.stopped(Reason::Failing, now).unwrap();
        let ended = lost(owner.id, Timestamp::from_millis(2)).end(&off, now).unwrap();
        assert_eq!(ended.disabled(), Some((Reason::OwnerRightsEnded, now)));
    }

    #[test]
    fn what_a_token_from_before_changed_ends_and_what_came_with_the_next_right_stays() {
        let lost_at = Timestamp::from_millis(1_000);
        let owned = |after: Duration| {
            let owner = Owner { id: UserId::derived("olga"), since: lost_at.plus(after) };
            Endpoint { owner: Some(owner), ..endpoint() }
        };
        let loss = Right { holder: UserId::derived("olga"), held: false, since: lost_at, sequence: 4 };
        let ends = |after, heard: Duration| loss.end(&owned(after), lost_at.plus(heard)).is_some();
        let (minute, day) = (Duration::from_mins(1), Duration::from_hours(24));
        assert!(ends(minute, 2 * minute), "the token was good, and the loss not yet heard of");
        assert!(ends(15 * minute, day), "heard of late");
        assert!(!ends(day / 2, day), "an old event is told again to who has the right again");
    }

    #[test]
    fn a_loss_is_kept_longer_than_any_token_is_good() {
        assert!(LOSS_RETENTION > OUTLIVED_BY);
        assert_eq!(OUTLIVED_BY, ACCESS_TOKEN_LIFETIME + Duration::from_mins(5));
    }
}
