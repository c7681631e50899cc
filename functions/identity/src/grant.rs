//! Giving an account its scopes.

use kernel::{Kind, NewEvent, Problem, UserId};
use platform::auth::{Scope, Scopes};
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account_notices::AccountNotices;
use crate::claims::Claims;
use crate::contact::{Email, Login, Phone};
use crate::events::ScopesGranted;
use crate::logins::LoginChange;
use crate::refusal::AccountRefusal;
use crate::store::Store;

/// An operator's request: the account, named in one of three ways, and all the scopes that it is to have or the changes of its scopes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    #[serde(default)]
    email: Option<Email>,
    #[serde(default)]
    phone: Option<Phone>,
    #[serde(default)]
    user_id: Option<UserId>,
    #[serde(default)]
    scopes: Option<Vec<String>>,
    #[serde(default)]
    add: Option<Vec<String>>,
    #[serde(default)]
    remove: Option<Vec<String>>,
    #[serde(default)]
    verified: bool,
}

/// An account by its id or by a login.
#[derive(Debug, PartialEq, Eq)]
enum Account {
    Id(UserId),
    Login(Login),
}

/// The change of an account's scopes.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// To exactly these.
    Exactly(Scopes),
    /// By these.
    Change { add: Scopes, remove: Scopes },
}

impl Wanted {
    /// The scopes of an account that had `before`.
    fn of(&self, before: &Scopes) -> Scopes {
        match self {
            Self::Exactly(scopes) => scopes.clone(),
            Self::Change { add, remove } => Scopes(&(&before.0 | &add.0) - &remove.0),
        }
    }
}

/// An order to change the scopes of `account`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Order {
    account: Account,
    wanted: Wanted,
    /// True when the operator vouches that the login which names the account is its owner's, as a code would prove.
    verified: bool,
}

/// The scopes that an account has now, and those that it had.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Granted {
    user_id: UserId,
    before: Vec<Scope>,
    scopes: Vec<Scope>,
    /// True when a login of the account was proved: without that, somebody else may have registered it.
    verified: bool,
}

/// The account was changed since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Changed;

impl Order {
    /// Reads `{"email" | "phone" | "userId", "scopes": [...]}`, or `add` and `remove` in the place of `scopes`.
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
        let wanted = match (input.scopes, input.add, input.remove) {
            (Some(scopes), None, None) => Wanted::Exactly(read_scopes(&scopes)?),
            (None, None, None) => return Err(invalid("scopes, add or remove has to be given")),
            (None, add, remove) => {
                let add = read_scopes(&add.unwrap_or_default())?;
                let remove = read_scopes(&remove.unwrap_or_default())?;
                if !add.common(&remove).0.is_empty() {
                    return Err(invalid("add and remove name the same scope"));
                }
                Wanted::Change { add, remove }
            }
            (Some(_), ..) => return Err(invalid("scopes can't be given together with add or remove")),
        };
        if input.verified && matches!(account, Account::Id(_)) {
            return Err(invalid("verified needs the account to be named by its login"));
        }
        Ok(Self { account, wanted, verified: input.verified })
    }
}

fn read_scopes(names: &[String]) -> Result<Scopes, Problem> {
    let scopes = names.iter().map(|name| name.parse()).collect::<Result<_, _>>();
    scopes.map(Scopes).map_err(|error: platform::auth::UnknownScope| invalid(&error.to_string()))
}

/// A job is answered with the detail alone, so that is where the reason stands.
fn invalid(reason: &str) -> Problem {
    Problem::new(Kind::Invalid, "invalid_input", format!("The input breaks a rule: {reason}."))
}

/// Gives accounts their scopes.
pub(crate) struct Grant {
    store: Store,
    journal: Journal,
    claims: Claims,
    notices: AccountNotices,
}

