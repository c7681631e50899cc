//! Every text in every language, letter by letter.

use kernel::money::MAX_AMOUNT;
use kernel::{Currency, Money};

use super::*;
use crate::carrier::MAX_SUBJECT_LENGTH;
use crate::sms::{MAX_SEGMENTS, segments};

const CAUSES: [Cause; 5] = [Cause::Customer, Cause::Shop, Cause::Declined, Cause::Expired, Cause::Other];

fn roubles(amount: i64) -> Money {
    Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
}

fn event(number: u64, total: i64, change: Change) -> OrderEvent {
    let number = OrderNumber::try_from(number).unwrap();
    let user_id = "7d9f6f0e-52a5-4c1e-9a6e-0b1c2d3e4f50".parse().unwrap();
    OrderEvent { order_id: number.order_id(), number, user_id, total: roubles(total), change }
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

fn texts(change: Change, first_name: &str, locale: Locale) -> Texts {
    render(&event(42, 493_800, change), &first_name.parse().unwrap(), locale).unwrap()
}

#[test]
fn order_placed_in_english() {
    let texts = texts(placed(2, Some("https://pay.example/p?id=1&x=2")), "Anna", Locale::En);
    assert_eq!(texts.subject, "Order 42 is placed");
    assert_eq!(texts.sms, "Holdfast: order 42 is placed, 4,938.00 RUB. Please pay by 2026-03-03 14:35 UTC.");
    assert_eq!(
        texts.email,
        "Hello, Anna!

Thank you for your order 42. The goods are set aside for you until 2026-03-03 14:35 UTC.

- Tea 1: 2 x 1,234.50 RUB
- Tea 2: 2 x 1,234.50 RUB

Total: 4,938.00 RUB

Pay here: https://pay.example/p?id=1&x=2

An order that is not paid in time is cancelled, and the goods go back on sale.

Holdfast"
    );
}

#[test]
fn order_placed_in_russian() {
    let texts = texts(placed(2, None), "Анна", Locale::Ru);
    assert_eq!(texts.subject, "Заказ 42 оформлен");
    assert_eq!(
        texts.sms,
        "Holdfast: заказ 42 оформлен, 4\u{a0}938,00\u{a0}₽. Оплатите до 03.03.2026 14:35 UTC."
    );
    assert_eq!(
        texts.email,
        "Здравствуйте, Анна!

Спасибо за заказ 42. Товары отложены для вас до 03.03.2026 14:35 UTC.

- Tea 1: 2 × 1\u{a0}234,50\u{a0}₽
- Tea 2: 2 × 1\u{a0}234,50\u{a0}₽

Итого: 4\u{a0}938,00\u{a0}₽

Оплатить заказ можно на его странице.

Заказ, не оплаченный вовремя, отменяется, а товары возвращаются в продажу.

Holdfast"
    );
}

#[test]
fn order_paid_in_english() {
    let texts = texts(paid(), "Anna", Locale::En);
    assert_eq!(texts.subject, "Order 42 is paid");
    assert_eq!(texts.sms, "Holdfast: we have your payment of 4,938.00 RUB for order 42. Thank you!");
    assert_eq!(
        texts.email,
        "Hello, Anna!

We have received your payment of 4,938.00 RUB for order 42. Thank you!

Should you ever have to ask about this payment, its number is 11111111-1111-4111-8111-111111111111.

Holdfast"
    );
}

#[test]
fn order_paid_in_russian() {
    let texts = texts(Change::Paid(Paid { payment_id: None }), "Анна", Locale::Ru);
    assert_eq!(texts.subject, "Заказ 42 оплачен");
    assert_eq!(texts.sms, "Holdfast: оплата 4\u{a0}938,00\u{a0}₽ за заказ 42 получена. Спасибо!");
    assert_eq!(
        texts.email,
        "Здравствуйте, Анна!

Мы получили оплату 4\u{a0}938,00\u{a0}₽ за заказ 42. Спасибо!

Holdfast"
    );
}

#[test]
fn the_steps_of_an_order_in_english() {
    let confirmed = texts(Change::Confirmed, "Anna", Locale::En);
    assert_eq!(confirmed.subject, "Order 42 is confirmed");
    assert_eq!(confirmed.sms, "Holdfast: order 42 is confirmed and being made ready.");
    assert_eq!(
        confirmed.email,
        "Hello, Anna!

Your order 42 for 4,938.00 RUB is confirmed. It is being made ready, and we will tell you when it is on its way.

Holdfast"
    );
    let shipped = texts(Change::Shipped, "Anna", Locale::En);
    assert_eq!(shipped.subject, "Order 42 is shipped");
    assert_eq!(shipped.sms, "Holdfast: order 42 is on its way to you.");
    assert_eq!(
        shipped.email,
        "Hello, Anna!

Your order 42 for 4,938.00 RUB has left us and is on its way to you.

Holdfast"
    );
}

#[test]
fn the_steps_of_an_order_in_russian() {
    let confirmed = texts(Change::Confirmed, "Анна", Locale::Ru);
    assert_eq!(confirmed.subject, "Заказ 42 подтверждён");
    assert_eq!(confirmed.sms, "Holdfast: заказ 42 подтверждён, собираем его.");
    assert_eq!(
        confirmed.email,
        "Здравствуйте, Анна!

Ваш заказ 42 на сумму 4\u{a0}938,00\u{a0}₽ подтверждён. Мы собираем его и сообщим, когда он отправится к вам.

Holdfast"
    );
    let shipped = texts(Change::Shipped, "Анна", Locale::Ru);
    assert_eq!(shipped.subject, "Заказ 42 отправлен");
    assert_eq!(shipped.sms, "Holdfast: заказ 42 отправлен и уже в пути к вам.");
    assert_eq!(
        shipped.email,
        "Здравствуйте, Анна!

Ваш заказ 42 на сумму 4\u{a0}938,00\u{a0}₽ отправлен и уже в пути к вам.

Holdfast"
    );
}

#[test]
fn order_canceled_in_english() {
    let texts = texts(canceled(Cause::Customer, Some("Changed\nmy mind.")), "Anna", Locale::En);
    assert_eq!(texts.subject, "Order 42 is cancelled");
    assert_eq!(
        texts.email,
        "Hello, Anna!

Your order 42 for 4,938.00 RUB is cancelled, as you asked.

The reason given: Changed my mind.

The goods are back on sale; you are welcome to order them again.

Holdfast"
    );
}

#[test]
fn order_canceled_in_russian() {
    let texts = texts(canceled(Cause::Expired, None), "Анна", Locale::Ru);
    assert_eq!(texts.subject, "Заказ 42 отменён");
    assert_eq!(
        texts.email,
        "Здравствуйте, Анна!

Ваш заказ 42 на сумму 4\u{a0}938,00\u{a0}₽ отменён: он не был оплачен вовремя.

Товары снова в продаже, их можно заказать ещё раз.

Holdfast"
    );
}

#[test]
fn every_cause_has_its_words() {
    let sms = |locale| CAUSES.map(|cause| texts(canceled(cause, None), "Anna", locale).sms);
    assert_eq!(
        sms(Locale::En),
        [
            "Holdfast: order 42 is cancelled as you asked.",
            "Holdfast: order 42 is cancelled by the shop.",
            "Holdfast: order 42 is cancelled: the payment was declined.",
            "Holdfast: order 42 is cancelled: it was not paid in time.",
            "Holdfast: order 42 is cancelled.",
        ]
    );
    assert_eq!(
        sms(Locale::Ru),
        [
            "Holdfast: заказ 42 отменён по вашей просьбе.",
            "Holdfast: заказ 42 отменён магазином.",
            "Holdfast: заказ 42 отменён: платёж отклонён.",
            "Holdfast: заказ 42 отменён: не оплачен вовремя.",
            "Holdfast: заказ 42 отменён.",
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
fn other_peoples_words_are_cut_and_nothing_is_escaped() {
    let name = format!("<b>\"Tea\" & {}", "x".repeat(MAX_ITEM_NAME));
    let change = Change::Placed(Placed {
        expires_at: "2026-03-03T14:35:00Z".parse().unwrap(),
        items: vec![Item { name, quantity: 1, unit_price: roubles(1) }],
        payment_url: Some("javascript:alert(1)".to_owned()),
    });
    let email = texts(change, "Anna", Locale::En).email;
    assert!(email.contains("- <b>\"Tea\" & xxx"), "{email}");
    assert!(email.contains("x…: 1 x 0.01 RUB"), "{email}");
    assert!(!email.contains("javascript"), "{email}");
    let reason = "y".repeat(MAX_REASON + 1);
    let email = texts(canceled(Cause::Shop, Some(&reason)), "Anna", Locale::En).email;
    assert!(email.contains("yy…\n"), "{email}");
    assert!(!texts(canceled(Cause::Shop, Some(" \n ")), "Anna", Locale::En).email.contains("reason"));
}

#[test]
fn the_longest_text_messages_and_subjects_fit() {
    let others = [placed(1, None), paid(), Change::Confirmed, Change::Shipped];
    let changes = CAUSES.map(|cause| canceled(cause, Some("long ago"))).into_iter().chain(others);
    for change in changes {
        let longest = event((1 << 53) - 1, MAX_AMOUNT, change);
        let render = |locale| render(&longest, &"Anna".parse().unwrap(), locale).unwrap();
        let (english, russian) = (render(Locale::En), render(Locale::Ru));
        assert_eq!(segments(&english.sms), 1, "{}", english.sms);
        assert!(segments(&russian.sms) <= MAX_SEGMENTS, "{}", russian.sms);
        assert!(english.subject.is_ascii() && english.subject.len() <= MAX_SUBJECT_LENGTH);
        assert!(!english.subject.contains('\n') && !russian.subject.contains('\n'));
    }
}
