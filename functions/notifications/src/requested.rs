//! A requested message, or a notice to the owner of an account, as a queue carries it to the sending consumer.

use std::time::Duration;

use identity::{Locale, TimeZoneName};
use kernel::ids::NotificationId;
use kernel::{OrderId, Problem, Timestamp, UserId};
use platform::queue;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::budget::Class;
use crate::merchant::Merchant;
use crate::message::{Message, Text};
use crate::notice::Content;
use crate::recipient::{Channel, Recipient};
use crate::sms;
use crate::template::Template;
use crate::templates::Reader;
use crate::variables::{self, Filled};
use crate::wording;

/// A requested message. Its content and its recipient are in the queue alone, which forgets them; the table keeps neither. Deliberately not
/// `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requested {
    /// The message's id.
    pub notification_id: NotificationId,
    /// The channel.
    pub channel: Channel,
    /// The recipient.
    pub to: String,
    /// The template.
    pub template: Template,
    /// The template's variables.
    pub variables: Map<String, Value>,
    /// The language.
    pub locale: Locale,
    /// The time zone of the recipient's account, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZoneName>,
    /// The owner of the address or number, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// For a notice to an account's owner, which no client requested: true when the address or number is shown to be theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// The time at which the content expires, if it ever does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Requested {
    /// The requested message in a queue message, or `None` for something else.
    pub fn of(message: &queue::Message) -> Option<Self> {
        // The parser's error may quote a secret.
        serde_json::from_str(&message.body).ok()
    }

    /// Renders the message for `merchant`. A variable or recipient that breaks a rule is named by its JSON Pointer into the request.
    pub fn message(&self, merchant: &Merchant) -> Result<Message, Problem> {
        let invalid = |rule| Problem::invalid("/to", rule);
        let to = Recipient::parse(self.channel, &self.to).map_err(invalid)?;
        let Filled { content, first_name } = variables::read(self.template, &self.variables)?;
        let reader = Reader {
            name: first_name.as_ref().and_then(wording::greeted),
            locale: self.locale,
            time_zone: self.time_zone.as_ref(),
            order_token: None,
        };
        let text = Text::of(&content, self.channel, &reader, merchant)?;
        if let Text::Sms(text) = &text
            && sms::segments(text) > sms::MAX_SEGMENTS
        {
            return Err(Problem::invalid("/variables", "must fit into a text message"));
        }
        Ok(Message {
            id: self.notification_id,
            event_id: None,
            template: self.template,
            user_id: self.user_id,
            order_id: order(&content),
            class: self.verified.map_or(Class::Requested, Class::of_notice),
            source: None,
            to,
            text,
        })
    }

    /// The time at which the code in `variables` of `template` expires; `None` for content that stays true. A time beyond the longest validity
    /// of a code counts as that: [`Self::message`] refuses it.
    pub fn expiry(template: Template, variables: &Map<String, Value>, now: Timestamp) -> Option<Timestamp> {
        let minutes = variables.get("minutes").filter(|_| template.is_secret())?.as_u64()?;
        Some(now.plus(Duration::from_mins(minutes.min(variables::MAX_CODE_MINUTES))))
    }
}

