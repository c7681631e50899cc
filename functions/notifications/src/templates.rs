//! The texts, rendered. A placeholder that nothing fills does not compile.

use askama::Template;
use identity::Locale;
use identity::delivery::{AccountChange, Template as SecretKind};
use kernel::Problem;

use crate::notice::{Cause, Change, Content, Notice, Secret};
use crate::sms::{MAX_SEGMENTS, segments};
use crate::views::{AccountView, CanceledView, PaidView, PlacedView, SecretView, StepView};

/// What is said in one language. Not `Debug`, as [`crate::message::Message`].
pub struct Texts {
    /// The subject of the letter.
    pub subject: String,
    /// The letter as plain text.
    pub email: String,
    /// The letter as a web page.
    pub html: String,
    /// The text message.
    pub sms: String,
}

/// How a person who is greeted by `name` is told `content`.
pub fn render(content: &Content, name: Option<&str>, locale: Locale) -> Result<Texts, Problem> {
    match content {
        Content::Order(notice) => render_notice(notice, name, locale),
        Content::Secret(secret) => render_secret(secret, name, locale),
        Content::Account(change) => render_account(*change, name, locale),
    }
}

fn render_notice(notice: &Notice, name: Option<&str>, locale: Locale) -> Result<Texts, Problem> {
    let step = StepView::of(notice, name, locale);
    let step = &step;
    match (&notice.change, locale) {
        (Change::Placed(placed), _) => {
            let it = &PlacedView::of(notice, placed, name, locale);
            match locale {
                Locale::En => PlacedEn::of(it).texts(),
                Locale::Ru => PlacedRu::of(it).texts(),
            }
        }
        (Change::Paid(paid), _) => {
            let it = &PaidView::of(notice, paid, name, locale);
            match locale {
                Locale::En => PaidEn::of(it).texts(),
                Locale::Ru => PaidRu::of(it).texts(),
            }
        }
        (Change::Canceled(canceled), _) => {
            let it = &CanceledView::of(notice, canceled, name, locale);
            match locale {
                Locale::En => CanceledEn::of(it).texts(),
                Locale::Ru => CanceledRu::of(it).texts(),
            }
        }
        (Change::Confirmed, Locale::En) => ConfirmedEn::of(step).texts(),
        (Change::Confirmed, Locale::Ru) => ConfirmedRu::of(step).texts(),
        (Change::Shipped, Locale::En) => ShippedEn::of(step).texts(),
        (Change::Shipped, Locale::Ru) => ShippedRu::of(step).texts(),
        (Change::Refunded, Locale::En) => RefundedEn::of(step).texts(),
        (Change::Refunded, Locale::Ru) => RefundedRu::of(step).texts(),
    }
}

fn render_secret(secret: &Secret, name: Option<&str>, locale: Locale) -> Result<Texts, Problem> {
    let it = &SecretView::of(secret, name);
    match (secret.kind, locale) {
        (SecretKind::VerificationCode, Locale::En) => VerificationCodeEn::of(it).texts(),
        (SecretKind::VerificationCode, Locale::Ru) => VerificationCodeRu::of(it).texts(),
        (SecretKind::PasswordReset, Locale::En) => PasswordResetEn::of(it).texts(),
        (SecretKind::PasswordReset, Locale::Ru) => PasswordResetRu::of(it).texts(),
    }
}

fn render_account(change: AccountChange, name: Option<&str>, locale: Locale) -> Result<Texts, Problem> {
    let it = &AccountView::of(change, name, locale);
    match locale {
        Locale::En => AccountChangedEn::of(it).texts(),
        Locale::Ru => AccountChangedRu::of(it).texts(),
    }
}

/// What a text message leaves out so that it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brevity {
    /// Nothing.
    Whole,
    /// The link.
    NoLink,
}

impl Brevity {
    fn has_link(self) -> bool {
        self == Self::Whole
    }
}

