//! Every text in every language. What they say is kept in `snapshots/`; after a change of words run the tests with
//! `INSTA_UPDATE=always` and read the difference.

use kernel::money::MAX_AMOUNT;
use kernel::{Currency, Money, OrderNumber};

use super::*;
use crate::carrier::MAX_SUBJECT_LENGTH;
use crate::merchant::MAX_MERCHANT_NAME;
use crate::merchant::tests::{complete, named};
use crate::notice::{Canceled, Item, Paid, Placed};
use crate::views::{MAX_ITEM_NAME, MAX_ITEMS, MAX_REASON};
use crate::wording::greeted;

const CAUSES: [Cause; 5] = [Cause::Customer, Cause::Shop, Cause::Declined, Cause::Expired, Cause::Other];

fn roubles(amount: i64) -> Money {
    Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
}

fn notice(number: u64, total: i64, change: Change) -> Content {
    let number = OrderNumber::try_from(number).unwrap();
    Content::Order(Notice { number, total: roubles(total), change })
}

fn placed(items: usize, payment_url: Option<&str>) -> Change {
    let item = |n: usize| Item { name: format!("Tea {n}"), quantity: 2, unit_price: roubles(123_450) };
    Change::Placed(Placed {
        expires_at: "2026-03-03T14:35:00Z".parse().unwrap(),
        items: (1..=items).map(item).collect(),
        payment_url: payment_url.map(str::to_owned),
    })
}

fn paid() -> Change {
    Change::Paid(Paid { payment_id: Some("11111111-1111-4111-8111-111111111111".parse().unwrap()) })
}

fn canceled(cause: Cause, reason: Option<&str>) -> Change {
    Change::Canceled(Canceled { cause, reason: reason.map(str::to_owned) })
}

fn secret(kind: SecretKind) -> Content {
    let code = match kind {
        SecretKind::VerificationCode => "012345",
        SecretKind::PasswordReset => "AbCdEfGhIjKlMnOpQrSt-_",
    };
    Content::Secret(Secret { kind, code: code.to_owned(), minutes: 10 })
}

fn texts(change: Change, first_name: &str, locale: Locale) -> Texts {
    let name = first_name.parse().unwrap();
    let reader = Reader { name: greeted(&name), locale, time_zone: None, order_token: None };
    render(&notice(42, 493_800, change), &reader, &named("Tea")).unwrap()
}

/// All texts, one part after the other.
fn whole(content: &Content, locale: Locale, merchant: &Merchant) -> String {
    let reader = Reader { name: Some("Анна"), locale, time_zone: None, order_token: None };
    let Texts { subject, email, html, sms } = render(content, &reader, merchant).unwrap();
    let parts = segments(&sms);
    format!(
        "# subject\n{subject}\n\n# sms, {parts} of {MAX_SEGMENTS} parts\n{sms}\n\n# text\n{email}\n\n# html\n{html}"
    )
}

#[test]
fn every_message_says_what_it_said() {
    let order = |change| notice(42, 493_800, change);
    let url = "https://pay.example/p?id=1&x=2";
    for (name, content) in [
        ("order_placed", order(placed(2, Some(url)))),
        ("order_placed_without_a_page", order(placed(1, None))),
        ("order_paid", order(paid())),
        ("order_paid_by_nobody_knows_what", order(Change::Paid(Paid { payment_id: None }))),
        ("order_confirmed", order(Change::Confirmed)),
        ("order_shipped", order(Change::Shipped)),
        ("order_canceled_for_a_reason", order(canceled(Cause::Customer, Some("Changed\nmy <mind>.")))),
        ("order_canceled", order(canceled(Cause::Expired, None))),
        ("order_refunded", order(Change::Refunded)),
        ("verification_code", secret(SecretKind::VerificationCode)),
        ("password_reset", secret(SecretKind::PasswordReset)),
        ("account_changed", Content::Account(AccountChange::LoginsChanged)),
        ("account_deleted", Content::Account(AccountChange::AccountDeleted)),
    ] {
        for locale in [Locale::En, Locale::Ru] {
            insta::assert_snapshot!(
                format!("{name}.{}", locale.tag()),
                whole(&content, locale, &named("Tea"))
            );
        }
    }
}

