//! Machine clients.

use kernel::{Problem, Timestamp, UserId};
use platform::InvocationContext;
use platform::auth::Scopes;
use platform::dynamo::{Expression, Key, Rows, Write};
use serde::{Deserialize, Serialize};

use super::{Store, client_key};
use crate::client::{Client, OldSecret, SecretHash};

/// The partition that names every client, for their list.
const REGISTRY: &str = "CLIENTS";
/// The prefix of a client's partition key, and of its sort key in the registry.
pub(super) const CLIENT_PREFIX: &str = "CLIENT#";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientItem {
    name: String,
    secret_hash: String,
    /// The secret before, while it is still good.
    #[serde(default)]
    previous_hash: Option<String>,
    /// The time until which it is; seconds since 1970.
    #[serde(default)]
    previous_until: Option<i64>,
    scope: String,
    created_at: Timestamp,
    #[serde(default)]
    rotated_at: Option<Timestamp>,
    /// Written at most once an hour.
    #[serde(default)]
    last_used_at: Option<Timestamp>,
    /// Counts the client's journalled changes. Absent from items of before clients changed.
    #[serde(default = "first_version")]
    version: u64,
}

fn first_version() -> u64 {
    1
}

/// A client and its key.
#[derive(Deserialize)]
struct ClientRow {
    #[serde(rename = "PK")]
    pk: String,
    #[serde(flatten)]
    item: ClientItem,
}

/// A client in the registry.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistryItem {
    client_id: UserId,
}

fn registry_key(client: UserId) -> Key {
    Key::new(REGISTRY, format!("{CLIENT_PREFIX}{client}"))
}

impl ClientItem {
    fn of(client: &Client) -> Self {
        let previous = client.previous.as_ref();
        Self {
            name: client.name.clone(),
            secret_hash: client.secret.to_text(),
            previous_hash: previous.map(|old| old.hash.to_text()),
            previous_until: previous.map(|old| old.until.as_seconds()),
            scope: Scopes::to_string(&client.scopes),
            created_at: client.created_at,
            rotated_at: client.rotated_at,
            last_used_at: client.last_used_at,
            version: client.version,
        }
    }

    fn into_client(self) -> Result<Client, Problem> {
        let damaged = || Problem::internal("a client item is damaged");
        let previous = match (self.previous_hash, self.previous_until) {
            (Some(hash), Some(until)) => Some(OldSecret {
                hash: SecretHash::from_text(&hash).ok_or_else(damaged)?,
                until: Timestamp::from_millis(until.saturating_mul(1_000)),
            }),
            _ => None,
        };
        Ok(Client {
            name: self.name,
            secret: SecretHash::from_text(&self.secret_hash).ok_or_else(damaged)?,
            previous,
            scopes: self.scope.parse().map_err(|_| damaged())?,
            created_at: self.created_at,
            rotated_at: self.rotated_at,
            last_used_at: self.last_used_at,
            version: self.version,
        })
    }
}

impl Store {
    /// The client `id`.
    pub(crate) async fn client(&self, id: UserId) -> Result<Option<Client>, Problem> {
        let item: Option<ClientItem> = self.table.get(&client_key(id)).await?;
        item.map(ClientItem::into_client).transpose()
    }

    /// Every client that the registry names.
    pub(crate) async fn clients(&self) -> Result<Vec<(UserId, Client)>, Problem> {
        let (mut keys, mut start) = (Vec::new(), None);
        loop {
            let query = self.table.query(REGISTRY).begins_with("SK", CLIENT_PREFIX);
            let rows: Rows<RegistryItem> = query.start_after(start).rows().await?;
            keys.extend(rows.items.into_iter().map(|row| client_key(row.client_id)));
            start = rows.next;
            if start.is_none() {
                break;
            }
        }
        let rows: Vec<ClientRow> = self.table.get_many(&keys).await?;
        rows.into_iter()
            .map(|row| {
                let id = row.pk.strip_prefix(CLIENT_PREFIX).and_then(|id| id.parse().ok());
                let id = id.ok_or_else(|| Problem::internal("a client item is damaged"))?;
                Ok((id, row.item.into_client()?))
            })
            .collect()
    }

