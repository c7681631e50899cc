//! Endpoints: reading and replacing them, and how many there are.

use kernel::Problem;
use kernel::ids::WebhookEndpointId;
use platform::InvocationContext;
use platform::dynamo::{Expression, Key, Rows, Write};
use serde::de::IgnoredAny;

use super::{Refusal, Webhooks};
use crate::endpoint::Endpoint;

/// The most endpoints that there may be. Each event is looked at for each of them.
pub const MAX_ENDPOINTS: u64 = 100;
/// The partition of all endpoints.
const PARTITION: &str = "ENDPOINTS";
const PREFIX: &str = "ENDPOINT#";

impl Webhooks {
    /// The endpoint with this id.
    pub async fn endpoint(&self, id: WebhookEndpointId) -> Result<Option<Endpoint>, Problem> {
        self.table.get(&endpoint_key(id)).await
    }

    /// All endpoints, the oldest first.
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>, Problem> {
        let (mut endpoints, mut start) = (Vec::new(), None);
        loop {
            let query = self.table.query(PARTITION).begins_with("SK", PREFIX).start_after(start);
            let page: Rows<Endpoint> = query.rows().await?;
            endpoints.extend(page.items);
            start = page.next;
            if start.is_none() {
                endpoints.sort_by_key(|endpoint| (endpoint.created_at, endpoint.id));
                return Ok(endpoints);
            }
        }
    }

    /// Makes a new endpoint, unless there are [`MAX_ENDPOINTS`].
    pub(crate) fn register(&self, endpoint: &Endpoint) -> Result<Vec<Write<Refusal>>, Problem> {
        let count = Expression::update("SET #number = if_not_exists(#number, :none) + :one")
            .when("attribute_not_exists(#number) OR #number < :most")
            .name("#number", "number")
            .number(":none", 0)
            .number(":one", 1)
            .number(":most", MAX_ENDPOINTS);
        Ok(vec![
            self.table.put_new(&endpoint_key(endpoint.id), endpoint, Refusal::EndpointChanged)?,
            self.table.update(&count_key(), count, Refusal::TooMany)?,
        ])
    }

    /// Puts `next` in the place of `last`, if that is still as it was read.
    pub(crate) fn replace(&self, last: &Endpoint, next: &Endpoint) -> Result<Write<Refusal>, Problem> {
        let key = endpoint_key(last.id);
        self.table.put_when(&key, next, unchanged(last)?, Refusal::EndpointChanged)
    }

    /// Removes `last`, if that is still as it was read.
    pub(crate) fn remove(&self, last: &Endpoint) -> Result<Vec<Write<Refusal>>, Problem> {
        let count = Expression::update("SET #number = #number - :one")
            .when("#number > :none")
            .name("#number", "number")
            .number(":none", 0)
            .number(":one", 1);
        Ok(vec![
            self.table.delete(&endpoint_key(last.id), unchanged(last)?, Refusal::EndpointChanged)?,
            self.table.update(&count_key(), count, Refusal::EndpointChanged)?,
        ])
    }

    /// Forgets the deliveries to the endpoint that were given up: one was made.
    pub(crate) async fn forgive(
        &self,
        call: &InvocationContext,
        id: WebhookEndpointId,
    ) -> Result<(), Problem> {
        let forgive = Expression::update("SET exhausted = :none")
            .when("attribute_exists(PK) AND exhausted > :none")
            .number(":none", 0);
        self.table.update_now::<IgnoredAny>(call, &endpoint_key(id), forgive).await.map(|_| ())
    }
}

/// A counter that rose since also counts as a change, so that no other write overwrites it.
fn unchanged(last: &Endpoint) -> Result<Expression, Problem> {
    Expression::condition("version = :version AND exhausted = :exhausted")
        .value(":version", last.version)?
        .value(":exhausted", last.exhausted)
}

fn endpoint_key(id: WebhookEndpointId) -> Key {
    Key::new(PARTITION, format!("{PREFIX}{id}"))
}

fn count_key() -> Key {
    Key::new(PARTITION, "COUNT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_were() {
        let id: WebhookEndpointId = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        let wanted = Key::new("ENDPOINTS", "ENDPOINT#6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0");
        assert_eq!(endpoint_key(id), wanted);
        assert_eq!(count_key(), Key::new("ENDPOINTS", "COUNT"));
    }
}