/// The order that the message is about: its id follows from its number.
fn order(content: &Content) -> Option<OrderId> {
    match content {
        Content::Order(notice) => Some(notice.number.order_id()),
        Content::Secret(_) | Content::Account(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use identity::delivery::{AccountChange, AccountNotice, NoticeTemplate, NoticeVariables};

    use super::*;
    use crate::merchant::tests::named;
    use crate::variables::tests::complete;

    fn requested(channel: Channel, to: &str, template: Template) -> Requested {
        Requested {
            notification_id: "36c4f99e-9b85-5833-b23d-83e41eb93cb2".parse().unwrap(),
            channel,
            to: to.to_owned(),
            template,
            variables: complete(template),
            locale: Locale::Ru,
            time_zone: "Europe/Moscow".parse().ok(),
            user_id: None,
            verified: None,
            expires_at: None,
        }
    }

    #[test]
    fn it_comes_out_of_the_queue_as_it_went_in() {
        for template in Template::ALL {
            let requested = requested(Channel::Email, "anna@example.com", template);
            let body = serde_json::to_string(&requested).unwrap();
            let read = Requested::of(&queue::Message::new("1", body.clone())).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), body);
        }
        for other in ["", "{}", r#"{"detail": {}}"#] {
            assert!(Requested::of(&queue::Message::new("1", other.to_owned())).is_none(), "{other}");
        }
    }

    #[test]
    fn a_notice_about_an_account_is_read_and_counted_as_one() {
        for (verified, class) in [(true, Class::Notice), (false, Class::Proof)] {
            let notice = AccountNotice {
                notification_id: NotificationId::generate(),
                channel: identity::delivery::Channel::Sms,
                to: "+79161234567".to_owned(),
                template: NoticeTemplate::AccountChanged,
                variables: NoticeVariables {
                    first_name: "Anna".parse().ok(),
                    change: AccountChange::PasswordChanged,
                },
                locale: Locale::En,
                user_id: UserId::generate(),
                verified,
                expires_at: Timestamp::from_millis(0),
            };
            let body = serde_json::to_string(&notice).unwrap();
            let read = Requested::of(&queue::Message::new("1", body)).unwrap();
            let message = read.message(&named("Tea")).ok().unwrap();
            assert_eq!((message.id, message.class), (notice.notification_id, class));
            assert_eq!(message.template, Template::AccountChanged);
        }
    }

    #[test]
    fn every_template_becomes_a_message_by_both_channels() {
        for template in Template::ALL {
            let letter =
                requested(Channel::Email, "anna@example.com", template).message(&named("Tea")).ok().unwrap();
            let Text::Email { text, html, .. } = &letter.text else { panic!("no letter") };
            assert!(text.contains("Здравствуйте, Анна!") && html.contains("Здравствуйте, Анна!"));
            assert_eq!(letter.order_id.is_some(), template.name().starts_with("order_"));
            let sms = requested(Channel::Sms, "+79161234567", template).message(&named("Tea")).ok().unwrap();
            assert!(matches!(&sms.text, Text::Sms(text) if text.starts_with("Tea: ")));
        }
    }

    #[test]
    fn a_recipient_that_its_channel_does_not_reach_is_named() {
        let problem = requested(Channel::Sms, "anna@example.com", Template::OrderPaid).message(&named("Tea"));
        assert_eq!(problem.err().unwrap().errors[0].pointer, "/to");
    }

    #[test]
    fn the_longest_codes_fit_into_a_text_message() {
        for template in [Template::VerificationCode, Template::PasswordReset] {
            let mut longest = requested(Channel::Sms, "+79161234567", template);
            // Braces take two places each in GSM-7.
            let code = "{".repeat(variables::MAX_CODE_LENGTH);
            longest.variables.insert("code".to_owned(), code.into());
            longest.variables.insert("minutes".to_owned(), variables::MAX_CODE_MINUTES.into());
            for locale in [Locale::En, Locale::Ru] {
                longest.locale = locale;
                assert!(longest.message(&named("Tea")).is_ok(), "{template} {locale:?}");
            }
        }
    }

    #[test]
    fn only_codes_grow_old() {
        let now = Timestamp::from_millis(0);
        let expiry = |template| Requested::expiry(template, &complete(template), now);
        assert_eq!(expiry(Template::VerificationCode), Some(Timestamp::from_millis(600_000)));
        assert_eq!(expiry(Template::OrderPlaced), None);
        let mut endless = complete(Template::VerificationCode);
        endless.insert("minutes".to_owned(), u64::MAX.into());
        assert!(Requested::expiry(Template::VerificationCode, &endless, now).is_some(), "and no overflow");
    }
}
