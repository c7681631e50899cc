//! Machine clients.

use kernel::{Problem, Timestamp, UserId};
use platform::auth::Scopes;
use platform::dynamo::Write;
use serde::{Deserialize, Serialize};

use super::{Store, client_key};
use crate::client::{Client, SecretHash};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientItem {
    name: String,
    secret_hash: String,
    scope: String,
    created_at: Timestamp,
}

impl Store {
    /// The client `id`.
    pub(crate) async fn client(&self, id: UserId) -> Result<Option<Client>, Problem> {
        let item: Option<ClientItem> = self.table.get(&client_key(id)).await?;
        let damaged = || Problem::internal("a client item is damaged");
        item.map(|item| {
            Ok(Client {
                name: item.name,
                secret: SecretHash::from_text(&item.secret_hash).ok_or_else(damaged)?,
                scopes: item.scope.parse().map_err(|_| damaged())?,
            })
        })
        .transpose()
    }

    /// Keeps a new client; `refusal` when its id is in use.
    pub(crate) fn create_client<R>(
        &self,
        id: UserId,
        client: &Client,
        now: Timestamp,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let item = ClientItem {
            name: client.name.clone(),
            secret_hash: client.secret.to_text(),
            scope: Scopes::to_string(&client.scopes),
            created_at: now,
        };
        self.table.put_new(&client_key(id), &item, refusal)
    }
}
