//! Going on with a session.

use std::sync::Arc;

use kernel::{NewEvent, Problem, UserId};
use platform::auth::Scopes;
use platform::dynamo::Commit;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};

use crate::access::Issuer;
use crate::events::SessionRevoked;
use crate::log_in::Tokens;
use crate::refusal::{LoginError, LoginRefusal};
use crate::session::{Judgement, RefreshToken};
use crate::store::{Profile, Store};

/// Goes on with sessions.
pub(crate) struct Refresh {
    store: Store,
    journal: Journal,
    issuer: Arc<Issuer>,
}

/// The reasons for which a session was not revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// It is gone already.
    Gone,
    /// The account was changed since it was read.
    Changed,
}

impl Refresh {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`, and the signing key.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Self::with(init, Arc::new(Issuer::from_init(init).await?)).await
    }

    /// The same tables, and a signing key that was read already.
    pub(crate) async fn with(init: &Init, issuer: Arc<Issuer>) -> Result<Self, InitError> {
        let (store, journal) = (Store::connect(init).await?, Journal::connect(init).await?);
        Ok(Self { store, journal, issuer })
    }

    /// New tokens for `token`, which is used up by this. The access token says what the account may do now, or what of
    /// that `asked` names.
    pub(crate) async fn refresh(
        &self,
        call: &InvocationContext,
        token: &RefreshToken,
        asked: Option<&Scopes>,
    ) -> Result<Tokens, LoginError> {
        let mut retry = StaleRetry::of("the session", call);
        loop {
            retry.begin().await?;
            let (session, profile) =
                tokio::try_join!(self.store.session(token), self.store.profile(token.user))?;
            let (Some(session), Some(profile)) = (session, profile) else {
                return Err(LoginRefusal::InvalidRefreshToken.into());
            };
            let allowed = session.allowed(&profile.scopes);
            let scopes = asked.map_or_else(|| allowed.clone(), |asked| asked.common(&allowed));
            let judgement = session.judge(token, call.now)?;
            if matches!(judgement, Judgement::Repeated(_) | Judgement::Current)
                && asked.is_some_and(|asked| *asked != scopes)
            {
                return Err(LoginRefusal::InvalidScope.into());
            }
            match judgement {
                Judgement::Ended => return Err(LoginRefusal::InvalidRefreshToken.into()),
                Judgement::Reused => {
                    self.revoke(call, token, profile).await?;
                    return Err(LoginRefusal::InvalidRefreshToken.into());
                }
                Judgement::Repeated(successor) => {
                    return Ok(Tokens::issue(&self.issuer, scopes, &successor, call.now)?);
                }
                Judgement::Current => {
                    let successor = RefreshToken::generate(token.user, token.session)?;
                    let rotated = session.rotated(token, &successor, call.now)?;
                    if self.store.rotate(call, token, &rotated).await? {
                        return Ok(Tokens::issue(&self.issuer, scopes, &successor, call.now)?);
                    }
                }
            }
        }
    }

    /// Ends the session of a token that was used before, and says so in the journal.
    async fn revoke(
        &self,
        call: &InvocationContext,
        token: &RefreshToken,
        mut profile: Profile,
    ) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let Commit::Refused(refused) = self.try_revoke(call, token, &profile).await? else {
                return Ok(());
            };
            if refused.iter().any(|one| one.reason == Refusal::Gone) {
                return Ok(());
            }
            match self.store.profile(token.user).await? {
                Some(current) => profile = current,
                None => return Ok(()),
            }
        }
    }

    async fn try_revoke(
        &self,
        call: &InvocationContext,
        token: &RefreshToken,
        profile: &Profile,
    ) -> Result<Commit<Refusal>, Problem> {
        let event = revocation(token.user, token, profile)?;
        let writes = vec![
            self.store.revoke_session(token, Refusal::Gone)?,
            self.store.count_change(token.user, profile, Refusal::Changed)?,
            self.journal.append(call, event)?.map(|_| Refusal::Changed),
        ];
        self.store.dynamo().commit(call, writes).await
    }
}

/// The revocation as the journal records it. The session's id opens nothing any more once the session is gone.
fn revocation(user: UserId, token: &RefreshToken, profile: &Profile) -> Result<NewEvent, Problem> {
    let data = SessionRevoked { user_id: user, session_id: token.session, reason: "refresh_token_reused" };
    NewEvent::new(format!("user/{user}"), profile.version + 1, &data)
}
