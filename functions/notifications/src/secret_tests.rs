//! Every text of every secret, letter by letter.

use identity::delivery::{Template as Kind, Variables};
use identity::{Locale, Preferences};
use kernel::Timestamp;

use super::*;
use crate::merchant::tests::named;
use crate::sms::segments;
use crate::template::Template;

fn secret(template: Kind, channel: Way) -> SecretMessage {
    let code = match template {
        Kind::VerificationCode => "012345",
        Kind::PasswordReset => "AbCdEfGhIjKlMnOpQrSt-_",
    };
    SecretMessage {
        notification_id: "36c4f99e-9b85-5833-b23d-83e41eb93cb2".parse().unwrap(),
        user_id: "7d9f6f0e-52a5-4c1e-9a6e-0b1c2d3e4f50".parse().unwrap(),
        channel,
        to: None,
        template,
        variables: Variables { code: code.to_owned(), minutes: 10 },
        expires_at: Timestamp::from_millis(1_700_000_000_000),
    }
}

fn contact(locale: Locale) -> Contact {
    Contact {
        first_name: "Анна".parse().unwrap(),
        email: Some("anna@example.com".parse().unwrap()),
        email_verified: true,
        phone_verified: true,
        phone: Some("+79161234567".parse().unwrap()),
        locale,
        time_zone: None,
        // Channel preferences for orders do not keep codes from people.
        preferences: Preferences { email: false, sms: false, order_progress: false },
    }
}

fn letter(template: Kind, locale: Locale) -> (String, String) {
    let message =
        secret_message(secret(template, Way::Email), &contact(locale), &named("Tea")).unwrap().unwrap();
    assert_eq!(message.to.as_str(), "anna@example.com");
    let Text::Email { subject, text, ascii_subject, .. } = message.text else { panic!("no letter") };
    assert!(ascii_subject.is_ascii() && !ascii_subject.contains("012345"), "{ascii_subject}");
    (subject, text)
}

fn text(template: Kind, locale: Locale) -> String {
    let message =
        secret_message(secret(template, Way::Sms), &contact(locale), &named("Tea")).unwrap().unwrap();
    assert_eq!(message.to.as_str(), "+79161234567");
    let Text::Sms(text) = message.text else { panic!("no text message") };
    assert!(segments(&text) <= 2, "{text}");
    text
}

#[test]
fn a_code_is_told_in_both_languages() {
    let (subject, email) = letter(Kind::VerificationCode, Locale::En);
    assert_eq!(subject, "Your verification code");
    assert_eq!(
        email,
        "Hello, Анна!\n\nYour code is 012345. It is good for 10 minutes, once.\n\n\
         If you did not ask for it, there is nothing you have to do. Do not tell it to anybody: we never ask for it.\n\n\
         Tea"
    );
    let (subject, email) = letter(Kind::VerificationCode, Locale::Ru);
    assert_eq!(subject, "Код подтверждения");
    assert!(email.starts_with("Здравствуйте, Анна!\n\nВаш код: 012345. Он действует 10 мин."), "{email}");
    assert_eq!(
        text(Kind::VerificationCode, Locale::En),
        "Tea: your code is 012345, good for 10 minutes. Do not tell it to anybody."
    );
    assert_eq!(
        text(Kind::VerificationCode, Locale::Ru),
        "Tea: код 012345, действует 10 мин. Никому его не сообщайте."
    );
}

#[test]
fn a_reset_token_is_told_in_both_languages() {
    let (subject, email) = letter(Kind::PasswordReset, Locale::En);
    assert_eq!(subject, "Resetting your password");
    assert!(email.contains("\n\nAbCdEfGhIjKlMnOpQrSt-_\n\n"), "the token has a line of its own: {email}");
    let (subject, email) = letter(Kind::PasswordReset, Locale::Ru);
    assert_eq!(subject, "Сброс пароля");
    assert!(email.contains("\n\nAbCdEfGhIjKlMnOpQrSt-_\n\n"), "{email}");
    for locale in [Locale::En, Locale::Ru] {
        let text = text(Kind::PasswordReset, locale);
        assert!(text.contains(" AbCdEfGhIjKlMnOpQrSt-_ "), "a space on either side: {text}");
    }
}

#[test]
fn who_can_not_be_reached_that_way_is_not_told() {
    let nobody = Contact { email: None, phone: None, ..contact(Locale::En) };
    for channel in [Way::Email, Way::Sms] {
        assert!(
            secret_message(secret(Kind::VerificationCode, channel), &nobody, &named("Tea"))
                .unwrap()
                .is_none()
        );
    }
}

#[test]
fn a_code_goes_where_its_owner_wants_to_be_reached() {
    let nobody = Contact { email: None, phone: None, ..contact(Locale::En) };
    for (channel, to) in [(Way::Email, "new@example.com"), (Way::Sms, "+79169876543")] {
        let secret = SecretMessage { to: Some(to.to_owned()), ..secret(Kind::VerificationCode, channel) };
        let message = secret_message(secret, &nobody, &named("Tea")).unwrap().unwrap();
        assert_eq!(message.to.as_str(), to);
    }
}

#[test]
fn the_message_keeps_the_id_it_came_with() {
    let secret = secret(Kind::PasswordReset, Way::Sms);
    let (id, user) = (secret.notification_id, secret.user_id);
    let message = secret_message(secret, &contact(Locale::En), &named("Tea")).unwrap().unwrap();
    assert_eq!((message.id, message.user_id), (id, Some(user)));
    assert_eq!((message.template, message.event_id, message.order_id), (Template::PasswordReset, None, None));
}
