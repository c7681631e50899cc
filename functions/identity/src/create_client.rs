//! Making machine clients.

use kernel::{Kind, NewEvent, Problem, UserId};
use platform::auth::{Scope, Scopes};
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::{Client, ClientSecret, MAX_CLIENT_NAME};
use crate::events::ClientCreated;
use crate::store::Store;

/// An operator's request to create a client.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    name: String,
    scopes: Vec<String>,
}

/// An order to make a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Order {
    name: String,
    scopes: Scopes,
}

/// The new client. This is the only time that its secret is returned. Deliberately not `Debug`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    client_id: UserId,
    client_secret: String,
    name: String,
    scopes: Vec<Scope>,
}

impl Order {
    /// Reads `{"name": ..., "scopes": [...]}`.
    pub(crate) fn read(input: Value) -> Result<Self, Problem> {
        if !input.is_object() {
            return Err(invalid("it has to be an object"));
        }
        let input: Input = serde_json::from_value(input).map_err(|error| invalid(&error.to_string()))?;
        let name = input.name.trim().to_owned();
        let length = name.chars().count();
        if !(1..=MAX_CLIENT_NAME).contains(&length) || name.chars().any(char::is_control) {
            return Err(invalid("the name has to be 1 to 100 characters without control characters"));
        }
        let scopes = input.scopes.iter().map(|name| name.parse()).collect::<Result<_, _>>();
        let scopes = scopes.map_err(|error: platform::auth::UnknownScope| invalid(&error.to_string()))?;
        Ok(Self { name, scopes: Scopes(scopes) })
    }
}

fn invalid(reason: &str) -> Problem {
    Problem::new(Kind::Invalid, "invalid_input", format!("The input breaks a rule: {reason}."))
}

/// Makes machine clients.
pub(crate) struct CreateClient {
    store: Store,
    journal: Journal,
}

impl CreateClient {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { store: Store::connect(init).await?, journal: Journal::connect(init).await? })
    }

    /// Makes the client that `order` describes.
    pub(crate) async fn carry_out(&self, call: &InvocationContext, order: Order) -> Result<Created, Problem> {
        let (id, secret) = (UserId::generate(), ClientSecret::generate()?);
        let scopes: Vec<Scope> = order.scopes.0.iter().copied().collect();
        let client = Client::new(order.name, secret.hash(), order.scopes, call.now);
        let data = ClientCreated { client_id: id, scopes: scopes.clone() };
        let event = NewEvent::new(format!("client/{id}"), 1, &data)?;
        let mut writes = vec![self.journal.append(call, event)?.map(|_| ())];
        writes.extend(self.store.create_client(id, &client, ())?);
        let commit = self.store.dynamo().commit(call, writes).await?;
        commit.ok_or_else(|_| Problem::internal("a client's id is in use"))?;
        Ok(Created { client_id: id, client_secret: secret.text(), name: client.name, scopes })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_is_a_name_and_scopes() {
        let order = Order::read(json!({"name": " warehouse ", "scopes": ["stock:write", "loms"]})).unwrap();
        assert_eq!(
            (order.name.as_str(), order.scopes.to_string().as_str()),
            ("warehouse", "stock:write loms")
        );
        let cases = [
            (json!({"name": "", "scopes": []}), "the name"),
            (json!({"name": "x".repeat(101), "scopes": []}), "the name"),
            (json!({"name": "a\nb", "scopes": []}), "the name"),
            (json!({"name": "a", "scopes": ["everything"]}), "everything"),
            (json!({"name": "a"}), "missing field"),
            (json!({"name": "a", "scopes": [], "secret": "x"}), "unknown field"),
            (Value::Null, "an object"),
        ];
        for (input, part) in cases {
            let problem = Order::read(input.clone()).unwrap_err();
            assert!(problem.detail.contains(part), "{input}: {}", problem.detail);
        }
    }
}
