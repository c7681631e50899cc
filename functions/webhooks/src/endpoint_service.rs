//! Making, changing and removing endpoints. Each is one transaction with its journal row.

use kernel::ids::WebhookEndpointId;
use kernel::{NewEvent, Problem, UserId};
use platform::auth::Scope;
use platform::dynamo::{Commit, Dynamo, Write};
use platform::idempotency::KeyTaken;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};

use crate::endpoint::{Change, Endpoint, NewEndpoint};
use crate::events::{EndpointChanged, EndpointCreated, SecretRotated};
use crate::refusal::WebhookRefusal;
use crate::secret::SigningSecret;
use crate::store::{MAX_ENDPOINTS, Refusal, Webhooks};

/// Keeps the endpoints.
#[derive(Clone)]
pub struct EndpointService {
    dynamo: Dynamo,
    /// The table.
    pub webhooks: Webhooks,
    journal: Journal,
}

/// The outcome of a request that creates a secret.
pub enum Made {
    /// It was made.
    Done(Box<Endpoint>),
    /// The request's key was taken meanwhile, and nothing was made.
    KeyTaken,
}

/// The record of the answer, to be kept with the change.
pub type Record = Option<Write<KeyTaken>>;

impl EndpointService {
    /// Works on the tables named by `WEBHOOKS_TABLE` and `JOURNAL_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let webhooks = Webhooks::connect(init).await?;
        Ok(Self { dynamo: init.dynamo(), webhooks, journal: Journal::connect(init).await? })
    }

    /// Registers what `owner` wishes for; `record` makes the record of the answer.
    pub async fn register(
        &self,
        call: &InvocationContext,
        owner: UserId,
        new: NewEndpoint,
        record: impl Fn(&Endpoint) -> Result<Record, Problem>,
    ) -> Result<Made, Problem> {
        let secret = SigningSecret::generate()?;
        let endpoint = Endpoint::new(WebhookEndpointId::generate(), owner, new, secret, call.now);
        let mut writes = self.webhooks.register(&endpoint)?;
        writes.extend(record(&endpoint)?.map(|write| write.map(|_| Refusal::KeyTaken)));
        match self.make(call, owner, writes, endpoint.event(EndpointCreated, Vec::new())?).await? {
            None => Ok(Made::Done(Box::new(endpoint))),
            Some(Refusal::KeyTaken) => Ok(Made::KeyTaken),
            Some(Refusal::TooMany) => Err(WebhookRefusal::TooManyEndpoints { limit: MAX_ENDPOINTS }.into()),
            Some(refusal) => Err(Problem::internal(format!("a new endpoint: {refusal:?}"))),
        }
    }

    /// Changes an endpoint for `editor`; what is so already stays as it is.
    pub async fn change(
        &self,
        call: &InvocationContext,
        editor: UserId,
        id: WebhookEndpointId,
        change: &Change,
    ) -> Result<Endpoint, Problem> {
        let mut retry = StaleRetry::of("the endpoint", call);
        loop {
            retry.begin().await?;
            let last = self.find(id).await?;
            let Some((next, names)) = last.changed(change, editor, call.now) else { return Ok(last) };
            let writes = vec![self.webhooks.replace(&last, &next)?];
            let event = next.event(EndpointChanged, names)?;
            if self.make(call, editor, writes, event).await?.is_none() {
                return Ok(next);
            }
        }
    }

    /// Gives an endpoint a new secret for `editor`; `record` makes the record of the answer.
    pub async fn rotate(
        &self,
        call: &InvocationContext,
        editor: UserId,
        id: WebhookEndpointId,
        record: impl Fn(&Endpoint) -> Result<Record, Problem>,
    ) -> Result<Made, Problem> {
        let secret = SigningSecret::generate()?;
        let mut retry = StaleRetry::of("the endpoint", call);
        loop {
            retry.begin().await?;
            let last = self.find(id).await?;
            let next = last.rotated(secret.clone(), call.now);
            let mut writes = vec![self.webhooks.replace(&last, &next)?];
            writes.extend(record(&next)?.map(|write| write.map(|_| Refusal::KeyTaken)));
            match self.make(call, editor, writes, next.event(SecretRotated, Vec::new())?).await? {
                None => return Ok(Made::Done(Box::new(next))),
                Some(Refusal::KeyTaken) => return Ok(Made::KeyTaken),
                Some(_) => {}
            }
        }
    }

    /// Removes an endpoint. What is on its way to it is cancelled when its next attempt is due.
    pub async fn remove(
        &self,
        call: &InvocationContext,
        editor: UserId,
        id: WebhookEndpointId,
    ) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the endpoint", call);
        loop {
            retry.begin().await?;
            let last = self.find(id).await?;
            if self.make(call, editor, self.webhooks.remove(&last)?, last.deleted()?).await?.is_none() {
                return Ok(());
            }
        }
    }

    async fn find(&self, id: WebhookEndpointId) -> Result<Endpoint, Problem> {
        self.webhooks.endpoint(id).await?.ok_or_else(|| WebhookRefusal::EndpointNotFound.into())
    }

    /// Makes the writes and the journal's row while `editor` has the right to, or says what was in the way: the key before the limit, and both
    /// before a change by another.
    async fn make(
        &self,
        call: &InvocationContext,
        editor: UserId,
        mut writes: Vec<Write<Refusal>>,
        event: NewEvent,
    ) -> Result<Option<Refusal>, Problem> {
        writes.push(self.journal.append(call, event)?.map(|_| Refusal::EndpointChanged));
        writes.push(self.webhooks.has_right(call, editor)?);
        match self.dynamo.commit(call, writes).await? {
            Commit::Committed => Ok(None),
            Commit::Refused(refused) => {
                let any = |wanted: Refusal| refused.iter().any(|one| one.reason == wanted);
                if any(Refusal::RightLost) {
                    return Err(WebhookRefusal::ScopeLost(Scope::WebhooksWrite).into());
                }
                let told = [Refusal::KeyTaken, Refusal::TooMany].into_iter().find(|wanted| any(*wanted));
                Ok(Some(told.unwrap_or(Refusal::EndpointChanged)))
            }
        }
    }
}