#[test]
fn every_parameter_of_the_merchant_has_its_line() {
    let order = |change| notice(42, 493_800, change);
    let url = "https://pay.example/p?id=1&x=2";
    for (name, content) in [
        ("order_placed", order(placed(2, Some(url)))),
        ("order_placed_without_a_page", order(placed(1, None))),
        ("order_paid", order(paid())),
        ("verification_code", secret(SecretKind::VerificationCode)),
        ("password_reset", secret(SecretKind::PasswordReset)),
        ("account_deleted", Content::Account(AccountChange::AccountDeleted)),
    ] {
        for locale in [Locale::En, Locale::Ru] {
            let name = format!("merchant_{name}.{}", locale.tag());
            insta::assert_snapshot!(name, whole(&content, locale, &complete()));
        }
    }
}

#[test]
fn the_time_to_pay_is_shown_in_the_customers_zone_or_the_merchants() {
    let order = notice(42, 493_800, placed(1, None));
    let moscow = named("Tea").in_zone("Europe/Moscow").unwrap();
    let berlin: TimeZoneName = "Europe/Berlin".parse().unwrap();
    for (zone, locale, shown) in [
        (None, Locale::En, "2026-03-03 17:35 MSK"),
        (None, Locale::Ru, "03.03.2026 17:35 MSK"),
        (Some(&berlin), Locale::En, "2026-03-03 15:35 CET"),
        (Some(&berlin), Locale::Ru, "03.03.2026 15:35 CET"),
    ] {
        let reader = Reader { name: None, locale, time_zone: zone, order_token: None };
        let texts = render(&order, &reader, &moscow).unwrap();
        for text in [&texts.sms, &texts.email, &texts.html] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
    }
}

/// Messages carry the merchant's name, so the name of this system has no place in them.
#[test]
fn no_message_names_this_system() {
    let changes = CAUSES.map(|cause| canceled(cause, None)).into_iter().chain(uncancelled());
    let orders = changes.map(|change| notice(42, 493_800, change));
    let secrets = [SecretKind::VerificationCode, SecretKind::PasswordReset].map(secret);
    for content in orders.chain(secrets).chain(AccountChange::ALL.map(Content::Account)) {
        for locale in [Locale::En, Locale::Ru] {
            let said = whole(&content, locale, &named("Tea"));
            assert!(!said.to_lowercase().contains("holdfast"), "{said}");
            assert!(
                said.contains("\nTea: ") && said.contains("\n\nTea\n") && said.contains("<p>Tea</p>"),
                "{said}"
            );
        }
    }
}

/// Every change but a cancellation.
fn uncancelled() -> [Change; 5] {
    [placed(1, None), paid(), Change::Confirmed, Change::Shipped, Change::Refunded]
}

#[test]
fn every_change_of_an_account_has_its_words() {
    for locale in [Locale::En, Locale::Ru] {
        let said = AccountChange::ALL.map(|change| {
            let reader = Reader { name: None, locale, time_zone: None, order_token: None };
            let texts = render(&Content::Account(change), &reader, &named("Tea")).unwrap();
            assert!(segments(&texts.sms) <= MAX_SEGMENTS, "{}", texts.sms);
            texts.sms
        });
        let distinct: std::collections::BTreeSet<&String> = said.iter().collect();
        assert_eq!(distinct.len(), said.len(), "{said:?}");
    }
}

