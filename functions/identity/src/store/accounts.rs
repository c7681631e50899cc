//! Profiles, credentials and logins.

use std::collections::BTreeSet;

use kernel::ids::AddressId;
use kernel::{Problem, Timestamp, UserId};
use platform::auth::{Scope, Scopes};
use platform::dynamo::{Expression, Write};
use serde::{Deserialize, Serialize};

use super::{Store, credential_key, profile_key};
use crate::contact::{Email, Locale, Login, PersonName, Phone};
use crate::password::PasswordHash;
use crate::preferences::Preferences;
use crate::time_zone::TimeZoneName;

/// A person's account: their names, logins, settings and scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) first_name: PersonName,
    pub(crate) last_name: PersonName,
    pub(crate) email: Option<Email>,
    pub(crate) phone: Option<Phone>,
    pub(crate) email_verified: bool,
    pub(crate) phone_verified: bool,
    pub(crate) locale: Locale,
    pub(crate) time_zone: Option<TimeZoneName>,
    pub(crate) preferences: Preferences,
    pub(crate) scopes: Scopes,
    /// The address that orders are sent to when nothing else is said; there while any address is saved.
    pub(crate) default_address: Option<AddressId>,
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
    /// Absent where none was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// Absent from items that were written before there were any.
    #[serde(default)]
    notifications: Preferences,
    scopes: BTreeSet<Scope>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_address: Option<AddressId>,
    version: u64,
    created_at: Timestamp,
    /// The time at which its owner deleted the account; from then on the item holds no data of theirs.
    #[serde(default)]
    deleted_at: Option<Timestamp>,
}

impl ProfileItem {
    /// The item that remains of a deleted account.
    fn blank(profile: &Profile, now: Timestamp) -> Self {
        Self {
            first_name: String::new(),
            last_name: String::new(),
            email: None,
            phone: None,
            email_verified: false,
            phone_verified: false,
            locale: Locale::default(),
            time_zone: None,
            notifications: Preferences::default(),
            scopes: BTreeSet::new(),
            default_address: None,
            version: profile.version + 1,
            created_at: profile.created_at,
            deleted_at: Some(now),
        }
    }

    fn of(profile: &Profile) -> Self {
        Self {
            first_name: profile.first_name.as_str().to_owned(),
            last_name: profile.last_name.as_str().to_owned(),
            email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: profile.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            email_verified: profile.email_verified,
            phone_verified: profile.phone_verified,
            locale: profile.locale,
            time_zone: profile.time_zone.as_ref().map(|zone| zone.as_str().to_owned()),
            notifications: profile.preferences,
            scopes: profile.scopes.0.clone(),
            default_address: profile.default_address,
            version: profile.version,
            created_at: profile.created_at,
            deleted_at: None,
        }
    }

    /// `None` for an account that was deleted.
    fn into_profile(self) -> Option<Profile> {
        if self.deleted_at.is_some() {
            return None;
        }
        Some(Profile {
            first_name: PersonName::stored(self.first_name),
            last_name: PersonName::stored(self.last_name),
            email: self.email.map(Email::stored),
            phone: self.phone.map(Phone::stored),
            email_verified: self.email_verified,
            phone_verified: self.phone_verified,
            locale: self.locale,
            time_zone: self.time_zone.map(TimeZoneName::stored),
            preferences: self.notifications,
            scopes: Scopes(self.scopes),
            default_address: self.default_address,
            version: self.version,
            created_at: self.created_at,
        })
    }
}

fn unchanged(seen: &Credential) -> Result<Expression, Problem> {
    Expression::condition(CREDENTIAL_UNCHANGED)
        .value(":hash", seen.hash.as_phc())?
        .value(":version", seen.version)?
        .value(":logins", seen.logins)
}

/// The credential that opens an account.
#[derive(Debug, Clone)]
pub(crate) struct Credential {
    pub(crate) hash: PasswordHash,
    /// Counts the account's passwords.
    pub(crate) version: u64,
    /// Counts the account's logins, so that it is also the sequence of the last one in the journal.
    pub(crate) logins: u64,
}

/// The credential was changed since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CredentialChanged;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialItem {
    password_hash: String,
    #[serde(default)]
    version: u64,
    #[serde(default)]
    logins: u64,
}

/// Holds for a credential that is as it was read. Items from before it was counted have neither number.
const CREDENTIAL_UNCHANGED: &str = "passwordHash = :hash AND (version = :version OR attribute_not_exists(version)) \
                                    AND (logins = :logins OR attribute_not_exists(logins))";

impl Store {
    /// The profile of `user`; `None` where there is no such account, or not any more.
    pub(crate) async fn profile(&self, user: UserId) -> Result<Option<Profile>, Problem> {
        let item: Option<ProfileItem> = self.table.get(&profile_key(user)).await?;
        Ok(item.and_then(ProfileItem::into_profile))
    }

    /// Returns the credential of `user`'s account.
    pub(crate) async fn credential(&self, user: UserId) -> Result<Option<Credential>, Problem> {
        let item: Option<CredentialItem> = self.table.get(&credential_key(user)).await?;
        Ok(item.map(|item| Credential {
            hash: PasswordHash::stored(item.password_hash),
            version: item.version,
            logins: item.logins,
        }))
    }

