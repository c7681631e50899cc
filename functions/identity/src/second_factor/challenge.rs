//! Asking for the second factor.

use kernel::{Problem, UserId};
use platform::auth::Scopes;
use platform::window::Window;
use platform::{Init, InitError, InvocationContext, StaleRetry};

use super::{OpsPolicy, SECOND_FACTOR_TRIES, SealingKey, SecondFactor, SecondFactorCode};
use crate::refusal::{LoginError, LoginRefusal, TooManyAttempts};
use crate::store::{Slot, Store};
use crate::throttle::WINDOW;

/// The input of a login's second step.
#[derive(Clone, Copy)]
pub(crate) struct SecondStep<'a> {
    /// The code that was given.
    pub(crate) code: Option<&'a SecondFactorCode>,
    /// The rule for accounts with scopes that have no second factor.
    pub(crate) policy: OpsPolicy,
}

impl<'a> SecondStep<'a> {
    /// With `code`, for accounts that may have no second factor.
    pub(crate) fn with(code: Option<&'a SecondFactorCode>) -> Self {
        Self { code, policy: OpsPolicy::Optional }
    }
}

/// Checks codes.
pub(crate) struct Challenge {
    store: Store,
    pub(super) key: SealingKey,
}

impl Challenge {
    /// With the key that `SECOND_FACTOR_SECRET_ARN` names.
    pub(crate) async fn from_init(init: &Init, store: Store) -> Result<Self, InitError> {
        Ok(Self { store, key: SealingKey::from_init(init).await? })
    }

    /// Lets a login of `user`, whose password was right, go on if its second step is right too.
    pub(crate) async fn pass(
        &self,
        call: &InvocationContext,
        user: UserId,
        scopes: &Scopes,
        step: SecondStep<'_>,
    ) -> Result<(), LoginError> {
        if !self.store.second_factor(user).await?.is_some_and(|factor| factor.is_enabled()) {
            let refused = step.policy == OpsPolicy::Required && !scopes.0.is_empty();
            return if refused { Err(LoginRefusal::SecondFactorNotEnrolled.into()) } else { Ok(()) };
        }
        let code = step.code.ok_or(LoginRefusal::SecondFactorRequired)?;
        self.spend(call, user, code).await?.ok_or(LoginRefusal::InvalidSecondFactor)?;
        Ok(())
    }

    /// Uses `code` up; the factor after that, or none for a code that is wrong or was used. A code of the app is counted before it is looked at, so that
    /// a burst of guesses counts as many. Recovery codes are not counted: they cannot be guessed, and let the owner in whom guesses have stopped.
    pub(crate) async fn spend(
        &self,
        call: &InvocationContext,
        user: UserId,
        code: &SecondFactorCode,
    ) -> Result<Option<SecondFactor>, LoginError> {
        if matches!(code, SecondFactorCode::Recovery(_)) {
            return Ok(self.try_spend(call, user, code).await?);
        }
        let window = Window::at(call.now, WINDOW, format_args!("second-factor:{user}"));
        if self.store.acquire_slot(call, &window, SECOND_FACTOR_TRIES).await? != Slot::Acquired {
            return Err(TooManyAttempts { wait: window.seconds_left(call.now) }.into());
        }
        let spent = self.try_spend(call, user, code).await;
        let noted = if matches!(spent, Ok(None)) {
            self.store.keep_place(call, &window).await
        } else {
            self.store.free_place(call, &window).await
        };
        if let Err(problem) = noted {
            tracing::warn!(%problem, "the outcome of a second factor could not be noted");
        }
        Ok(spent?)
    }

    async fn try_spend(
        &self,
        call: &InvocationContext,
        user: UserId,
        code: &SecondFactorCode,
    ) -> Result<Option<SecondFactor>, Problem> {
        let mut retry = StaleRetry::of("the second factor", call);
        loop {
            retry.begin().await?;
            let Some(seen) = self.store.second_factor(user).await? else { return Ok(None) };
            let Some(next) = seen.spent(&self.key, user, code, call.now)? else { return Ok(None) };
            // Refused where another request changed the factor, most likely by using the same code.
            if self.store.replace_second_factor(call, user, &seen, &next).await? {
                return Ok(Some(next));
            }
        }
    }
}