/// Returns what `render` makes with as little left out as fits into a text message.
fn shortest_needed(render: impl Fn(Brevity) -> Result<String, Problem>) -> Result<String, Problem> {
    let whole = render(Brevity::Whole)?;
    if segments(&whole) <= MAX_SEGMENTS { Ok(whole) } else { render(Brevity::NoLink) }
}

/// A template file with its four blocks: three of plain text, and one in which what is filled in is escaped for HTML.
macro_rules! template {
    ($name:ident, $web:ident, $view:ident, $locale:expr, $path:literal) => {
        #[derive(Template)]
        #[template(path = $path, escape = "none", blocks = ["subject", "email", "sms"])]
        struct $name<'a> {
            it: &'a $view<'a>,
            brevity: Brevity,
        }

        #[derive(Template)]
        #[template(path = $path, escape = "html", blocks = ["html"])]
        struct $web<'a> {
            it: &'a $view<'a>,
            brevity: Brevity,
        }

        impl<'a> $name<'a> {
            fn of(it: &'a $view<'a>) -> Self {
                Self { it, brevity: Brevity::Whole }
            }

            fn texts(&self) -> Result<Texts, Problem> {
                let subject = trimmed(&self.as_subject())?;
                let content = trimmed(&$web { it: self.it, brevity: self.brevity }.as_html())?;
                let sms = shortest_needed(|brevity| trimmed(&Self { brevity, ..*self }.as_sms()))?;
                let letter = Letter { lang: $locale.tag(), subject: &subject, content: &content };
                Ok(Texts { html: trimmed(&letter)?, email: trimmed(&self.as_email())?, sms, subject })
            }
        }
    };
}

template!(PlacedEn, PlacedEnWeb, PlacedView, Locale::En, "en/order_placed.txt");
template!(PlacedRu, PlacedRuWeb, PlacedView, Locale::Ru, "ru/order_placed.txt");
template!(PaidEn, PaidEnWeb, PaidView, Locale::En, "en/order_paid.txt");
template!(PaidRu, PaidRuWeb, PaidView, Locale::Ru, "ru/order_paid.txt");
template!(ConfirmedEn, ConfirmedEnWeb, StepView, Locale::En, "en/order_confirmed.txt");
template!(ConfirmedRu, ConfirmedRuWeb, StepView, Locale::Ru, "ru/order_confirmed.txt");
template!(ShippedEn, ShippedEnWeb, StepView, Locale::En, "en/order_shipped.txt");
template!(ShippedRu, ShippedRuWeb, StepView, Locale::Ru, "ru/order_shipped.txt");
template!(CanceledEn, CanceledEnWeb, CanceledView, Locale::En, "en/order_canceled.txt");
template!(CanceledRu, CanceledRuWeb, CanceledView, Locale::Ru, "ru/order_canceled.txt");
template!(RefundedEn, RefundedEnWeb, StepView, Locale::En, "en/order_refunded.txt");
template!(RefundedRu, RefundedRuWeb, StepView, Locale::Ru, "ru/order_refunded.txt");
template!(VerificationCodeEn, VerificationCodeEnWeb, SecretView, Locale::En, "en/verification_code.txt");
template!(VerificationCodeRu, VerificationCodeRuWeb, SecretView, Locale::Ru, "ru/verification_code.txt");
template!(PasswordResetEn, PasswordResetEnWeb, SecretView, Locale::En, "en/password_reset.txt");
template!(PasswordResetRu, PasswordResetRuWeb, SecretView, Locale::Ru, "ru/password_reset.txt");
template!(AccountChangedEn, AccountChangedEnWeb, AccountView, Locale::En, "en/account_changed.txt");
template!(AccountChangedRu, AccountChangedRuWeb, AccountView, Locale::Ru, "ru/account_changed.txt");

/// The page around every letter.
#[derive(Template)]
#[template(path = "letter.html")]
struct Letter<'a> {
    lang: &'static str,
    subject: &'a str,
    /// Escaped already.
    content: &'a str,
}

fn trimmed(block: &impl Template) -> Result<String, Problem> {
    let text = block.render().map_err(Problem::internal)?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
