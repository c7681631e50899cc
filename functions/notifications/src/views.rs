//! The data of the templates. Pure.

use identity::Locale;
use identity::delivery::AccountChange;
use kernel::{OrderNumber, PaymentId};

use crate::notice::{Canceled, Cause, Item, Notice, Paid, Placed, Secret};
use crate::templates::Reader;
use crate::wording;
use crate::zone::Zone;

/// The most lines of an order that an email lists, so that it stays readable and well below the limit of SNS (256 KB).
pub const MAX_ITEMS: usize = 50;
/// The longest name of a product in an email, in characters.
pub(crate) const MAX_ITEM_NAME: usize = 200;
/// The longest reason in an email, in characters.
pub(crate) const MAX_REASON: usize = 500;

/// The data of the templates of a secret. Deliberately not `Debug`.
pub(crate) struct SecretView<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) code: &'a str,
    pub(crate) minutes: u64,
}

impl<'a> SecretView<'a> {
    pub(crate) fn of(secret: &'a Secret, reader: &Reader<'a>) -> Self {
        Self { name: reader.name, code: &secret.code, minutes: secret.minutes }
    }
}

/// The data of the templates of a notice about an account.
pub(crate) struct AccountView<'a> {
    pub(crate) name: Option<&'a str>,
    /// The change, as a sentence.
    pub(crate) what: &'static str,
    /// True when the account still exists.
    pub(crate) exists: bool,
}

impl<'a> AccountView<'a> {
    pub(crate) fn of(change: AccountChange, reader: &Reader<'a>) -> Self {
        let what = wording::account_change(change, reader.locale);
        Self { name: reader.name, what, exists: change != AccountChange::AccountDeleted }
    }
}

/// The data of the templates of a placed order.
pub(crate) struct PlacedView<'a> {
    pub(crate) number: OrderNumber,
    pub(crate) name: Option<&'a str>,
    pub(crate) total: String,
    pub(crate) pay_by: String,
    pub(crate) items: Vec<ItemView>,
    pub(crate) more_items: usize,
    pub(crate) payment_url: Option<&'a str>,
}

impl<'a> PlacedView<'a> {
    /// Times are shown in `zone`. An order without a payment page can be paid at `order_page`, if there is one.
    pub(crate) fn of(
        notice: &Notice,
        placed: &'a Placed,
        reader: &Reader<'a>,
        zone: &Zone,
        order_page: Option<&'a str>,
    ) -> Self {
        let (name, locale) = (reader.name, reader.locale);
        Self {
            number: notice.number,
            name,
            total: wording::money(notice.total, locale),
            pay_by: wording::time(placed.expires_at, locale, zone),
            items: placed.items.iter().take(MAX_ITEMS).map(|item| ItemView::of(item, locale)).collect(),
            more_items: placed.items.len().saturating_sub(MAX_ITEMS),
            payment_url: placed.payment_url.as_deref().and_then(wording::web_address).or(order_page),
        }
    }
}

/// The data of a line.
pub(crate) struct ItemView {
    pub(crate) name: String,
    pub(crate) quantity: u32,
    pub(crate) unit_price: String,
}

impl ItemView {
    pub(crate) fn of(item: &Item, locale: Locale) -> Self {
        Self {
            name: wording::one_line(&item.name, MAX_ITEM_NAME),
            quantity: item.quantity,
            unit_price: wording::money(item.unit_price, locale),
        }
    }
}

/// The data of the templates of a paid order.
pub(crate) struct PaidView<'a> {
    pub(crate) number: OrderNumber,
    pub(crate) name: Option<&'a str>,
    pub(crate) total: String,
    pub(crate) payment_id: Option<PaymentId>,
}

impl<'a> PaidView<'a> {
    pub(crate) fn of(notice: &Notice, paid: &Paid, reader: &Reader<'a>) -> Self {
        Self {
            number: notice.number,
            name: reader.name,
            total: wording::money(notice.total, reader.locale),
            payment_id: paid.payment_id,
        }
    }
}

/// The data of the templates of an order without further details.
pub(crate) struct StepView<'a> {
    pub(crate) number: OrderNumber,
    pub(crate) name: Option<&'a str>,
    pub(crate) total: String,
}

impl<'a> StepView<'a> {
    pub(crate) fn of(notice: &Notice, reader: &Reader<'a>) -> Self {
        let total = wording::money(notice.total, reader.locale);
        Self { number: notice.number, name: reader.name, total }
    }
}

/// The data of the templates of a cancelled order.
pub(crate) struct CanceledView<'a> {
    pub(crate) number: OrderNumber,
    pub(crate) name: Option<&'a str>,
    pub(crate) total: String,
    pub(crate) cause: Cause,
    pub(crate) reason: Option<String>,
}

impl<'a> CanceledView<'a> {
    pub(crate) fn of(notice: &Notice, canceled: &Canceled, reader: &Reader<'a>) -> Self {
        let reason = canceled.reason.as_deref().map(|reason| wording::one_line(reason, MAX_REASON));
        Self {
            number: notice.number,
            name: reader.name,
            total: wording::money(notice.total, reader.locale),
            cause: canceled.cause,
            reason: reason.filter(|reason| !reason.is_empty()),
        }
    }
}
