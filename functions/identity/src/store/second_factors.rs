//! Second factors: `USER#<id>` / `SECOND_FACTOR`.

use kernel::{Problem, UserId};
use platform::InvocationContext;
use platform::dynamo::{Expression, Key, Write};

use super::{Store, user_partition};
use crate::second_factor::SecondFactor;

fn second_factor_key(user: UserId) -> Key {
    Key::new(user_partition(user), "SECOND_FACTOR")
}

/// Holds while the item is as it was seen. The sealed text is new with each enrolment, so that no factor is taken for another of the same version.
fn unchanged(seen: Option<&SecondFactor>) -> Result<Expression, Problem> {
    match seen {
        None => Ok(Expression::condition("attribute_not_exists(PK)")),
        Some(seen) => Expression::condition("sealedSecret = :sealed AND version = :version")
            .value(":sealed", &seen.sealed_secret)?
            .value(":version", seen.version),
    }
}

impl Store {
    /// The second factor of `user`, confirmed or not.
    pub(crate) async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, Problem> {
        self.table.get(&second_factor_key(user)).await
    }

    /// Keeps `factor` in the place of `seen`; `refusal` when that was changed.
    pub(crate) fn put_second_factor<R>(
        &self,
        user: UserId,
        factor: &SecondFactor,
        seen: Option<&SecondFactor>,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        self.table.put_when(&second_factor_key(user), factor, unchanged(seen)?, refusal)
    }

    /// Keeps `next` in the place of `seen`; says whether that was still there.
    pub(crate) async fn replace_second_factor(
        &self,
        call: &InvocationContext,
        user: UserId,
        seen: &SecondFactor,
        next: &SecondFactor,
    ) -> Result<bool, Problem> {
        let write = self.put_second_factor(user, next, Some(seen), ())?;
        Ok(self.dynamo.commit(call, vec![write]).await?.is_committed())
    }

    /// Deletes `seen`; `refusal` when it was changed.
    pub(crate) fn delete_second_factor<R>(
        &self,
        user: UserId,
        seen: &SecondFactor,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        self.table.delete(&second_factor_key(user), unchanged(Some(seen))?, refusal)
    }

    /// Deletes the second factor of an account that is deleted, whether or not there is one.
    pub(crate) fn drop_second_factor<R>(&self, user: UserId, refusal: R) -> Result<Write<R>, Problem> {
        self.table.delete(&second_factor_key(user), Expression::default(), refusal)
    }
}
