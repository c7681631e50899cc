//! The recipient of a message, and its masked form. Pure.

use std::fmt;

use identity::{Contact, Email, Phone};
use serde::{Deserialize, Serialize};

use crate::template::Template;

/// The error of a refused channel.
const CHANNEL_RULE: &str = "must be email or sms";

/// The channel of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Channel {
    /// By email.
    Email,
    /// By SMS.
    Sms,
}

impl Channel {
    /// The name, as it stands in ids and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }
}

impl TryFrom<String> for Channel {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        [Self::Email, Self::Sms].into_iter().find(|channel| channel.name() == name).ok_or(CHANNEL_RULE)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The recipient of one message. Not `Debug`: it is personal data.
#[derive(Clone)]
pub enum Recipient {
    /// A mailbox.
    Email(Email),
    /// A telephone.
    Phone(Phone),
}

/// The mask for the letters and digits that are not shown.
const HIDDEN: &str = "***";
/// Characters of a phone number that are shown at its beginning, with the plus sign.
const PHONE_HEAD: usize = 3;
/// Digits of a phone number that are shown at its end.
const PHONE_TAIL: usize = 2;

impl Recipient {
    /// The recipient `to` on `channel`, or the rule that it breaks.
    pub fn parse(channel: Channel, to: &str) -> Result<Self, &'static str> {
        match channel {
            Channel::Email => to.parse().map(Self::Email).map_err(|identity::contact::BrokenRule(rule)| rule),
            Channel::Sms => to.parse().map(Self::Phone).map_err(|identity::contact::BrokenRule(rule)| rule),
        }
    }

    /// The channel.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Phone(_) => Channel::Sms,
        }
    }

    /// Returns true when `contact` has shown that the address or number is theirs.
    pub fn is_verified(&self, contact: &Contact) -> bool {
        match self {
            Self::Email(email) => contact.email_verified && contact.email.as_ref() == Some(email),
            Self::Phone(phone) => contact.phone_verified && contact.phone.as_ref() == Some(phone),
        }
    }

    /// The address or number.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(email) => email.as_str(),
            Self::Phone(phone) => phone.as_str(),
        }
    }

    /// Enough for its owner to recognise, and too little to write to: `a***@example.com`, `+79***67`.
    pub fn masked(&self) -> String {
        match self {
            Self::Email(email) => {
                let (local, domain) = email.as_str().rsplit_once('@').unwrap_or_default();
                let first: String = local.chars().take(1).collect();
                format!("{first}{HIDDEN}@{domain}")
            }
            Self::Phone(phone) => {
                // E.164 has ASCII alone, and at least seven digits.
                let number = phone.as_str();
                let head = number.get(..PHONE_HEAD).unwrap_or_default();
                let tail = number.get(number.len().saturating_sub(PHONE_TAIL)..).unwrap_or_default();
                format!("{head}{HIDDEN}{tail}")
            }
        }
    }
}

/// The recipients to which `template` is sent for `contact`.
///
/// A channel that they don't want is left out. Necessary messages are sent all the same: when no channel that they can be reached by
/// is wanted, by email, and by SMS where there is no address.
pub fn recipients(contact: &Contact, template: Template) -> Vec<Recipient> {
    let wants = contact.preferences;
    if !template.is_necessary() && !wants.order_progress {
        return Vec::new();
    }
    let email = contact.email.clone().map(Recipient::Email);
    let phone = contact.phone.clone().map(Recipient::Phone);
    let wanted_email = email.clone().filter(|_| wants.email);
    let wanted: Vec<Recipient> =
        wanted_email.into_iter().chain(phone.clone().filter(|_| wants.sms)).collect();
    if wanted.is_empty() && template.is_necessary() {
        return email.or(phone).into_iter().collect();
    }
    wanted
}

#[cfg(test)]
mod tests {
    use identity::{Locale, Preferences};

    use super::*;

    fn contact(email: Option<&str>, phone: Option<&str>, preferences: Preferences) -> Contact {
        Contact {
            first_name: "Анна".parse().unwrap(),
            email: email.map(|text| text.parse().unwrap()),
            email_verified: true,
            phone_verified: false,
            phone: phone.map(|text| text.parse().unwrap()),
            locale: Locale::Ru,
            time_zone: None,
            preferences,
        }
    }

    fn channels(contact: &Contact, template: Template) -> Vec<Channel> {
        recipients(contact, template).iter().map(Recipient::channel).collect()
    }

    #[test]
    fn what_is_shown_is_too_little_to_write_to() {
        for (channel, to, shown) in [
            (Channel::Email, "anna@example.com", "a***@example.com"),
            (Channel::Email, "A@shop.example.com", "a***@shop.example.com"),
            (Channel::Sms, "8 916 123-45-67", "+79***67"),
            (Channel::Sms, "+49 30 901820", "+49***20"),
        ] {
            assert_eq!(Recipient::parse(channel, to).ok().unwrap().masked(), shown);
        }
    }

    #[test]
    fn a_contact_is_verified_by_itself_and_for_its_own_address_alone() {
        let anna = contact(Some("anna@example.com"), Some("+79161234567"), Preferences::default());
        let parsed = |channel, to| Recipient::parse(channel, to).ok().unwrap();
        assert!(parsed(Channel::Email, "anna@example.com").is_verified(&anna));
        assert!(!parsed(Channel::Email, "berta@example.com").is_verified(&anna));
        assert!(!parsed(Channel::Sms, "+79161234567").is_verified(&anna));
    }

    #[test]
    fn a_recipient_is_what_its_channel_reaches() {
        assert_eq!(
            Recipient::parse(Channel::Sms, "anna@example.com").err(),
            Some(identity::contact::PHONE_RULE)
        );
        assert_eq!(
            Recipient::parse(Channel::Email, "+79161234567").err(),
            Some(identity::contact::EMAIL_RULE)
        );
        assert_eq!(Recipient::parse(Channel::Sms, "89161234567").ok().unwrap().as_str(), "+79161234567");
    }

    #[test]
    fn a_person_is_told_in_every_way_that_they_have_and_want() {
        use Channel::{Email, Sms};
        let (anna, phone) = (Some("anna@example.com"), Some("+79161234567"));
        let wants = |email, sms, order_progress| Preferences { email, sms, order_progress };
        for (email, phone, preferences, necessary, progress) in [
            (anna, phone, wants(true, true, true), vec![Email, Sms], vec![Email, Sms]),
            (anna, None, wants(true, true, true), vec![Email], vec![Email]),
            (None, phone, wants(true, true, true), vec![Sms], vec![Sms]),
            (None, None, wants(true, true, true), vec![], vec![]),
            (anna, phone, wants(false, true, true), vec![Sms], vec![Sms]),
            (anna, phone, wants(true, false, true), vec![Email], vec![Email]),
            (anna, phone, wants(true, true, false), vec![Email, Sms], vec![]),
            // No channel is wanted, or none that they have: necessary messages are sent all the same.
            (anna, phone, wants(false, false, true), vec![Email], vec![]),
            (None, phone, wants(true, false, true), vec![Sms], vec![]),
            (anna, None, wants(false, true, true), vec![Email], vec![]),
        ] {
            let contact = contact(email, phone, preferences);
            assert_eq!(channels(&contact, Template::OrderPaid), necessary, "{contact:?}");
            assert_eq!(channels(&contact, Template::OrderShipped), progress, "{contact:?}");
        }
    }
}
