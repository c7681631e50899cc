//! The identity table: its keys, items and expressions.
//!
//! | item | key | what it is |
//! |---|---|---|
//! | profile | `USER#<id>` / `PROFILE` | who a person is, and what they may do |
//! | credential | `USER#<id>` / `CREDENTIAL` | the password's hash, nowhere else |
//! | session | `USER#<id>` / `SESSION#<id>` | hashes of the session's refresh tokens; gone after its TTL |
//! | login | `LOGIN#email:<address>`, `LOGIN#phone:<number>` / `LOGIN` | the account that it opens; that there can be only one item under a key keeps logins unique |
//! | throttle | `THROTTLE#...` / `WINDOW#<start>` | attempts to log in, and failed ones, in that stretch of time; gone after its TTL |

mod accounts;
mod attempts;
mod sessions;

use kernel::{UserId, ids::SessionId};
use platform::dynamo::{Dynamo, Key, Table};
use platform::{Init, InitError};

pub(crate) use accounts::{Collision, Profile};
pub(crate) use attempts::{Place, Window};

use crate::contact::Login;

/// The identity table.
#[derive(Clone)]
pub(crate) struct Store {
    table: Table,
    dynamo: Dynamo,
}

impl Store {
    /// The table named by `IDENTITY_TABLE`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("IDENTITY_TABLE").await?, dynamo: init.dynamo() })
    }

    /// The client, for transactions that span more than this table.
    pub(crate) fn dynamo(&self) -> &Dynamo {
        &self.dynamo
    }
}

fn profile_key(user: UserId) -> Key {
    Key::new(format!("USER#{user}"), "PROFILE")
}

fn credential_key(user: UserId) -> Key {
    Key::new(format!("USER#{user}"), "CREDENTIAL")
}

fn session_key(user: UserId, session: SessionId) -> Key {
    Key::new(format!("USER#{user}"), format!("SESSION#{session}"))
}

fn login_key(login: &Login) -> Key {
    Key::new(format!("LOGIN#{login}"), "LOGIN")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items are found by these texts for as long as there is data: they may never change.
    #[test]
    fn keys_are_what_they_were() {
        let user = "11111111-2222-4333-8444-555555555555".parse().unwrap();
        let session = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee".parse().unwrap();
        let partition = "USER#11111111-2222-4333-8444-555555555555";
        assert_eq!(profile_key(user), Key::new(partition, "PROFILE"));
        assert_eq!(credential_key(user), Key::new(partition, "CREDENTIAL"));
        let sort = "SESSION#aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
        assert_eq!(session_key(user, session), Key::new(partition, sort));
        let email = Login::Email("Ada@Example.com".parse().unwrap());
        assert_eq!(login_key(&email), Key::new("LOGIN#email:ada@example.com", "LOGIN"));
        let phone = Login::Phone("8 (999) 123-45-67".parse().unwrap());
        assert_eq!(login_key(&phone), Key::new("LOGIN#phone:+79991234567", "LOGIN"));
    }
}
