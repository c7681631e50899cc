//! The identity table: its keys, items and expressions.
//!
//! | item | key | what it is |
//! |---|---|---|
//! | profile | `USER#<id>` / `PROFILE` | who a person is, and what they may do |
//! | credential | `USER#<id>` / `CREDENTIAL` | the password's hash, nowhere else |
//! | session | `USER#<id>` / `SESSION#<id>` | hashes of the session's refresh tokens; gone after its TTL |
//! | address | `USER#<id>` / `ADDRESS#<id>` | an address that a person saved; the profile names the default one |
//! | second factor | `USER#<id>` / `SECOND_FACTOR` | the sealed secret of the authenticator app, and hashes of the recovery codes |
//! | login | `LOGIN#email:<address>`, `LOGIN#phone:<number>` / `LOGIN` | the account that it opens; that there can be only one item under a key keeps logins unique |
//! | code | `CODE#<purpose>:<login>`, `CODE#add:<user>:<login>` / `CODE` | what was last sent to this address or number, hashed, and how often it was tried; gone after its TTL |
//! | reset | `RESET#<hash>` / `RESET` | the account whose password the token with this hash resets; gone after its TTL |
//! | client | `CLIENT#<id>` / `CLIENT` | a machine client: the hash of its secret, and what it may do |
//! | known source | `KNOWN#<hash of login and source>` / `KNOWN` | that the login was used from there lately; gone after its TTL |
//! | registry | `CLIENTS` / `CLIENT#<id>` | names a machine client, for the list of them |
//! | throttle | `THROTTLE#...` / `WINDOW#<start>`, `WINDOW#<start>#<part>` | attempts to log in, and failed ones, in that stretch of time; gone after its TTL |

mod accounts;
mod addresses;
mod attempts;
mod clients;
mod codes;
mod logins;
mod second_factors;
mod sessions;

use kernel::UserId;
use kernel::ids::{AddressId, SessionId};
use platform::dynamo::{Dynamo, Key, Table};
use platform::{Init, InitError};

pub(crate) use accounts::{Credential, Profile};
pub(crate) use attempts::Slot;
pub(crate) use codes::{KeptCode, KeptReset, Paused, pause_left};

use crate::code::{Purpose, ResetHash};
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

/// The id of no account. A request without an account does the same work for it, so that it takes as long.
pub(crate) fn nobody() -> UserId {
    UserId::derived("nobody")
}

fn user_partition(user: UserId) -> String {
    format!("USER#{user}")
}

fn profile_key(user: UserId) -> Key {
    Key::new(user_partition(user), "PROFILE")
}

fn credential_key(user: UserId) -> Key {
    Key::new(user_partition(user), "CREDENTIAL")
}

fn session_key(user: UserId, session: SessionId) -> Key {
    Key::new(user_partition(user), format!("{}{session}", sessions::SESSION_PREFIX))
}

fn address_key(user: UserId, address: AddressId) -> Key {
    Key::new(user_partition(user), format!("{}{address}", addresses::ADDRESS_PREFIX))
}

fn code_key(purpose: Purpose, login: &Login) -> Key {
    match purpose {
        Purpose::Verify | Purpose::Reset => Key::new(format!("CODE#{}:{login}", purpose.name()), "CODE"),
        // Accounts that ask for one address don't take each other's code away.
        Purpose::Add(user) => Key::new(format!("CODE#{}:{user}:{login}", purpose.name()), "CODE"),
    }
}

fn reset_key(hash: &ResetHash) -> Key {
    Key::new(format!("RESET#{}", hash.to_text()), "RESET")
}

fn client_key(client: UserId) -> Key {
    Key::new(format!("{}{client}", clients::CLIENT_PREFIX), "CLIENT")
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
        let sort = "ADDRESS#aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
        let address = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee".parse().unwrap();
        assert_eq!(address_key(user, address), Key::new(partition, sort));
        let email = Login::Email("Ada@Example.com".parse().unwrap());
        assert_eq!(login_key(&email), Key::new("LOGIN#email:ada@example.com", "LOGIN"));
        let phone = Login::Phone("8 (999) 123-45-67".parse().unwrap());
        assert_eq!(login_key(&phone), Key::new("LOGIN#phone:+79991234567", "LOGIN"));
        let code = Key::new("CODE#verify:phone:+79991234567", "CODE");
        assert_eq!(code_key(Purpose::Verify, &phone), code);
        let code = Key::new("CODE#reset:email:ada@example.com", "CODE");
        assert_eq!(code_key(Purpose::Reset, &email), code);
        let code = Key::new(format!("CODE#add:{user}:email:ada@example.com"), "CODE");
        assert_eq!(code_key(Purpose::Add(user), &email), code);
        let reset = crate::code::ResetToken::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap();
        let key = Key::new("RESET#N0cI__dxndWXnsh11WzSKG9tPPfsMXo7JWMqqyjsN7s", "RESET");
        assert_eq!(reset_key(&reset.hash()), key);
        let client = Key::new("CLIENT#11111111-2222-4333-8444-555555555555", "CLIENT");
        assert_eq!(client_key(user), client);
    }
}