#[test]
fn every_cause_has_its_words() {
    let sms = |locale| CAUSES.map(|cause| texts(canceled(cause, None), "Anna", locale).sms);
    assert_eq!(
        sms(Locale::En),
        [
            "Tea: order 42 is cancelled as you asked.",
            "Tea: order 42 is cancelled by the shop.",
            "Tea: order 42 is cancelled: the payment was declined.",
            "Tea: order 42 is cancelled: it was not paid in time.",
            "Tea: order 42 is cancelled.",
        ]
    );
    assert_eq!(
        sms(Locale::Ru),
        [
            "Tea: заказ 42 отменён по вашей просьбе.",
            "Tea: заказ 42 отменён магазином.",
            "Tea: заказ 42 отменён: платёж отклонён.",
            "Tea: заказ 42 отменён: не оплачен вовремя.",
            "Tea: заказ 42 отменён.",
        ]
    );
    let line = |locale| {
        CAUSES.map(|cause| texts(canceled(cause, None), "A", locale).email.lines().nth(2).unwrap().to_owned())
    };
    assert_eq!(
        line(Locale::En),
        [
            "Your order 42 for 4,938.00 RUB is cancelled, as you asked.",
            "Your order 42 for 4,938.00 RUB is cancelled by the shop.",
            "Your order 42 for 4,938.00 RUB is cancelled, because the payment was declined.",
            "Your order 42 for 4,938.00 RUB is cancelled, because it was not paid in time.",
            "Your order 42 for 4,938.00 RUB is cancelled.",
        ]
    );
    assert_eq!(
        line(Locale::Ru),
        [
            "Ваш заказ 42 на сумму 4\u{a0}938,00\u{a0}₽ отменён по вашей просьбе.",
            "Ваш заказ 42 на сумму 4\u{a0}938,00\u{a0}₽ отменён магазином.",
            "Ваш заказ 42 на сумму 4\u{a0}938,00\u{a0}₽ отменён: платёж отклонён.",
            "Ваш заказ 42 на сумму 4\u{a0}938,00\u{a0}₽ отменён: он не был оплачен вовремя.",
            "Ваш заказ 42 на сумму 4\u{a0}938,00\u{a0}₽ отменён.",
        ]
    );
}

#[test]
fn a_text_message_has_the_link_where_it_fits() {
    let sms = |url: &str, locale| texts(placed(1, Some(url)), "Anna", locale).sms;
    let (short, long) = ("https://pay.example/7", format!("https://pay.example/{}", "7".repeat(90)));
    assert!(sms(short, Locale::En).ends_with("UTC. https://pay.example/7"), "{}", sms(short, Locale::En));
    assert!(sms(short, Locale::Ru).ends_with("UTC. https://pay.example/7"), "{}", sms(short, Locale::Ru));
    assert!(sms(&long, Locale::En).ends_with(&long));
    assert!(sms(&long, Locale::Ru).ends_with("UTC."), "{}", sms(&long, Locale::Ru));
    assert!(!sms("javascript:alert(1)", Locale::En).contains("javascript"));
}

#[test]
fn a_name_that_is_no_plain_name_is_not_greeted() {
    assert!(texts(paid(), "visit evil.example", Locale::En).email.starts_with("Hello!\n"));
    assert!(texts(paid(), "visit evil.example", Locale::Ru).email.starts_with("Здравствуйте!\n"));
}

#[test]
fn a_long_order_is_listed_in_part() {
    let english = texts(placed(53, None), "Anna", Locale::En).email;
    assert!(english.contains("- Tea 50: 2 x 1,234.50 RUB\n- and 3 more\n\nTotal:"), "{english}");
    let russian = texts(placed(53, None), "Anna", Locale::Ru).email;
    assert!(
        russian.contains("- Tea 50: 2 × 1\u{a0}234,50\u{a0}₽\n- и ещё позиций: 3\n\nИтого:"),
        "{russian}"
    );
}

#[test]
fn other_peoples_words_are_cut_and_escaped_where_they_have_to_be() {
    let name = format!("<b>\"Tea\" & {}", "x".repeat(MAX_ITEM_NAME));
    let change = Change::Placed(Placed {
        expires_at: "2026-03-03T14:35:00Z".parse().unwrap(),
        items: vec![Item { name, quantity: 1, unit_price: roubles(1) }],
        payment_url: Some("javascript:alert(1)".to_owned()),
    });
    let Texts { email, html, .. } = texts(change, "Anna", Locale::En);
    assert!(email.contains("- <b>\"Tea\" & xxx"), "{email}");
    assert!(!html.contains("<b>") && html.contains("&#60;b&#62;") && html.contains("&#38; xxx"), "{html}");
    assert!(!html.contains("javascript"), "{html}");
    assert!(email.contains("x…: 1 x 0.01 RUB"), "{email}");
    assert!(!email.contains("javascript"), "{email}");
    let reason = "y".repeat(MAX_REASON + 1);
    let email = texts(canceled(Cause::Shop, Some(&reason)), "Anna", Locale::En).email;
    assert!(email.contains("yy…\n"), "{email}");
    assert!(!texts(canceled(Cause::Shop, Some(" \n ")), "Anna", Locale::En).email.contains("reason"));
}

