//! The credentials of machine clients, presented for a token or with every request of a surface that knows no tokens.

use kernel::{Problem, UserId};
use platform::auth::Principal;
use platform::{Init, InitError, InvocationContext};

use crate::client::{Client, SecretHash};
use crate::refusal::ClientRefusal;
use crate::store::Store;

/// Checks the credentials of machine clients.
#[derive(Clone)]
pub struct ClientAuthentication {
    store: Store,
}

impl ClientAuthentication {
    /// Connects to the table named by `IDENTITY_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { store: Store::connect(init).await? })
    }

    pub(crate) fn with(store: Store) -> Self {
        Self { store }
    }

    /// Returns the client `id` as the caller, if `secret` is its secret: 401 `invalid_client` otherwise. Failures are not counted: there is nothing to
    /// guess in 256 random bits, and a count would stand in the way of a client that sends many requests at once.
    pub async fn principal(
        &self,
        call: &InvocationContext,
        id: &str,
        secret: &str,
    ) -> Result<Principal, Problem> {
        let id = id.parse::<UserId>().map_err(|_| ClientRefusal::InvalidClient)?;
        let client = self.find(call, id, secret).await?.ok_or(ClientRefusal::InvalidClient)?;
        Ok(Principal { user: id, scopes: client.scopes, token_id: String::new(), is_client: true })
    }

    /// The client `id`, if `secret` is its secret. Its use is noted.
    pub(crate) async fn find(
        &self,
        call: &InvocationContext,
        id: UserId,
        secret: &str,
    ) -> Result<Option<Client>, Problem> {
        let found = self.store.client(id).await?;
        // A secret is compared in any case, so that an unknown client takes as long.
        let matches = found
            .as_ref()
            .map_or_else(|| SecretHash::of("").is_of(secret), |client| client.knows(secret, call.now));
        let Some(client) = found.filter(|_| matches) else { return Ok(None) };
        if client.is_use_news(call.now)
            && let Err(problem) = self.store.note_client_use(call, id).await
        {
            // A use that could not be noted is no reason to refuse it.
            tracing::warn!(%problem, "the use of a client could not be noted");
        }
        Ok(Some(client))
    }
}
