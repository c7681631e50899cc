//! Seeing machine clients, giving them another secret, and taking them back.

use kernel::{EventData, NewEvent, Problem, Timestamp, UserId};
use platform::auth::Scope;
use platform::dynamo::Write;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};
use serde::Serialize;

use crate::client::{Client, ClientSecret};
use crate::events::{ClientRevoked, ClientRotated};
use crate::refusal::ClientRefusal;
use crate::store::Store;

/// A client as operators see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientView {
    client_id: UserId,
    name: String,
    scopes: Vec<Scope>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated_at: Option<Timestamp>,
    /// The time at which it last got a token, to the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
    /// The time until which the secret before is valid too.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_secret_until: Option<Timestamp>,
}

/// A client with a new secret, which is shown this once. Deliberately not `Debug`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rotated {
    client_secret: String,
    #[serde(flatten)]
    client: ClientView,
}

impl ClientView {
    fn new(client_id: UserId, client: &Client, now: Timestamp) -> Self {
        let previous = client.previous.as_ref().map(|old| old.until);
        Self {
            client_id,
            name: client.name.clone(),
            scopes: client.scopes.0.iter().copied().collect(),
            created_at: client.created_at,
            rotated_at: client.rotated_at,
            last_used_at: client.last_used_at,
            previous_secret_until: previous.filter(|until| now < *until),
        }
    }
}

/// The machine clients.
pub(crate) struct MachineClients {
    store: Store,
    journal: Journal,
}

/// The client was changed since it was read.
#[derive(Debug, Clone, Copy)]
struct Changed;

impl MachineClients {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { store: Store::connect(init).await?, journal: Journal::connect(init).await? })
    }

    /// Every client, the newest first. One of before the registry is in it from its next token on.
    pub(crate) async fn list(&self, call: &InvocationContext) -> Result<Vec<ClientView>, Problem> {
        let mut clients = self.store.clients().await?;
        clients.sort_by_key(|(id, client)| std::cmp::Reverse((client.created_at, *id)));
        Ok(clients.iter().map(|(id, client)| ClientView::new(*id, client, call.now)).collect())
    }

    /// Gives the client `id` another secret; the one before is good for `overlap` more hours.
    pub(crate) async fn rotate(
        &self,
        call: &InvocationContext,
        id: UserId,
        overlap: u32,
    ) -> Result<Rotated, Problem> {
        let secret = ClientSecret::generate()?;
        let mut retry = StaleRetry::of("the client", call);
        loop {
            retry.begin().await?;
            let client = self.store.client(id).await?.ok_or(ClientRefusal::NotFound)?;
            let rotated = client.rotated(secret.hash(), overlap, call.now);
            let data = ClientRotated { client_id: id, overlap_hours: overlap };
            let writes = vec![
                self.store.change_client(id, &client, &rotated, Changed)?,
                self.tell(call, id, rotated.version, &data)?,
            ];
            if self.store.dynamo().commit(call, writes).await?.is_committed() {
                let client = ClientView::new(id, &rotated, call.now);
                return Ok(Rotated { client_secret: secret.text(), client });
            }
        }
    }

    /// Takes the client `id` back: it gets no token any more. Tokens that it has are good until they run out, minutes later.
    pub(crate) async fn revoke(&self, call: &InvocationContext, id: UserId) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the client", call);
        loop {
            retry.begin().await?;
            let client = self.store.client(id).await?.ok_or(ClientRefusal::NotFound)?;
            let data = ClientRevoked { client_id: id };
            let mut writes = vec![self.tell(call, id, client.version + 1, &data)?];
            writes.extend(self.store.delete_client(id, &client, Changed)?);
            if self.store.dynamo().commit(call, writes).await?.is_committed() {
                return Ok(());
            }
        }
    }

    fn tell(
        &self,
        call: &InvocationContext,
        id: UserId,
        sequence: u64,
        data: &impl EventData,
    ) -> Result<Write<Changed>, Problem> {
        let event = NewEvent::new(format!("client/{id}"), sequence, data)?;
        Ok(self.journal.append(call, event)?.map(|_| Changed))
    }
}
