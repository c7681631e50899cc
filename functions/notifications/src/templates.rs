//! The rendered texts. A placeholder without a value does not compile.

use askama::Template;
use identity::delivery::{AccountChange, Template as SecretKind};
use identity::{Contact, Locale, TimeZoneName};
use kernel::Problem;

use crate::merchant::Merchant;
use crate::notice::{Cause, Change, Content, Notice, Secret};
use crate::sms::{MAX_SEGMENTS, segments};
use crate::views::{AccountView, CanceledView, PaidView, PlacedView, SecretView, StepView};
use crate::wording::{self, Labels};
use crate::zone::Zone;

/// The texts in one language. Not `Debug`, as [`crate::message::Message`].
pub struct Texts {
    /// The subject of the email.
    pub subject: String,
    /// The email as plain text.
    pub email: String,
    /// The email as HTML.
    pub html: String,
    /// The SMS.
    pub sms: String,
}

/// The reader of a message.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The name, where it is a plain one.
    pub name: Option<&'a str>,
    /// Their language.
    pub locale: Locale,
    /// Their time zone, where they chose one.
    pub time_zone: Option<&'a TimeZoneName>,
    /// The order token in the links of a guest.
    pub order_token: Option<&'a str>,
}

impl<'a> Reader<'a> {
    /// The owner of `contact`.
    pub fn of(contact: &'a Contact) -> Self {
        Self {
            name: wording::greeted(&contact.first_name),
            locale: contact.locale,
            time_zone: contact.time_zone.as_ref(),
            order_token: None,
        }
    }

    /// The zone of the times in their messages: their own, or that of `merchant`.
    fn zone(&self, merchant: &Merchant) -> Zone {
        self.time_zone.and_then(Zone::named).unwrap_or_else(|| merchant.zone().clone())
    }
}

/// The texts from `merchant` to `reader`.
pub fn render(content: &Content, reader: &Reader<'_>, merchant: &Merchant) -> Result<Texts, Problem> {
    let frame = Frame { merchant, locale: reader.locale, order_page: None, sms_link: None };
    match content {
        Content::Order(notice) => render_notice(notice, reader, frame),
        Content::Secret(secret) => frame.around(&secret_words(secret, reader)?),
        Content::Account(change) => frame.around(&account_words(*change, reader)?),
    }
}

fn render_notice(notice: &Notice, reader: &Reader<'_>, frame: Frame<'_>) -> Result<Texts, Problem> {
    let order_page = frame.merchant.order_page(notice.number, reader.order_token);
    if let Change::Placed(placed) = &notice.change {
        let it = PlacedView::of(notice, placed, reader, &reader.zone(frame.merchant), order_page.as_deref());
        let words = match reader.locale {
            Locale::En => PlacedEn { it: &it }.words(),
            Locale::Ru => PlacedRu { it: &it }.words(),
        }?;
        let sms_link = it.payment_url.map(str::to_owned);
        // The page of the order may be the one to pay at, which is linked to already.
        let order_page = order_page.clone().filter(|page| sms_link.as_ref() != Some(page));
        return Frame { order_page, sms_link, ..frame }.around(&words);
    }
    let sms_link = order_page.clone().filter(|_| notice.change == Change::Link);
    Frame { order_page, sms_link, ..frame }.around(&step_words(notice, reader)?)
}

/// The words about a step of an order after it was placed.
fn step_words(notice: &Notice, reader: &Reader<'_>) -> Result<Words, Problem> {
    let it = &StepView::of(notice, reader);
    match (&notice.change, reader.locale) {
        (Change::Placed(_), _) => Err(Problem::internal("a placed order has words of its own")),
        (Change::Paid(paid), locale) => {
            let it = &PaidView::of(notice, paid, reader);
            match locale {
                Locale::En => PaidEn { it }.words(),
                Locale::Ru => PaidRu { it }.words(),
            }
        }
        (Change::Canceled(canceled), locale) => {
            let it = &CanceledView::of(notice, canceled, reader);
            match locale {
                Locale::En => CanceledEn { it }.words(),
                Locale::Ru => CanceledRu { it }.words(),
            }
        }
        (Change::Confirmed, Locale::En) => ConfirmedEn { it }.words(),
        (Change::Confirmed, Locale::Ru) => ConfirmedRu { it }.words(),
        (Change::Shipped, Locale::En) => ShippedEn { it }.words(),
        (Change::Shipped, Locale::Ru) => ShippedRu { it }.words(),
        (Change::Link, Locale::En) => LinkEn { it }.words(),
        (Change::Link, Locale::Ru) => LinkRu { it }.words(),
        (Change::Refunded, Locale::En) => RefundedEn { it }.words(),
        (Change::Refunded, Locale::Ru) => RefundedRu { it }.words(),
    }
}

fn secret_words(secret: &Secret, reader: &Reader<'_>) -> Result<Words, Problem> {
    let it = &SecretView::of(secret, reader);
    match (secret.kind, reader.locale) {
        (SecretKind::VerificationCode, Locale::En) => VerificationCodeEn { it }.words(),
        (SecretKind::VerificationCode, Locale::Ru) => VerificationCodeRu { it }.words(),
        (SecretKind::PasswordReset, Locale::En) => PasswordResetEn { it }.words(),
        (SecretKind::PasswordReset, Locale::Ru) => PasswordResetRu { it }.words(),
    }
}

