//! The texts, rendered. A placeholder that no event fills does not compile.

use askama::Template;
use identity::delivery::{SecretMessage, Template as SecretKind, Variables};
use identity::{Locale, PersonName};
use kernel::{OrderNumber, PaymentId, Problem};

use crate::order_event::{Canceled, Cause, Change, Item, OrderEvent, Paid, Placed};
use crate::wording;

/// The most lines of an order that a letter lists, so that it stays a letter and well below what SNS carries (256 KB).
const MAX_ITEMS: usize = 50;
/// The longest name of a product in a letter, in characters.
const MAX_ITEM_NAME: usize = 200;
/// The longest reason in a letter, in characters.
const MAX_REASON: usize = 500;

/// What is said about an event in one language. Not `Debug`, as [`crate::message::Message`].
pub struct Texts {
    /// The subject of the letter.
    pub subject: String,
    /// The letter.
    pub email: String,
    /// The text message.
    pub sms: String,
}

/// What `event` is called among the templates.
pub fn name(event: &OrderEvent) -> &'static str {
    match event.change {
        Change::Placed(_) => "order_placed",
        Change::Paid(_) => "order_paid",
        Change::Confirmed => "order_confirmed",
        Change::Shipped => "order_shipped",
        Change::Canceled(_) => "order_canceled",
    }
}

/// What a person called `first_name` is told of `event`.
pub fn render(event: &OrderEvent, first_name: &PersonName, locale: Locale) -> Result<Texts, Problem> {
    match &event.change {
        Change::Placed(placed) => {
            let view = PlacedView::of(event, placed, first_name, locale);
            match locale {
                Locale::En => PlacedEn { it: &view }.texts(),
                Locale::Ru => PlacedRu { it: &view }.texts(),
            }
        }
        Change::Paid(paid) => {
            let view = PaidView::of(event, paid, first_name, locale);
            match locale {
                Locale::En => PaidEn { it: &view }.texts(),
                Locale::Ru => PaidRu { it: &view }.texts(),
            }
        }
        Change::Confirmed => {
            let view = StepView::of(event, first_name, locale);
            match locale {
                Locale::En => ConfirmedEn { it: &view }.texts(),
                Locale::Ru => ConfirmedRu { it: &view }.texts(),
            }
        }
        Change::Shipped => {
            let view = StepView::of(event, first_name, locale);
            match locale {
                Locale::En => ShippedEn { it: &view }.texts(),
                Locale::Ru => ShippedRu { it: &view }.texts(),
            }
        }
        Change::Canceled(canceled) => {
            let view = CanceledView::of(event, canceled, first_name, locale);
            match locale {
                Locale::En => CanceledEn { it: &view }.texts(),
                Locale::Ru => CanceledRu { it: &view }.texts(),
            }
        }
    }
}

/// How a person called `first_name` is told `secret`.
pub fn render_secret(
    secret: &SecretMessage,
    first_name: &PersonName,
    locale: Locale,
) -> Result<Texts, Problem> {
    let Variables { code, minutes } = &secret.variables;
    let view = SecretView { name: wording::greeted(first_name), code, minutes: *minutes };
    match (secret.template, locale) {
        (SecretKind::VerificationCode, Locale::En) => VerificationCodeEn { it: &view }.texts(),
        (SecretKind::VerificationCode, Locale::Ru) => VerificationCodeRu { it: &view }.texts(),
        (SecretKind::PasswordReset, Locale::En) => PasswordResetEn { it: &view }.texts(),
        (SecretKind::PasswordReset, Locale::Ru) => PasswordResetRu { it: &view }.texts(),
    }
}

/// What the templates of a secret may show. Deliberately not `Debug`.
struct SecretView<'a> {
    name: Option<&'a str>,
    code: &'a str,
    minutes: u64,
}

/// What the templates of a placed order may show.
struct PlacedView<'a> {
    number: OrderNumber,
    name: Option<&'a str>,
    total: String,
    pay_by: String,
    items: Vec<ItemView>,
    more_items: usize,
    payment_url: Option<&'a str>,
}

