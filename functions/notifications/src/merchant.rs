//! The merchant that sends the messages, from the template's parameters. Pure.

use std::fmt;

use identity::Email;
use identity::contact::BrokenRule;
use identity::time_zone::TIME_ZONE_RULE;
use kernel::OrderNumber;
use kernel::text::{ONE_LINE_RULE, is_one_line};
use platform::{Init, InitError};

use crate::wording;
use crate::zone::Zone;

/// The longest name of a merchant, in characters: an SMS begins with it.
pub const MAX_MERCHANT_NAME: usize = 40;
/// The longest address of a merchant, in characters.
pub const MAX_MERCHANT_ADDRESS: usize = 200;
/// The longest support contact, in characters.
pub const MAX_SUPPORT_CONTACT: usize = 200;
/// The longest address of the page that shows an order, in characters, with the placeholder.
pub const MAX_ORDER_PAGE_URL: usize = 500;
/// The environment variable with the merchant's time zone.
const ZONE: &str = "MERCHANT_TIME_ZONE";
/// The merchant's time zone when the template says nothing else.
const DEFAULT_ZONE: &str = "UTC";
/// Stands for the order's number in the address of the page that shows it.
const NUMBER: &str = "{number}";

/// The merchant in whose name messages are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    name: String,
    address: Option<String>,
    support: Option<Support>,
    order_page: Option<String>,
    zone: Zone,
}

impl Merchant {
    /// Reads `MERCHANT_NAME`, and `MERCHANT_ADDRESS`, `SUPPORT_CONTACT`, `ORDER_PAGE_URL` and `MERCHANT_TIME_ZONE`, each of which may be empty.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        let text = |name: &str| init.optional(name, String::new());
        let merchant = Self::new(
            &init.required("MERCHANT_NAME")?,
            &text("MERCHANT_ADDRESS")?,
            &text("SUPPORT_CONTACT")?,
            &text("ORDER_PAGE_URL")?,
        );
        let merchant = merchant.map_err(|(name, rule)| InitError::new(name, rule))?;
        merchant
            .in_zone(&init.optional(ZONE, DEFAULT_ZONE.to_owned())?)
            .map_err(|rule| InitError::new(ZONE, rule))
    }

    /// The merchant in the time zone called `zone`.
    pub(crate) fn in_zone(self, zone: &str) -> Result<Self, BrokenRule> {
        let zone = zone.parse().ok().and_then(|name| Zone::named(&name)).ok_or(BrokenRule(TIME_ZONE_RULE))?;
        Ok(Self { zone, ..self })
    }

    /// The merchant of these parameters, of which all but the name may be empty; the error names the one that breaks a rule, and the rule.
    pub(crate) fn new(
        name: &str,
        address: &str,
        support: &str,
        order_page: &str,
    ) -> Result<Self, (&'static str, String)> {
        let name = one_line("MERCHANT_NAME", name, MAX_MERCHANT_NAME)?;
        let name = name.ok_or_else(|| ("MERCHANT_NAME", "must not be blank".to_owned()))?;
        let support = one_line("SUPPORT_CONTACT", support, MAX_SUPPORT_CONTACT)?;
        let order_page = one_line("ORDER_PAGE_URL", order_page, MAX_ORDER_PAGE_URL)?;
        if order_page.as_deref().is_some_and(|page| !is_order_page(page)) {
            return Err((
                "ORDER_PAGE_URL",
                format!("must be an address that begins with https:// and has {NUMBER}"),
            ));
        }
        Ok(Self {
            name,
            address: one_line("MERCHANT_ADDRESS", address, MAX_MERCHANT_ADDRESS)?,
            support: support.map(Support::parse).transpose().map_err(|rule| ("SUPPORT_CONTACT", rule))?,
            order_page,
            zone: Zone::utc(),
        })
    }

    /// The merchant's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The merchant's postal address.
    pub(crate) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The support contact.
    pub(crate) fn support(&self) -> Option<&Support> {
        self.support.as_ref()
    }

    /// The time zone of recipients that chose none.
    pub(crate) fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The address of the page that shows the order `number`. The token of a guest is in the fragment, which browsers do not send to servers.
    pub(crate) fn order_page(&self, number: OrderNumber, token: Option<&str>) -> Option<String> {
        let page = self.order_page.as_deref()?.replace(NUMBER, &number.to_string());
        let Some(token) = token else { return Some(page) };
        let separator = if page.contains('#') { '&' } else { '#' };
        Some(format!("{page}{separator}token={token}"))
    }

    /// True when there is a page that shows orders.
    pub(crate) fn has_order_page(&self) -> bool {
        self.order_page.is_some()
    }
}

/// The support contact of a merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Support {
    /// A mailbox.
    Email(String),
    /// A telephone.
    Phone(String),
    /// A web page.
    Page(String),
}

impl Support {
    fn parse(text: String) -> Result<Self, String> {
        if wording::web_address(&text).is_some() {
            return Ok(Self::Page(text));
        }
        if text.parse::<Email>().is_ok() {
            return Ok(Self::Email(text));
        }
        let is_phone = text.bytes().all(|byte| byte.is_ascii_digit() || b"+ ()-".contains(&byte))
            && text.bytes().any(|byte| byte.is_ascii_digit())
            && !text.chars().skip(1).any(|letter| letter == '+');
        if is_phone {
            Ok(Self::Phone(text))
        } else {
            Err("must be an email address, a phone number or a web address".to_owned())
        }
    }

    /// The target of a link to it.
    pub(crate) fn href(&self) -> String {
        match self {
            Self::Email(address) => format!("mailto:{address}"),
            Self::Phone(number) => {
                let dialled = number.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+');
                format!("tel:{}", dialled.collect::<String>())
            }
            Self::Page(address) => address.clone(),
        }
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(text) | Self::Phone(text) | Self::Page(text) => f.write_str(text),
        }
    }
}

/// Returns true when `page` is the address of a page for each order.
fn is_order_page(page: &str) -> bool {
    page.starts_with("https://") && page.contains(NUMBER) && wording::web_address(page).is_some()
}

/// The parameter `name` without the space around it; `None` where nothing is left.
fn one_line(
    name: &'static str,
    text: &str,
    longest: usize,
) -> Result<Option<String>, (&'static str, String)> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > longest {
        return Err((name, format!("must have at most {longest} characters")));
    }
    if is_one_line(text) { Ok(Some(text.to_owned())) } else { Err((name, ONE_LINE_RULE.to_owned())) }
}

#[cfg(test)]
#[path = "merchant_tests.rs"]
pub(crate) mod tests;