fn account_words(change: AccountChange, reader: &Reader<'_>) -> Result<Words, Problem> {
    let it = &AccountView::of(change, reader);
    match reader.locale {
        Locale::En => AccountChangedEn { it }.words(),
        Locale::Ru => AccountChangedRu { it }.words(),
    }
}

/// The texts of a template, before the merchant's name and contact are put around them. Not `Debug`, as [`Texts`].
struct Words {
    subject: String,
    email: String,
    /// Escaped already.
    html: String,
    sms: String,
}

/// A template file with its four blocks: three of plain text, and one in which what is filled in is escaped for HTML.
macro_rules! template {
    ($name:ident, $web:ident, $view:ident, $path:literal) => {
        #[derive(Template)]
        #[template(path = $path, escape = "none", blocks = ["subject", "email", "sms"])]
        struct $name<'a> {
            it: &'a $view<'a>,
        }

        #[derive(Template)]
        #[template(path = $path, escape = "html", blocks = ["html"])]
        struct $web<'a> {
            it: &'a $view<'a>,
        }

        impl $name<'_> {
            fn words(&self) -> Result<Words, Problem> {
                Ok(Words {
                    subject: trimmed(&self.as_subject())?,
                    email: trimmed(&self.as_email())?,
                    html: trimmed(&$web { it: self.it }.as_html())?,
                    sms: trimmed(&self.as_sms())?,
                })
            }
        }
    };
}

template!(PlacedEn, PlacedEnWeb, PlacedView, "en/order_placed.txt");
template!(PlacedRu, PlacedRuWeb, PlacedView, "ru/order_placed.txt");
template!(PaidEn, PaidEnWeb, PaidView, "en/order_paid.txt");
template!(PaidRu, PaidRuWeb, PaidView, "ru/order_paid.txt");
template!(ConfirmedEn, ConfirmedEnWeb, StepView, "en/order_confirmed.txt");
template!(ConfirmedRu, ConfirmedRuWeb, StepView, "ru/order_confirmed.txt");
template!(ShippedEn, ShippedEnWeb, StepView, "en/order_shipped.txt");
template!(ShippedRu, ShippedRuWeb, StepView, "ru/order_shipped.txt");
template!(CanceledEn, CanceledEnWeb, CanceledView, "en/order_canceled.txt");
template!(CanceledRu, CanceledRuWeb, CanceledView, "ru/order_canceled.txt");
template!(RefundedEn, RefundedEnWeb, StepView, "en/order_refunded.txt");
template!(RefundedRu, RefundedRuWeb, StepView, "ru/order_refunded.txt");
template!(LinkEn, LinkEnWeb, StepView, "en/order_link.txt");
template!(LinkRu, LinkRuWeb, StepView, "ru/order_link.txt");
template!(VerificationCodeEn, VerificationCodeEnWeb, SecretView, "en/verification_code.txt");
template!(VerificationCodeRu, VerificationCodeRuWeb, SecretView, "ru/verification_code.txt");
template!(PasswordResetEn, PasswordResetEnWeb, SecretView, "en/password_reset.txt");
template!(PasswordResetRu, PasswordResetRuWeb, SecretView, "ru/password_reset.txt");
template!(AccountChangedEn, AccountChangedEnWeb, AccountView, "en/account_changed.txt");
template!(AccountChangedRu, AccountChangedRuWeb, AccountView, "ru/account_changed.txt");

/// The frame of every message: the merchant, and the page of the order.
struct Frame<'a> {
    merchant: &'a Merchant,
    locale: Locale,
    /// The page that shows the order, to which an email links.
    order_page: Option<String>,
    /// The link in an SMS, where that fits.
    sms_link: Option<String>,
}

impl Frame<'_> {
    fn around(&self, words: &Words) -> Result<Texts, Problem> {
        let labels = &wording::labels(self.locale);
        Ok(Texts {
            subject: words.subject.clone(),
            email: trimmed(&PlainLetter { frame: self, labels, words })?,
            html: trimmed(&Letter { frame: self, labels, words })?,
            sms: self.sms(&words.sms),
        })
    }

    /// The SMS with the merchant's name and the link, as far as they fit: the link is the first to go, the name the last.
    fn sms(&self, text: &str) -> String {
        let named = format!("{}: {text}", self.merchant.name());
        let linked = self.sms_link.as_ref().map(|link| format!("{named} {link}"));
        let fits = |text: &String| segments(text) <= MAX_SEGMENTS;
        linked.filter(fits).or(Some(named).filter(fits)).unwrap_or_else(|| text.to_owned())
    }
}

/// The email as plain text.
#[derive(Template)]
#[template(path = "letter.txt", escape = "none")]
struct PlainLetter<'a> {
    frame: &'a Frame<'a>,
    labels: &'a Labels,
    words: &'a Words,
}

/// The email as HTML.
#[derive(Template)]
#[template(path = "letter.html")]
struct Letter<'a> {
    frame: &'a Frame<'a>,
    labels: &'a Labels,
    words: &'a Words,
}

fn trimmed(block: &impl Template) -> Result<String, Problem> {
    let text = block.render().map_err(Problem::internal)?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