impl<'a> PlacedView<'a> {
    fn of(event: &OrderEvent, placed: &'a Placed, first_name: &'a PersonName, locale: Locale) -> Self {
        Self {
            number: event.number,
            name: wording::greeted(first_name),
            total: wording::money(event.total, locale),
            pay_by: wording::time(placed.expires_at, locale),
            items: placed.items.iter().take(MAX_ITEMS).map(|item| ItemView::of(item, locale)).collect(),
            more_items: placed.items.len().saturating_sub(MAX_ITEMS),
            payment_url: placed.payment_url.as_deref().and_then(wording::web_address),
        }
    }
}

/// What the templates may show of a line.
struct ItemView {
    name: String,
    quantity: u32,
    unit_price: String,
}

impl ItemView {
    fn of(item: &Item, locale: Locale) -> Self {
        Self {
            name: wording::one_line(&item.name, MAX_ITEM_NAME),
            quantity: item.quantity,
            unit_price: wording::money(item.unit_price, locale),
        }
    }
}

/// What the templates of a paid order may show.
struct PaidView<'a> {
    number: OrderNumber,
    name: Option<&'a str>,
    total: String,
    payment_id: Option<PaymentId>,
}

impl<'a> PaidView<'a> {
    fn of(event: &OrderEvent, paid: &Paid, first_name: &'a PersonName, locale: Locale) -> Self {
        Self {
            number: event.number,
            name: wording::greeted(first_name),
            total: wording::money(event.total, locale),
            payment_id: paid.payment_id,
        }
    }
}

/// What the templates may show of an order that has come a step closer to its customer.
struct StepView<'a> {
    number: OrderNumber,
    name: Option<&'a str>,
    total: String,
}

impl<'a> StepView<'a> {
    fn of(event: &OrderEvent, first_name: &'a PersonName, locale: Locale) -> Self {
        Self {
            number: event.number,
            name: wording::greeted(first_name),
            total: wording::money(event.total, locale),
        }
    }
}

/// What the templates of a cancelled order may show.
struct CanceledView<'a> {
    number: OrderNumber,
    name: Option<&'a str>,
    total: String,
    cause: Cause,
    reason: Option<String>,
}

impl<'a> CanceledView<'a> {
    fn of(event: &OrderEvent, canceled: &Canceled, first_name: &'a PersonName, locale: Locale) -> Self {
        let reason = canceled.reason.as_deref().map(|reason| wording::one_line(reason, MAX_REASON));
        Self {
            number: event.number,
            name: wording::greeted(first_name),
            total: wording::money(event.total, locale),
            cause: canceled.cause,
            reason: reason.filter(|reason| !reason.is_empty()),
        }
    }
}

/// A template file with its three blocks.
macro_rules! template {
    ($name:ident, $view:ident, $path:literal) => {
        #[derive(Template)]
        #[template(path = $path, escape = "none", blocks = ["subject", "email", "sms"])]
        struct $name<'a> {
            it: &'a $view<'a>,
        }

        impl $name<'_> {
            fn texts(&self) -> Result<Texts, Problem> {
                Ok(Texts {
                    subject: trimmed(&self.as_subject())?,
                    email: trimmed(&self.as_email())?,
                    sms: trimmed(&self.as_sms())?,
                })
            }
        }
    };
}

template!(PlacedEn, PlacedView, "en/order_placed.txt");
template!(PlacedRu, PlacedView, "ru/order_placed.txt");
template!(PaidEn, PaidView, "en/order_paid.txt");
template!(PaidRu, PaidView, "ru/order_paid.txt");
template!(ConfirmedEn, StepView, "en/order_confirmed.txt");
template!(ConfirmedRu, StepView, "ru/order_confirmed.txt");
template!(ShippedEn, StepView, "en/order_shipped.txt");
template!(ShippedRu, StepView, "ru/order_shipped.txt");
template!(CanceledEn, CanceledView, "en/order_canceled.txt");
template!(CanceledRu, CanceledView, "ru/order_canceled.txt");
template!(VerificationCodeEn, SecretView, "en/verification_code.txt");
template!(VerificationCodeRu, SecretView, "ru/verification_code.txt");
template!(PasswordResetEn, SecretView, "en/password_reset.txt");
template!(PasswordResetRu, SecretView, "ru/password_reset.txt");

fn trimmed(block: &impl Template) -> Result<String, Problem> {
    let text = block.render().map_err(Problem::internal)?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