impl Grant {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`, and the queue named by `NOTIFIER_QUEUE_URL`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let (store, journal) = (Store::connect(init).await?, Journal::connect(init).await?);
        let claims = Claims::new(store.clone(), journal.clone());
        let notices = AccountNotices::from_init(init, store.clone())?;
        Ok(Self { store, journal, claims, notices })
    }

    /// Carries `order` out. An account that has exactly these scopes stays as it is, so an order may be repeated.
    pub(crate) async fn carry_out(&self, call: &InvocationContext, order: Order) -> Result<Granted, Problem> {
        let user = match &order.account {
            Account::Id(user) => *user,
            Account::Login(login) => {
                self.store.account_of(login).await?.ok_or(AccountRefusal::AccountNotFound)?
            }
        };
        if let (Account::Login(login), true) = (&order.account, order.verified) {
            self.verify(call, user, login).await?;
        }
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let profile = self.store.profile(user).await?.ok_or(AccountRefusal::AccountNotFound)?;
            let scopes = order.wanted.of(&profile.scopes);
            let granted = Granted {
                user_id: user,
                before: profile.scopes.0.iter().copied().collect(),
                scopes: scopes.0.iter().copied().collect(),
                verified: !profile.verified_logins().is_empty(),
            };
            if profile.scopes == scopes {
                return Ok(granted);
            }
            let data = ScopesGranted { user_id: user, scopes: granted.scopes.clone() };
            let aggregate = format!("user/{user}");
            let event = NewEvent::new(aggregate, profile.version + 1, &data)?;
            let writes = vec![
                self.store.set_scopes(user, &profile, &scopes, Changed)?,
                self.journal.append(call, event)?.map(|_| Changed),
            ];
            if self.store.dynamo().commit(call, writes).await?.is_committed() {
                return Ok(granted);
            }
        }
    }

    /// Takes the operator's word that `login` is its owner's.
    async fn verify(&self, call: &InvocationContext, user: UserId, login: &Login) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let profile = self.store.profile(user).await?;
            let profile = profile.filter(|profile| profile.has(login));
            let profile = profile.ok_or(AccountRefusal::AccountNotFound)?;
            if profile.has_verified(login) {
                return Ok(());
            }
            let change = LoginChange::proved(user, &profile, login);
            if let Some(notice) = change.notice(user, &profile) {
                // A login is proved once.
                self.notices.notify(call, &notice, &login.to_string()).await?;
            }
            let writes = self.claims.apply(call, user, &profile, &change, &Changed)?;
            if self.store.dynamo().commit(call, writes).await?.is_committed() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
        assert_eq!(scopes.wanted.of(&Scopes::default()).to_string(), "orders:read loms");
    }

    #[test]
    fn scopes_are_added_and_removed_without_the_others() {
        let user = UserId::derived("someone");
        let before: Scopes = "orders:read stock:write".parse().unwrap();
        let after = |input: Value| Order::read(input).unwrap().wanted.of(&before).to_string();
        assert_eq!(after(json!({"userId": user, "add": ["loms"]})), "orders:read stock:write loms");
        assert_eq!(after(json!({"userId": user, "remove": ["stock:write", "loms"]})), "orders:read");
        assert_eq!(
            after(json!({"userId": user, "add": ["loms"], "remove": ["orders:read"]})),
            "stock:write loms"
        );
        assert_eq!(after(json!({"userId": user, "scopes": []})), "");
    }

    #[test]
    fn what_is_wrong_with_an_order_stands_in_its_answer() {
        let user = UserId::derived("someone");
        let cases = [
            (json!({"userId": user, "scopes": ["everything"]}), "no scope called \"everything\""),
            (json!({"scopes": []}), "exactly one of"),
            (json!({"userId": user, "email": "ada@example.com", "scopes": []}), "exactly one of"),
            (json!({"userId": user}), "scopes, add or remove"),
            (json!({"userId": user, "scopes": [], "add": ["loms"]}), "together with add"),
            (json!({"userId": user, "add": ["loms"], "remove": ["loms"]}), "the same scope"),
            (json!({"userId": user, "remove": ["everything"]}), "no scope called \"everything\""),
            (json!({"userId": user, "scopes": [], "verified": true}), "by its login"),
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
