//! An account as its owner sees it.

use kernel::UserId;
use serde::Serialize;

use crate::contact::{Email, Locale, PersonName, Phone};
use crate::preferences::Preferences;
use crate::store::Profile;
use crate::time_zone::TimeZoneName;

/// An account as its owner sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserAnswer<'a> {
    id: UserId,
    first_name: &'a PersonName,
    last_name: &'a PersonName,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a Email>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a Phone>,
    email_verified: bool,
    phone_verified: bool,
    locale: Locale,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<&'a TimeZoneName>,
    notifications: Preferences,
}

impl<'a> UserAnswer<'a> {
    /// The account `id`, which `profile` shows.
    pub(super) fn new(id: UserId, profile: &'a Profile) -> Self {
        Self {
            id,
            first_name: &profile.first_name,
            last_name: &profile.last_name,
            email: profile.email.as_ref(),
            phone: profile.phone.as_ref(),
            email_verified: profile.email_verified,
            phone_verified: profile.phone_verified,
            locale: profile.locale,
            time_zone: profile.time_zone.as_ref(),
            notifications: profile.preferences,
        }
    }
}
