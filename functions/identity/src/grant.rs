//! Giving an account its scopes.

use kernel::{Kind, NewEvent, Problem, UserId};
use platform::auth::{Scope, Scopes};
use platform::dynamo::TransactError;
use platform::journal::Journal;
use platform::{Call, Init, InitError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::contact::{Email, Login, Phone};
use crate::store::Store;

/// Times that a grant is tried while the account changes under it.
const MAX_ATTEMPTS: u32 = 5;

/// What an operator asks for: the account, named in one of three ways, and all the scopes that it is to have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    #[serde(default)]
    email: Option<Email>,
    #[serde(default)]
    phone: Option<Phone>,
    #[serde(default)]
    user_id: Option<UserId>,
    scopes: Vec<String>,
}

/// An account by its id or by a login.
#[derive(Debug, PartialEq, Eq)]
enum Account {
    Id(UserId),
    Login(Login),
}

/// An order to give `account` exactly `scopes`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Order {
    account: Account,
    scopes: Scopes,
}

/// The scopes that an account has now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Granted {
    user_id: UserId,
    scopes: Vec<Scope>,
}

/// The account was changed since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Changed;

impl Order {
    /// Reads `{"email" | "phone" | "userId", "scopes": [...]}`.
    pub(crate) fn read(input: Value) -> Result<Self, Problem> {
        // Serde would take an array as well, member by member.
        if !input.is_object() {
            return Err(invalid("it has to be an object"));
        }
        let input: Input = serde_json::from_value(input).map_err(|error| invalid(&error.to_string()))?;
        let account = match (input.email, input.phone, input.user_id) {
            (Some(email), None, None) => Account::Login(Login::Email(email)),
            (None, Some(phone), None) => Account::Login(Login::Phone(phone)),
            (None, None, Some(user)) => Account::Id(user),
            _ => return Err(invalid("exactly one of email, phone and userId has to be given")),
        };
        let scopes = input.scopes.iter().map(|name| name.parse()).collect::<Result<_, _>>();
        let scopes = scopes.map_err(|error: platform::auth::UnknownScope| invalid(&error.to_string()))?;
        Ok(Self { account, scopes: Scopes(scopes) })
    }
}

/// A job is answered with the detail alone, so that is where the reason stands.
fn invalid(reason: &str) -> Problem {
    Problem::new(Kind::Invalid, "invalid_input", format!("The input breaks a rule: {reason}."))
}

/// Gives accounts their scopes.
pub(crate) struct Grant {
    store: Store,
    journal: Journal,
}

impl Grant {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { store: Store::connect(init).await?, journal: Journal::connect(init).await? })
    }

    /// Carries `order` out. An account that has exactly these scopes stays as it is, so an order may be repeated.
    pub(crate) async fn carry_out(&self, call: &Call, order: Order) -> Result<Granted, Problem> {
        let no_account = || Problem::not_found("There is no such account.");
        let user = match order.account {
            Account::Id(user) => user,
            Account::Login(login) => self.store.account_of(&login).await?.ok_or_else(no_account)?,
        };
        for _ in 0..MAX_ATTEMPTS {
            let profile = self.store.profile(user).await?.ok_or_else(no_account)?;
            let granted = Granted { user_id: user, scopes: order.scopes.0.iter().copied().collect() };
            if profile.scopes == order.scopes {
                return Ok(granted);
            }
            let data = json!({ "userId": user, "scopes": granted.scopes });
            let aggregate = format!("user/{user}");
            let event = NewEvent::new("identity.scopes_granted", aggregate, profile.version + 1, &data)?;
            let writes = vec![
                self.store.set_scopes(user, &profile, &order.scopes, Changed)?,
                self.journal.append(call, event)?.map(|_| Changed),
            ];
            match self.store.dynamo().transact(call, writes).await {
                Ok(()) => return Ok(granted),
                Err(TransactError::Failed(problem)) => return Err(problem),
                Err(TransactError::Refused(_)) => {}
            }
        }
        Err(Problem::unavailable("the account kept changing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_names_one_account_in_one_of_three_ways() {
        let user = UserId::derived("someone");
        let account = |input: Value| Order::read(input).unwrap().account;
        assert_eq!(account(json!({"userId": user, "scopes": []})), Account::Id(user));
        let email = Login::Email("ada@example.com".parse().unwrap());
        assert_eq!(account(json!({"email": "Ada@example.com", "scopes": []})), Account::Login(email));
        let phone = Login::Phone("+79991234567".parse().unwrap());
        assert_eq!(account(json!({"phone": "8 999 123-45-67", "scopes": []})), Account::Login(phone));
        let scopes = Order::read(json!({"userId": user, "scopes": ["loms", "orders:read", "loms"]})).unwrap();
        assert_eq!(scopes.scopes.to_string(), "orders:read loms");
    }

    #[test]
    fn what_is_wrong_with_an_order_stands_in_its_answer() {
        let user = UserId::derived("someone");
        let cases = [
            (json!({"userId": user, "scopes": ["everything"]}), "no scope called \"everything\""),
            (json!({"scopes": []}), "exactly one of"),
            (json!({"userId": user, "email": "ada@example.com", "scopes": []}), "exactly one of"),
            (json!({"userId": user}), "missing field `scopes`"),
            (json!({"userId": "7", "scopes": []}), "UUID"),
            (json!({"email": "ada", "scopes": []}), "must be an email address"),
            (json!({"userId": user, "scopes": [], "role": "admin"}), "unknown field `role`"),
            (json!(["ada@example.com", null, null, []]), "an object"),
            (Value::Null, "an object"),
        ];
        for (input, part) in cases {
            let problem = Order::read(input.clone()).unwrap_err();
            assert!(problem.detail.contains(part), "{input}: {}", problem.detail);
        }
    }
}
