//! Who lost the right to register endpoints, for as long as a token may say otherwise.

use kernel::{Problem, UserId};
use platform::Call;
use platform::dynamo::{Expression, Key, Updated, Write};
use serde::de::IgnoredAny;

use super::{Refusal, Webhooks};
use crate::rights::{LOSS_RETENTION, Right};

impl Webhooks {
    /// Keeps `right`, unless a later change of the same holder is kept: then it is `false`.
    pub(crate) async fn keep_right(&self, call: &Call, right: Right) -> Result<bool, Problem> {
        let update = Expression::update("SET #sequence = :sequence, held = :held, expiresAt = :expires")
            .when("attribute_not_exists(PK) OR #sequence <= :sequence")
            .name("#sequence", "sequence")
            .value(":sequence", right.sequence)?
            .value(":held", right.held)?
            .value(":expires", call.now.plus(LOSS_RETENTION).as_seconds())?;
        let kept = self.table.update_now::<IgnoredAny>(call, &right_key(right.holder), update).await?;
        Ok(matches!(kept, Updated::Made(_)))
    }

    /// Holds where `user` did not lose the right.
    pub(crate) fn has_right(&self, user: UserId) -> Result<Write<Refusal>, Problem> {
        let held = Expression::condition("attribute_not_exists(PK) OR held = :held").value(":held", true)?;
        self.table.check(&right_key(user), held, Refusal::RightLost)
    }
}

fn right_key(user: UserId) -> Key {
    Key::new(format!("RIGHT#{user}"), "RIGHT")
}
