//! The messages that a person wants to receive, and the channels. Pure.

use serde::{Deserialize, Deserializer, Serialize};

/// The messages that a person wants to receive, and the channels. By default every message is sent, by every channel that reaches the person.
///
/// The context that sends messages decides which of them may be left out and which are sent all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Preferences {
    /// True when messages about orders may go by email.
    pub email: bool,
    /// True when messages about orders may go by SMS.
    pub sms: bool,
    /// True when the person wants to be notified of the steps of an order on which nothing depends.
    pub order_progress: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { email: true, sms: true, order_progress: true }
    }
}

/// The changes of a person's preferences; a member that is `None` stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PreferencesChange {
    #[serde(default, deserialize_with = "given")]
    email: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    sms: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    order_progress: Option<bool>,
}

impl PreferencesChange {
    /// `preferences` with what is wanted otherwise.
    pub(crate) fn of(self, preferences: Preferences) -> Preferences {
        Preferences {
            email: self.email.unwrap_or(preferences.email),
            sms: self.sms.unwrap_or(preferences.sms),
            order_progress: self.order_progress.unwrap_or(preferences.order_progress),
        }
    }
}

/// A member that may be left out, and can't be taken away with `null`. For `#[serde(deserialize_with)]`.
pub(crate) fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn change(body: Value) -> Result<PreferencesChange, serde_json::Error> {
        serde_json::from_value(body)
    }

    #[test]
    fn what_is_given_changes_and_the_rest_stays() {
        let all = Preferences::default();
        assert_eq!(change(json!({})).unwrap().of(all), all);
        let quiet = change(json!({"sms": false, "orderProgress": false})).unwrap().of(all);
        assert_eq!(quiet, Preferences { email: true, sms: false, order_progress: false });
        assert_eq!(
            change(json!({"sms": true})).unwrap().of(quiet),
            Preferences { order_progress: false, ..all }
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for body in [json!({"email": null}), json!({"email": "no"}), json!({"post": true}), json!(7)] {
            assert!(change(body.clone()).is_err(), "{body}");
        }
    }

    #[test]
    fn who_said_nothing_is_told_everything() {
        assert_eq!(serde_json::from_value::<Preferences>(json!({})).unwrap(), Preferences::default());
        let one: Preferences = serde_json::from_value(json!({"orderProgress": false})).unwrap();
        assert_eq!(one, Preferences { order_progress: false, ..Preferences::default() });
    }
}
