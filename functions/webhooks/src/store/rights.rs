//! The losses of the right to register endpoints, kept for as long as a token may say otherwise.

use kernel::{Problem, UserId};
use platform::InvocationContext;
use platform::auth::Scope;
use platform::dynamo::{Expression, Key, Updated, Write};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Refusal, Webhooks};
use crate::refusal::WebhookRefusal;
use crate::rights::{LOSS_RETENTION, Right};

impl Webhooks {
    /// Keeps `right`, unless a later change of the same holder is kept: then it is `false`.
    pub(crate) async fn keep_right(&self, call: &InvocationContext, right: Right) -> Result<bool, Problem> {
        let update = Expression::update("SET #sequence = :sequence, held = :held, expiresAt = :expires")
            .when("attribute_not_exists(PK) OR #sequence <= :sequence")
            .name("#sequence", "sequence")
            .value(":sequence", right.sequence)?
            .value(":held", right.held)?
            .value(":expires", call.now.plus(LOSS_RETENTION).as_seconds())?;
        let kept = self.table.update_now::<IgnoredAny>(call, &right_key(right.holder), update).await?;
        Ok(matches!(kept, Updated::Made(_)))
    }

    /// Holds where `user` did not lose the right. DynamoDB deletes an item days after its time at times.
    pub(crate) fn has_right(
        &self,
        call: &InvocationContext,
        user: UserId,
    ) -> Result<Write<Refusal>, Problem> {
        let held = Expression::condition("attribute_not_exists(PK) OR held = :held OR expiresAt < :now")
            .value(":held", true)?
            .value(":now", call.now.as_seconds())?;
        self.table.check(&right_key(user), held, Refusal::RightLost)
    }

    /// As [`Self::has_right`], for what changes no endpoint and is no part of a transaction.
    pub(crate) async fn require_right(&self, call: &InvocationContext, user: UserId) -> Result<(), Problem> {
        let kept: Option<Kept> = self.table.get(&right_key(user)).await?;
        let lost = kept.is_some_and(|kept| !kept.held && call.now.as_seconds() <= kept.expires_at);
        if lost { Err(WebhookRefusal::ScopeLost(Scope::WebhooksWrite).into()) } else { Ok(()) }
    }
}

/// The stored form of a right.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    held: bool,
    expires_at: i64,
}

fn right_key(user: UserId) -> Key {
    Key::new(format!("RIGHT#{user}"), "RIGHT")
}
