//! The contact details of a person: the part of an account that the context that sends messages may know.

use kernel::{Problem, UserId};
use platform::{Init, InitError};

use crate::contact::{Email, Locale, Login, PersonName, Phone};
use crate::preferences::Preferences;
use crate::store::Store;
use crate::time_zone::TimeZoneName;

/// The contact details of a person, with their language and time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub first_name: PersonName,
    /// The address that email goes to, if there is one.
    pub email: Option<Email>,
    /// True when the person has proved that the address is theirs.
    pub email_verified: bool,
    /// The number that SMS go to, if there is one.
    pub phone: Option<Phone>,
    /// True when the person has proved that the number is theirs.
    pub phone_verified: bool,
    /// The language of the messages.
    pub locale: Locale,
    /// The time zone of the times in messages, where one was chosen.
    pub time_zone: Option<TimeZoneName>,
    /// The messages that they want to receive, and the channels.
    pub preferences: Preferences,
}

/// The contacts of every account. Needs `IDENTITY_TABLE` and the right to `GetItem` on it.
#[derive(Clone)]
pub struct Contacts {
    store: Store,
}

impl Contacts {
    /// The table named by `IDENTITY_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { store: Store::connect(init).await? })
    }

    /// Returns the contact details of `user`; `None` where there is no such account.
    pub async fn find(&self, user: UserId) -> Result<Option<Contact>, Problem> {
        let profile = self.store.profile(user).await?;
        Ok(profile.map(|profile| Contact {
            first_name: profile.first_name,
            email: profile.email,
            email_verified: profile.email_verified,
            phone: profile.phone,
            phone_verified: profile.phone_verified,
            locale: profile.locale,
            time_zone: profile.time_zone,
            preferences: profile.preferences,
        }))
    }

    /// Returns the account whose login `email` is, if there is one.
    pub async fn owner_of_email(&self, email: &Email) -> Result<Option<UserId>, Problem> {
        self.store.account_of(&Login::Email(email.clone())).await
    }

    /// Returns the account whose login `phone` is, if there is one.
    pub async fn owner_of_phone(&self, phone: &Phone) -> Result<Option<UserId>, Problem> {
        self.store.account_of(&Login::Phone(phone.clone())).await
    }
}