    /// Keeps a new client and names it in the registry; `refusal` when its id is in use.
    pub(crate) fn create_client<R: Clone>(
        &self,
        id: UserId,
        client: &Client,
        refusal: R,
    ) -> Result<[Write<R>; 2], Problem> {
        Ok([
            self.table.put_new(&client_key(id), &ClientItem::of(client), refusal.clone())?,
            self.register_client(id, refusal)?,
        ])
    }

    /// Names a client in the registry.
    fn register_client<R>(&self, id: UserId, refusal: R) -> Result<Write<R>, Problem> {
        self.table.put_when(
            &registry_key(id),
            &RegistryItem { client_id: id },
            Expression::default(),
            refusal,
        )
    }

    /// Puts `changed` in the place of `seen`; `refusal` when the client was changed since.
    pub(crate) fn change_client<R>(
        &self,
        id: UserId,
        seen: &Client,
        changed: &Client,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        self.table.put_when(&client_key(id), &ClientItem::of(changed), unchanged(seen)?, refusal)
    }

    /// Deletes a client, and its name from the registry; `refusal` when it was changed since it was `seen`.
    pub(crate) fn delete_client<R: Clone>(
        &self,
        id: UserId,
        seen: &Client,
        refusal: R,
    ) -> Result<[Write<R>; 2], Problem> {
        Ok([
            self.table.delete(&client_key(id), unchanged(seen)?, refusal.clone())?,
            self.table.delete(&registry_key(id), Expression::default(), refusal)?,
        ])
    }

    /// Notes that a client was used, and names it in the registry, where clients of before there was one are not.
    pub(crate) async fn note_client_use(&self, call: &InvocationContext, id: UserId) -> Result<(), Problem> {
        let used = Expression::update("SET lastUsedAt = :now")
            .when("attribute_exists(PK)")
            .value(":now", call.now)?;
        let writes = vec![self.table.update(&client_key(id), used, ())?, self.register_client(id, ())?];
        let commit = self.dynamo.commit(call, writes).await?;
        commit.ok_or_else(|_| Problem::internal("the client is gone"))
    }
}

/// Holds for a client that was not changed since it was `seen`, but perhaps used.
fn unchanged(seen: &Client) -> Result<Expression, Problem> {
    Expression::condition("secretHash = :hash AND (version = :version OR attribute_not_exists(version))")
        .value(":hash", seen.secret.to_text())?
        .value(":version", seen.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ClientSecret;

    #[test]
    fn a_client_of_before_rotation_is_read() {
        let hash = ClientSecret::generate().unwrap().hash().to_text();
        let item = serde_json::json!({
            "name": "warehouse", "secretHash": hash, "scope": "loms", "createdAt": "2026-01-01T00:00:00.000Z",
        });
        let client = serde_json::from_value::<ClientItem>(item).unwrap().into_client().unwrap();
        assert_eq!(client.version, 1);
        assert!(client.previous.is_none() && client.last_used_at.is_none() && client.rotated_at.is_none());
    }

    #[test]
    fn a_rotated_client_is_read_back_as_it_was_written() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let old = ClientSecret::generate().unwrap();
        let client = Client::new("warehouse".to_owned(), old.hash(), Scopes::default(), now);
        let client = client.rotated(ClientSecret::generate().unwrap().hash(), 24, now);
        let mut item = serde_json::to_value(ClientItem::of(&client)).unwrap();
        item.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let read = serde_json::from_value::<ClientItem>(item).unwrap().into_client().unwrap();
        assert!(read.knows(&old.text(), now));
        assert_eq!((read.version, read.rotated_at), (2, Some(now)));
    }
}