    /// Counts one more login with `credential`, and keeps `renewed` in the place of its hash where there is one.
    pub(crate) fn count_login(
        &self,
        user: UserId,
        credential: &Credential,
        renewed: Option<&PasswordHash>,
    ) -> Result<Write<CredentialChanged>, Problem> {
        let next = Credential {
            hash: renewed.unwrap_or(&credential.hash).clone(),
            version: credential.version,
            logins: credential.logins + 1,
        };
        self.replace_credential(user, credential, &next)
    }

    /// Makes `hash` the hash of the account's password in the place of `credential`'s.
    pub(crate) fn change_password(
        &self,
        user: UserId,
        credential: &Credential,
        hash: &PasswordHash,
    ) -> Result<Write<CredentialChanged>, Problem> {
        let next =
            Credential { hash: hash.clone(), version: credential.version + 1, logins: credential.logins };
        self.replace_credential(user, credential, &next)
    }

    fn replace_credential(
        &self,
        user: UserId,
        seen: &Credential,
        next: &Credential,
    ) -> Result<Write<CredentialChanged>, Problem> {
        let item = CredentialItem {
            password_hash: next.hash.as_phc().to_owned(),
            version: next.version,
            logins: next.logins,
        };
        let unchanged = unchanged(seen)?;
        self.table.put_when(&credential_key(user), &item, unchanged, CredentialChanged)
    }

    /// Takes the account's password away.
    pub(crate) fn delete_credential(
        &self,
        user: UserId,
        seen: &Credential,
    ) -> Result<Write<CredentialChanged>, Problem> {
        self.table.delete(&credential_key(user), unchanged(seen)?, CredentialChanged)
    }

    /// Takes everything out of the profile that says who the person was; `refusal` when it is not at that version any
    /// more. What is left keeps the journal's count, so that the account's history stays without gaps.
    pub(crate) fn blank<R>(
        &self,
        user: UserId,
        profile: &Profile,
        now: Timestamp,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let item = ProfileItem::blank(profile, now);
        let seen = Expression::condition("version = :seen").value(":seen", profile.version)?;
        self.table.put_when(&profile_key(user), &item, seen, refusal)
    }

    /// Gives the account that `profile` shows the names, the language, the time zone and the preferences of `changed`; `refusal` when it is
    /// not at that version any more.
    pub(crate) fn set_profile<R>(
        &self,
        user: UserId,
        profile: &Profile,
        changed: &Profile,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let mut all =
            "SET firstName = :first, lastName = :last, #locale = :locale, notifications = :notifications, \
                       version = :next"
                .to_owned();
        // A zone that was chosen is not taken back.
        if changed.time_zone.is_some() {
            all.push_str(", #zone = :zone");
        }
        let mut update = Expression::update(all)
            .name("#locale", "locale")
            .value(":first", &changed.first_name)?
            .value(":last", &changed.last_name)?
            .value(":locale", changed.locale)?
            .value(":notifications", changed.preferences)?;
        if let Some(zone) = &changed.time_zone {
            update = update.name("#zone", "timeZone").value(":zone", zone)?;
        }
        self.change(user, profile, update, refusal)
    }

    /// The profile and the credential of a new account; `refusal` when its id is in use.
    pub(crate) fn open_account<R: Clone>(
        &self,
        user: UserId,
        profile: &Profile,
        hash: &PasswordHash,
        refusal: R,
    ) -> Result<Vec<Write<R>>, Problem> {
        let credential = CredentialItem { password_hash: hash.as_phc().to_owned(), version: 1, logins: 0 };
        Ok(vec![
            self.table.put_new(&profile_key(user), &ProfileItem::of(profile), refusal.clone())?,
            self.table.put_new(&credential_key(user), &credential, refusal)?,
        ])
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

    /// Ends every login under way: what it read of the credential is outdated. Reset tokens that are on their way go with it.
    pub(crate) fn outdate_credential(
        &self,
        user: UserId,
        seen: &Credential,
    ) -> Result<Write<CredentialChanged>, Problem> {
        self.change_password(user, seen, &seen.hash)
    }

    /// Makes `update` and counts one more change of the account that `profile` shows; `refusal` when it is not at that version any more.
    pub(super) fn change<R>(
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
            time_zone: "Europe/Moscow".parse().ok(),
            preferences: Preferences { sms: false, ..Preferences::default() },
            scopes: Scopes([Scope::OrdersRead].into()),
            default_address: Some(AddressId::derived("home")),
            version: 3,
            created_at: Timestamp::from_millis(1_700_000_000_123),
        };
        let mut item = serde_json::to_value(ProfileItem::of(&profile)).unwrap();
        assert_eq!(item["scopes"], serde_json::json!(["orders:read"]));
        assert_eq!((&item["locale"], &item["timeZone"]), (&"ru".into(), &"Europe/Moscow".into()));
        // The table holds no null attributes.
        item.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let read: ProfileItem = serde_json::from_value(item).unwrap();
        assert_eq!(read.into_profile().as_ref(), Some(&profile));
        assert_eq!(profile.logins().len(), 1);
        let blank = serde_json::to_value(ProfileItem::blank(&profile, profile.created_at)).unwrap();
        assert!(!blank.to_string().contains("Lovelace") && !blank.to_string().contains("ada@"), "{blank}");
        assert_eq!(blank["version"], 4);
        assert_eq!(serde_json::from_value::<ProfileItem>(blank).unwrap().into_profile(), None);
    }
}
