//! Profiles, credentials and logins.

use std::collections::BTreeSet;

use kernel::{Problem, Timestamp, UserId};
use platform::auth::{Scope, Scopes};
use platform::dynamo::{Expression, Write};
use serde::{Deserialize, Serialize};

use super::{Store, credential_key, login_key, profile_key};
use crate::contact::{Email, Locale, Login, PersonName, Phone};
use crate::password::PasswordHash;

/// Who a person is, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) first_name: PersonName,
    pub(crate) last_name: PersonName,
    pub(crate) email: Option<Email>,
    pub(crate) phone: Option<Phone>,
    pub(crate) email_verified: bool,
    pub(crate) phone_verified: bool,
    pub(crate) locale: Locale,
    pub(crate) scopes: Scopes,
    /// Counts the account's journalled changes, so that it is also the sequence of the last one.
    pub(crate) version: u64,
    pub(crate) created_at: Timestamp,
}

impl Profile {
    /// Every login that opens the account.
    pub(crate) fn logins(&self) -> Vec<Login> {
        let email = self.email.clone().map(Login::Email);
        let phone = self.phone.clone().map(Login::Phone);
        email.into_iter().chain(phone).collect()
    }
}

/// Why an account can't be opened: which of its items is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collision {
    /// The email address opens another account.
    Email,
    /// The phone number opens another account.
    Phone,
    /// The id is in use.
    Id,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProfileItem {
    first_name: String,
    last_name: String,
    email: Option<String>,
    phone: Option<String>,
    email_verified: bool,
    phone_verified: bool,
    locale: Locale,
    scopes: BTreeSet<Scope>,
    version: u64,
    created_at: Timestamp,
}

impl ProfileItem {
    fn of(profile: &Profile) -> Self {
        Self {
            first_name: profile.first_name.as_str().to_owned(),
            last_name: profile.last_name.as_str().to_owned(),
            email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: profile.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            email_verified: profile.email_verified,
            phone_verified: profile.phone_verified,
            locale: profile.locale,
            scopes: profile.scopes.0.clone(),
            version: profile.version,
            created_at: profile.created_at,
        }
    }

    fn into_profile(self) -> Profile {
        Profile {
            first_name: PersonName::stored(self.first_name),
            last_name: PersonName::stored(self.last_name),
            email: self.email.map(Email::stored),
            phone: self.phone.map(Phone::stored),
            email_verified: self.email_verified,
            phone_verified: self.phone_verified,
            locale: self.locale,
            scopes: Scopes(self.scopes),
            version: self.version,
            created_at: self.created_at,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialItem {
    password_hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoginItem {
    user_id: UserId,
}

impl Store {
    /// The profile of `user`.
    pub(crate) async fn profile(&self, user: UserId) -> Result<Option<Profile>, Problem> {
        let item: Option<ProfileItem> = self.table.get(&profile_key(user)).await?;
        Ok(item.map(ProfileItem::into_profile))
    }

    /// The hash of `user`'s password.
    pub(crate) async fn password_hash(&self, user: UserId) -> Result<Option<PasswordHash>, Problem> {
        let item: Option<CredentialItem> = self.table.get(&credential_key(user)).await?;
        Ok(item.map(|item| PasswordHash::stored(item.password_hash)))
    }

    /// The account that `login` opens.
    pub(crate) async fn account_of(&self, login: &Login) -> Result<Option<UserId>, Problem> {
        let item: Option<LoginItem> = self.table.get(&login_key(login)).await?;
        Ok(item.map(|item| item.user_id))
    }

    /// The items of a new account. A login that opens another account refuses all of them.
    pub(crate) fn open_account(
        &self,
        user: UserId,
        profile: &Profile,
        hash: &PasswordHash,
    ) -> Result<Vec<Write<Collision>>, Problem> {
        let credential = CredentialItem { password_hash: hash.as_phc().to_owned() };
        let mut writes = vec![
            self.table.put_new(&profile_key(user), &ProfileItem::of(profile), Collision::Id)?,
            self.table.put_new(&credential_key(user), &credential, Collision::Id)?,
        ];
        for login in profile.logins() {
            let collision = match login {
                Login::Email(_) => Collision::Email,
                Login::Phone(_) => Collision::Phone,
            };
            writes.push(self.table.put_new(&login_key(&login), &LoginItem { user_id: user }, collision)?);
        }
        Ok(writes)
    }

    /// Counts one more change of the account that `profile` shows; `refusal` when it is not at that version any more.
    pub(crate) fn count_change<R>(
        &self,
        user: UserId,
        profile: &Profile,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        self.change(user, profile, Expression::update("SET version = :next"), refusal)
    }

    /// Gives the account that `profile` shows other scopes; `refusal` when it is not at that version any more.
    pub(crate) fn set_scopes<R>(
        &self,
        user: UserId,
        profile: &Profile,
        scopes: &Scopes,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let update =
            Expression::update("SET scopes = :scopes, version = :next").value(":scopes", &scopes.0)?;
        self.change(user, profile, update, refusal)
    }

    fn change<R>(
        &self,
        user: UserId,
        profile: &Profile,
        update: Expression,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let update = update
            .when("version = :seen")
            .value(":seen", profile.version)?
            .value(":next", profile.version + 1)?;
        self.table.update(&profile_key(user), update, refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_back_as_it_was_written() {
        let profile = Profile {
            first_name: "Ада".parse().unwrap(),
            last_name: "Lovelace".parse().unwrap(),
            email: Some("ada@example.com".parse().unwrap()),
            phone: None,
            email_verified: false,
            phone_verified: false,
            locale: Locale::Ru,
            scopes: Scopes([Scope::OrdersRead].into()),
            version: 3,
            created_at: Timestamp::from_millis(1_700_000_000_123),
        };
        let mut item = serde_json::to_value(ProfileItem::of(&profile)).unwrap();
        assert_eq!(item["scopes"], serde_json::json!(["orders:read"]));
        assert_eq!(item["locale"], "ru");
        // The table holds no null attributes.
        item.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let read: ProfileItem = serde_json::from_value(item).unwrap();
        assert_eq!(read.into_profile(), profile);
        assert_eq!(profile.logins().len(), 1);
    }
}