#[test]
fn the_longest_letter_fits_into_what_sns_carries() {
    let name = "<".repeat(MAX_ITEM_NAME);
    let item = Item { name, quantity: u32::MAX, unit_price: roubles(MAX_AMOUNT) };
    let change = Change::Placed(Placed {
        expires_at: "2026-03-03T14:35:00Z".parse().unwrap(),
        items: vec![item; MAX_ITEMS],
        payment_url: Some(format!("https://pay.example/{}", "&".repeat(2_000))),
    });
    let Texts { email, html, .. } = texts(change, "Anna", Locale::Ru);
    // SNS counts a message and its attributes together; a kilobyte is left for the other attributes.
    assert!(email.len() + html.len() < 255 * 1024, "{} and {}", email.len(), html.len());
}

#[test]
fn the_longest_text_messages_and_subjects_fit() {
    let changes = CAUSES.map(|cause| canceled(cause, Some("long ago"))).into_iter().chain(uncancelled());
    let orders = changes.map(|change| notice((1 << 53) - 1, MAX_AMOUNT, change));
    let contents: Vec<Content> = orders.chain(AccountChange::ALL.map(Content::Account)).collect();
    let longest_name =
        |letter: &str| named(&letter.repeat(MAX_MERCHANT_NAME)).in_zone("Asia/Kathmandu").unwrap();
    for content in &contents {
        let render = |locale, merchant: &Merchant| {
            render(
                content,
                &Reader { name: Some("Anna"), locale, time_zone: None, order_token: None },
                merchant,
            )
            .unwrap()
        };
        for merchant in [longest_name("a"), longest_name("ы")] {
            let (english, russian) = (render(Locale::En, &merchant), render(Locale::Ru, &merchant));
            assert!(segments(&english.sms) <= MAX_SEGMENTS, "{}", english.sms);
            assert!(segments(&russian.sms) <= MAX_SEGMENTS, "{}", russian.sms);
            assert!(english.subject.is_ascii() && english.subject.len() <= MAX_SUBJECT_LENGTH);
            assert!(!english.subject.contains('\n') && !russian.subject.contains('\n'));
        }
        let english = render(Locale::En, &longest_name("a")).sms;
        assert_eq!(segments(&english), 1, "{english}");
    }
}

#[test]
fn a_text_message_that_would_be_too_long_goes_without_the_name() {
    let sms = |name: &str| {
        let reader = Reader { name: None, locale: Locale::En, time_zone: None, order_token: None };
        render(&Content::Account(AccountChange::LoginsChanged), &reader, &named(name)).unwrap().sms
    };
    assert!(sms(&"a".repeat(MAX_MERCHANT_NAME)).starts_with("aaa"));
    // A name in Cyrillic makes the whole text UCS-2, which has less room.
    assert!(sms(&"ы".repeat(MAX_MERCHANT_NAME)).starts_with("An email address"));
}

#[test]
fn a_guests_links_open_the_order() {
    let merchant = complete();
    let link = |change| {
        let reader = Reader { name: None, locale: Locale::En, time_zone: None, order_token: Some("t-_") };
        render(&notice(42, 493_800, change), &reader, &merchant).unwrap()
    };
    let page = merchant.order_page(OrderNumber::try_from(42).unwrap(), Some("t-_")).unwrap();
    assert!(page.ends_with("#token=t-_"), "{page}");
    let texts = link(Change::Link);
    for text in [&texts.sms, &texts.email] {
        assert!(text.contains(&page), "{text}");
    }
    assert!(link(Change::Shipped).email.contains(&page));
    assert!(!link(Change::Shipped).sms.contains("t-_"));
}
