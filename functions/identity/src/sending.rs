//! Sending codes and reset tokens: each is kept first, and then handed to the queue.

use kernel::ids::NotificationId;
use kernel::{Problem, UserId};
use platform::dynamo::Write;
use platform::{Init, InitError, InvocationContext};
use uuid::Uuid;

use crate::code::{CODE_LIFETIME, Code, Purpose};
use crate::contact::Login;
use crate::delivery::{Channel, SecretMessage, SecretQueue, Template, Variables};
use crate::refusal::TooManyAttempts;
use crate::store::{KeptCode, Paused, Store, nobody, pause_left};

/// Keeps secrets and sends them.
pub(crate) struct SecretSender {
    store: Store,
    queue: SecretQueue,
}

impl SecretSender {
    /// Keeps in `store`, and sends through the queue named by `SECRETS_QUEUE_URL`.
    pub(crate) fn from_init(init: &Init, store: Store) -> Result<Self, InitError> {
        Ok(Self { store, queue: SecretQueue::connect(init)? })
    }

    /// Sends a new code for `purpose` to `login`. Without `user` the same work is done for no account: response and time do not differ.
    pub(crate) async fn send_code(
        &self,
        call: &InvocationContext,
        purpose: Purpose,
        login: &Login,
        user: Option<UserId>,
    ) -> Result<(), Problem> {
        let (id, code) = (Uuid::new_v4(), Code::generate()?);
        let kept = KeptCode::new(id, &code.hash(id, login)?, user);
        let write = self.store.keep_code(purpose, login, &kept, call.now)?;
        let user = user.unwrap_or_else(nobody);
        let message = message(call, user, login, Template::VerificationCode, code.digits().to_owned());
        // The account has no such login yet.
        let to = matches!(purpose, Purpose::Add(_)).then(|| login.text().to_owned());
        self.send(call, vec![write], &SecretMessage { to, ..message }).await
    }

    /// Sends the reset token `token` of `user`, which `writes` keep, to `login`.
    pub(crate) async fn send_reset(
        &self,
        call: &InvocationContext,
        login: &Login,
        user: UserId,
        token: String,
        writes: Vec<Write<Paused>>,
    ) -> Result<(), Problem> {
        self.send(call, writes, &message(call, user, login, Template::PasswordReset, token)).await
    }

    /// Keeps and sends, or says how long to wait after what was sent to the login before.
    async fn send(
        &self,
        call: &InvocationContext,
        writes: Vec<Write<Paused>>,
        message: &SecretMessage,
    ) -> Result<(), Problem> {
        let commit = self.store.dynamo().commit(call, writes).await?;
        commit.ok_or_else(|refused| {
            pause_left(refused, call.now).map_or_else(|error| error, |wait| TooManyAttempts { wait }.into())
        })?;
        self.queue.send(message).await
    }
}

fn message(
    call: &InvocationContext,
    user: UserId,
    login: &Login,
    template: Template,
    code: String,
) -> SecretMessage {
    SecretMessage {
        notification_id: NotificationId::generate(),
        user_id: user,
        channel: Channel::to(login),
        to: None,
        template,
        variables: Variables { code, minutes: CODE_LIFETIME.as_secs() / 60 },
        expires_at: call.now.plus(CODE_LIFETIME),
    }
}
