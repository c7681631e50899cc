//! The rules of which messages this installation sends: by the kind and country of a number, and within the day's budgets.

use identity::numbering::{NoSms, SmsNumbers};
use kernel::Timestamp;
use platform::source::accounts_per_address;
use platform::{Init, InitError};

use crate::budget::{Cause, Counter, DEFAULT_EMAIL_DAILY_LIMIT, DEFAULT_SMS_DAILY_LIMIT, Limits};
use crate::message::Message;
use crate::recipient::Recipient;

/// The rules that the template's parameters set.
#[derive(Debug, Clone)]
pub struct Rules {
    limits: Limits,
    numbers: SmsNumbers,
}

impl Rules {
    /// Reads `SMS_DAILY_LIMIT`, `EMAIL_DAILY_LIMIT`, `ACCOUNTS_PER_ADDRESS`, `SMS_COUNTRIES` and `SMS_NUMBER_TYPES`; each has a default.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        let limits = Limits {
            sms: init.optional("SMS_DAILY_LIMIT", DEFAULT_SMS_DAILY_LIMIT)?,
            email: init.optional("EMAIL_DAILY_LIMIT", DEFAULT_EMAIL_DAILY_LIMIT)?,
            accounts_per_address: accounts_per_address(init)?,
        };
        let (countries, kinds) = ("SMS_COUNTRIES", "SMS_NUMBER_TYPES");
        let text = |name| init.optional(name, String::new());
        let numbers = SmsNumbers::new(&text(countries)?, &text(kinds)?)
            .map_err(|rule| InitError::new(&format!("{countries}, {kinds}"), rule))?;
        Ok(Self { limits, numbers })
    }

    /// Returns why nothing is sent to `recipient`, if that is so.
    pub(crate) fn check(&self, recipient: &Recipient) -> Result<(), NoSms> {
        match recipient {
            Recipient::Email(_) => Ok(()),
            Recipient::Phone(phone) => self.numbers.check(phone),
        }
    }

    /// Returns the counters that `message` is counted in.
    pub(crate) fn counters(&self, message: &Message, now: Timestamp) -> Vec<Counter> {
        let cause = Cause { account: message.user_id, source: message.source.as_deref() };
        self.limits.counters(message.class, &message.to, cause, now)
    }
}
