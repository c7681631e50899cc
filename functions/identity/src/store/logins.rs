//! Logins: which account an address or a number opens.

use kernel::{Problem, UserId};
use platform::dynamo::{Expression, Write};
use serde::{Deserialize, Serialize};

use super::{Profile, Store, login_key, profile_key};
use crate::contact::Login;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoginItem {
    user_id: UserId,
}

impl Store {
    /// The account that `login` opens.
    pub(crate) async fn account_of(&self, login: &Login) -> Result<Option<UserId>, Problem> {
        let item: Option<LoginItem> = self.table.get(&login_key(login)).await?;
        Ok(item.map(|item| item.user_id))
    }

    /// Lets `login` open `user`'s account; `refusal` when it opens another one than `from`'s, or any where `from` is `None`.
    pub(crate) fn take_login<R>(
        &self,
        user: UserId,
        login: &Login,
        from: Option<UserId>,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let item = LoginItem { user_id: user };
        let Some(from) = from else { return self.table.put_new(&login_key(login), &item, refusal) };
        let theirs = Expression::condition("userId = :from").value(":from", from)?;
        self.table.put_when(&login_key(login), &item, theirs, refusal)
    }

    /// Lets `login` open nothing any more; `refusal` when it does not open `user`'s account.
    pub(crate) fn free_login<R>(&self, user: UserId, login: &Login, refusal: R) -> Result<Write<R>, Problem> {
        let own = Expression::condition("userId = :user").value(":user", user)?;
        self.table.delete(&login_key(login), own, refusal)
    }

    /// Gives the account that `profile` shows the logins of `changed`, and its version; `refusal` when it is not at the version of
    /// `profile` any more.
    pub(crate) fn set_logins<R>(
        &self,
        user: UserId,
        profile: &Profile,
        changed: &Profile,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let members = [("email", changed.email.is_some()), ("phone", changed.phone.is_some())];
        let (mut set, mut remove) = (String::new(), Vec::new());
        for (member, is_there) in members {
            if is_there {
                set = format!("{set}, {member} = :{member}");
            } else {
                remove.push(member);
            }
        }
        let mut update = format!(
            "SET emailVerified = :emailVerified, phoneVerified = :phoneVerified, version = :next{set}"
        );
        if !remove.is_empty() {
            update = format!("{update} REMOVE {}", remove.join(", "));
        }
        let mut update = Expression::update(update)
            .when("version = :seen")
            .value(":emailVerified", changed.email_verified)?
            .value(":phoneVerified", changed.phone_verified)?
            .value(":next", changed.version)?
            .value(":seen", profile.version)?;
        if let Some(email) = &changed.email {
            update = update.value(":email", email)?;
        }
        if let Some(phone) = &changed.phone {
            update = update.value(":phone", phone)?;
        }
        self.table.update(&profile_key(user), update, refusal)
    }
}
