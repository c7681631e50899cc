//! The messages that an event causes.

use identity::{PersonName, Preferences};
use kernel::{Currency, Money, OrderNumber};

use super::*;
use crate::merchant::tests::named;
use crate::notice::{Change, Notice, Paid};

const EVENT: &str = "642b7e8a-a676-5923-b6f7-7ed41ec2397b";

fn contact(email: Option<&str>, phone: Option<&str>, locale: Locale) -> Contact {
    let first_name: PersonName = "Анна".parse().unwrap();
    let email = email.map(|text| text.parse().unwrap());
    let (phone, preferences) = (phone.map(|text| text.parse().unwrap()), Preferences::default());
    Contact {
        first_name,
        email,
        email_verified: true,
        phone,
        phone_verified: false,
        locale,
        time_zone: None,
        preferences,
    }
}

fn paid() -> OrderEvent {
    let number = OrderNumber::try_from(42).unwrap();
    let user_id = "7d9f6f0e-52a5-4c1e-9a6e-0b1c2d3e4f50".parse().unwrap();
    let total = Money::new(7_500, Currency::from_code("RUB").unwrap()).unwrap();
    let change = Change::Paid(Paid { payment_id: None });
    OrderEvent { order_id: number.order_id(), user_id, notice: Notice { number, total, change } }
}

fn for_contact(contact: &Contact) -> Vec<Message> {
    messages(EVENT.parse().unwrap(), paid(), &Addressee::Account(contact), None, &named("Tea")).unwrap()
}

#[test]
fn a_person_is_told_in_every_way_they_can_be_reached() {
    let both = for_contact(&contact(Some("anna@example.com"), Some("+79161234567"), Locale::Ru));
    assert_eq!(both.len(), 2);
    let Text::Email { subject, ascii_subject, text, html } = &both[0].text else { panic!("no letter") };
    assert_eq!(both[0].to.as_str(), "anna@example.com");
    assert_eq!(subject, "Заказ 42 оплачен");
    assert_eq!(ascii_subject, "Order 42 is paid");
    assert!(text.starts_with("Здравствуйте, Анна!") && html.contains("<p>Здравствуйте, Анна!</p>"));
    let Text::Sms(text) = &both[1].text else { panic!("no text message") };
    assert_eq!(both[1].to.as_str(), "+79161234567");
    assert!(text.starts_with("Tea: заказ 42 на сумму 75,00\u{a0}₽ оформлен и оплачен"));
    for message in &both {
        assert_eq!((message.template, message.order_id), (Template::OrderPaid, Some(paid().order_id)));
        assert_eq!((message.user_id, message.event_id), (Some(paid().user_id), Some(EVENT.parse().unwrap())));
    }

    let by_email = for_contact(&contact(Some("anna@example.com"), None, Locale::En));
    assert_eq!(by_email.iter().map(|it| it.to.channel()).collect::<Vec<_>>(), [Channel::Email]);
    let by_sms = for_contact(&contact(None, Some("+79161234567"), Locale::En));
    assert_eq!(by_sms.iter().map(|it| it.to.channel()).collect::<Vec<_>>(), [Channel::Sms]);
    assert!(for_contact(&contact(None, None, Locale::En)).is_empty());
}

#[test]
fn the_same_event_and_channel_make_the_same_message() {
    let ids = || {
        let contact = contact(Some("anna@example.com"), Some("+79161234567"), Locale::En);
        for_contact(&contact).iter().map(|message| message.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(), ["56b9dc26-b941-550e-8005-66fc37f4d05e", "ade5c64d-3e03-5937-a936-9cd9d4d5c659"]);
    assert_eq!(ids(), ids());
}

#[test]
fn a_guest_receives_an_email_or_else_an_sms() {
    let channels = |email: Option<&str>, phone: Option<&str>| {
        let email = email.map(|text| text.parse().unwrap());
        let phone = phone.map(|text| text.parse().unwrap());
        let contact = kernel::contact::Contact { email, phone, ..Default::default() };
        let guest = GuestFacts { contact, order_token: None };
        let sent =
            messages(EVENT.parse().unwrap(), paid(), &Addressee::Guest(&guest), None, &named("Tea")).unwrap();
        sent.iter().map(|message| message.to.channel()).collect::<Vec<_>>()
    };
    let phone = Some("+79161234567");
    assert_eq!(channels(Some("anna@example.com"), phone), [Channel::Email]);
    assert_eq!(channels(None, phone), [Channel::Sms]);
}
