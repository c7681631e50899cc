//! Daily budgets of messages: to one recipient, because of one account or source address, and in all. Pure.
//!
//! Every message costs the merchant money, and a client that can cause messages to strangers can make the merchant pay a rented number, or annoy
//! its owner. Each message belongs to a class, and no class takes from another: messages that a stranger with an unverified number uses up are
//! not there for the next stranger, and still there for customers who have paid.

use kernel::{Timestamp, UserId};
use platform::dynamo::Key;
use sha2::{Digest, Sha256};

use crate::recipient::{Channel, Recipient};
use crate::template::Template;

/// SMS of all classes in a day when `SMS_DAILY_LIMIT` is not set.
pub const DEFAULT_SMS_DAILY_LIMIT: u64 = 1_000;
/// Emails of all classes in a day when `EMAIL_DAILY_LIMIT` is not set.
pub const DEFAULT_EMAIL_DAILY_LIMIT: u64 = 50_000;
/// SMS a day about unpaid orders to one unverified number, and because of one account to unverified numbers.
pub const UNVERIFIED_SMS: u64 = 6;
/// Emails a day about unpaid orders to one unverified address, and because of one account to unverified addresses.
pub const UNVERIFIED_EMAILS: u64 = 20;
/// SMS a day about unpaid orders to one verified number, and because of one account.
pub const VERIFIED_SMS: u64 = 20;
/// Emails a day about unpaid orders to one verified address, and because of one account.
pub const VERIFIED_EMAILS: u64 = 100;
/// SMS a day about paid orders to one number, and because of one account.
pub const PAID_SMS: u64 = 20;
/// Emails a day about paid orders to one address, and because of one account.
pub const PAID_EMAILS: u64 = 200;
/// Notices about accounts a day to one verified number or address: more than an account may cause
/// (`identity::account_notices::CHANGES_PER_ACCOUNT`).
pub const NOTICES: u64 = 20;
/// SMS with codes and reset tokens a day to one number, with notices where it is not verified.
pub const SECRET_SMS: u64 = 10;
/// Emails with codes and reset tokens a day to one address, with notices where it is not verified.
pub const SECRET_EMAILS: u64 = 20;
/// SMS a day to one number that operators and machine clients ask for.
pub const REQUESTED_SMS: u64 = 50;
/// Emails a day to one address that operators and machine clients ask for.
pub const REQUESTED_EMAILS: u64 = 500;
/// Percent of the daily limit of a channel for messages about paid orders.
pub const PAID_SHARE: u64 = 35;
/// Percent of it for codes and reset tokens to verified contacts.
pub const SECRET_SHARE: u64 = 15;
/// Percent of it for notices about accounts to verified contacts.
pub const NOTICE_SHARE: u64 = 5;
/// Percent of it for codes, reset tokens and notices about accounts to contacts that are not verified yet.
pub const PROOF_SHARE: u64 = 10;
/// Percent of it for messages about unpaid orders to verified contacts.
pub const VERIFIED_SHARE: u64 = 20;
/// Percent of it for messages that operators and machine clients ask for.
pub const REQUESTED_SHARE: u64 = 10;
/// Percent of it for messages about unpaid orders to unverified contacts.
pub const UNVERIFIED_SHARE: u64 = 5;

/// The length of a day, in seconds. Days begin at midnight UTC.
const DAY: i64 = 24 * 60 * 60;

/// The reason for which a message is sent. Each class has budgets of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// About an order that has been paid for: the customer who causes it has paid.
    Paid,
    /// A code or reset token, to a contact that is shown to be the account's.
    Secret,
    /// A notice about the account, to a contact that is shown to be the account's. Codes take none of its messages: otherwise requests for many
    /// codes would keep notices about the account from its owner, and the other way round.
    Notice,
    /// A code, a reset token or a notice about the account, to a contact that may be anybody's.
    Proof,
    /// About an unpaid order, to a contact that is shown to be the customer's.
    Verified,
    /// Requested by an operator or a machine client.
    Requested,
    /// About an unpaid order, to a contact that may be anybody's.
    Unverified,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 7] = [
        Self::Paid,
        Self::Secret,
        Self::Notice,
        Self::Proof,
        Self::Verified,
        Self::Requested,
        Self::Unverified,
    ];

    /// Returns the class of a message about an order.
    pub fn of_order(template: Template, verified: bool) -> Self {
        match template {
            Template::OrderPaid
            | Template::OrderConfirmed
            | Template::OrderShipped
            | Template::OrderRefunded => Self::Paid,
            _ if verified => Self::Verified,
            _ => Self::Unverified,
        }
    }

    /// Returns the class of a code or reset token.
    pub fn of_secret(verified: bool) -> Self {
        if verified { Self::Secret } else { Self::Proof }
    }

    /// Returns the class of a notice about an account.
    pub fn of_notice(verified: bool) -> Self {
        if verified { Self::Notice } else { Self::Proof }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Secret => "secret",
            Self::Notice => "notice",
            Self::Proof => "proof",
            Self::Verified => "verified",
            Self::Requested => "requested",
            Self::Unverified => "unverified",
        }
    }

    /// The percentage of the channel's daily limit that is the class's own.
    fn share(self) -> u64 {
        match self {
            Self::Paid => PAID_SHARE,
            Self::Secret => SECRET_SHARE,
            Self::Notice => NOTICE_SHARE,
            Self::Proof => PROOF_SHARE,
            Self::Verified => VERIFIED_SHARE,
            Self::Requested => REQUESTED_SHARE,
            Self::Unverified => UNVERIFIED_SHARE,
        }
    }

    /// The number of messages a day to one recipient, and because of one account.
    fn each(self, channel: Channel) -> u64 {
        match (self, channel) {
            (Self::Paid, Channel::Sms) => PAID_SMS,
            (Self::Paid, Channel::Email) => PAID_EMAILS,
            (Self::Notice, _) => NOTICES,
            (Self::Secret | Self::Proof, Channel::Sms) => SECRET_SMS,
            (Self::Secret | Self::Proof, Channel::Email) => SECRET_EMAILS,
            (Self::Verified, Channel::Sms) => VERIFIED_SMS,
            (Self::Verified, Channel::Email) => VERIFIED_EMAILS,
            (Self::Requested, Channel::Sms) => REQUESTED_SMS,
            (Self::Requested, Channel::Email) => REQUESTED_EMAILS,
            (Self::Unverified, Channel::Sms) => UNVERIFIED_SMS,
            (Self::Unverified, Channel::Email) => UNVERIFIED_EMAILS,
        }
    }

    /// Returns true when messages of this class are counted by account. Operators cause the messages that they request, and messages to the
    /// owner of an account go to the contact that is counted already.
    fn counts_account(self) -> bool {
        !matches!(self, Self::Requested | Self::Secret | Self::Notice | Self::Proof)
    }
}

/// The scope of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One account.
    Account,
    /// One source address.
    Source,
    /// One address or number.
    Recipient,
    /// All messages of the class.
    Total,
}

impl Scope {
    /// The `errorMessage` of a message that the budget refuses.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Account => "budget_exhausted_account",
            Self::Source => "budget_exhausted_source",
            Self::Recipient => "budget_exhausted_recipient",
            Self::Total => "budget_exhausted_total",
        }
    }
}

/// The account and the source address that cause a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cause<'a> {
    /// The account, where one causes it.
    pub account: Option<UserId>,
    /// Stands for the source address, where that is known.
    pub source: Option<&'a str>,
}

/// One counter that a message is counted in, and the number that it may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// The counter's scope.
    pub scope: Scope,
    /// The key of its item.
    pub key: Key,
    /// The number of messages in a day.
    pub limit: u64,
    /// The time at which the item may be deleted, in seconds since 1970: a day after its own has ended.
    pub expires_at: i64,
}

/// The daily limits of the channels, and of a source address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// SMS of all classes in a day.
    pub sms: u64,
    /// Emails of all classes in a day.
    pub email: u64,
    /// A source address may cause as many messages as so many accounts; 0 counts none by address.
    pub accounts_per_address: u64,
}

impl Limits {
    /// Returns the counters that a message of `class` to `recipient` is counted in on the day of `now`.
    pub fn counters(
        self,
        class: Class,
        recipient: &Recipient,
        cause: Cause<'_>,
        now: Timestamp,
    ) -> Vec<Counter> {
        let channel = recipient.channel();
        let day = now.as_seconds().div_euclid(DAY);
        let counter = |scope, subject: &str, limit| Counter {
            scope,
            key: Key::new(
                format!("BUDGET#{}#{}#{subject}", class.name(), channel.name()),
                format!("DAY#{day}"),
            ),
            limit,
            expires_at: (day + 2) * DAY,
        };
        let each = class.each(channel);
        let of_account = cause.account.filter(|_| class.counts_account());
        let counts_source = class.counts_account() && self.accounts_per_address > 0;
        let of_source = cause.source.filter(|_| counts_source).map(|source| {
            counter(
                Scope::Source,
                &format!("source#{source}"),
                each.saturating_mul(self.accounts_per_address),
            )
        });
        let of_account = of_account.map(|user| counter(Scope::Account, &format!("account#{user}"), each));
        let to = counter(Scope::Recipient, &format!("to#{}", pseudonym(recipient, day)), each);
        let total = counter(Scope::Total, "total", self.of(class, channel));
        of_account.into_iter().chain(of_source).chain([to, total]).collect()
    }

    /// The messages of `class` in a day: at least one, so that a small limit silences no class; none where the channel is closed by 0.
    fn of(self, class: Class, channel: Channel) -> u64 {
        let all = match channel {
            Channel::Sms => self.sms,
            Channel::Email => self.email,
        };
        if all == 0 { 0 } else { (all.saturating_mul(class.share()) / 100).max(1) }
    }
}

/// Stands for `recipient` in the key of a counter: the table has no addresses and numbers. It differs from day to day. A hash without a secret
/// can be searched for a number that one suspects, so the items are deleted soon.
fn pseudonym(recipient: &Recipient, day: i64) -> String {
    let digest = Sha256::digest(format!("{day}/{}/{}", recipient.channel(), recipient.as_str()));
    hex::encode(&digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { sms: 1_000, email: 50_000, accounts_per_address: 10 };

    fn phone(text: &str) -> Recipient {
        Recipient::parse(Channel::Sms, text).ok().unwrap()
    }

    fn keys(class: Class, to: &str, now: i64) -> Vec<Key> {
        let account = "36c4f99e-9b85-4833-b23d-83e41eb93cb2".parse().unwrap();
        let cause = Cause { account: Some(account), source: Some("00ff") };
        let counters = LIMITS.counters(class, &phone(to), cause, Timestamp::from_millis(now));
        counters.into_iter().map(|counter| counter.key).collect()
    }

    #[test]
    fn classes_share_nothing() {
        let all: Vec<Key> = Class::ALL.into_iter().flat_map(|class| keys(class, "+79161234567", 0)).collect();
        for (index, key) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(key), "{key:?}");
        }
        assert_eq!(Class::ALL.map(Class::share).iter().sum::<u64>(), 100);
    }

    #[test]
    fn a_message_is_counted_by_account_by_recipient_and_in_all() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let to = phone("+79161234567");
        let user = "36c4f99e-9b85-4833-b23d-83e41eb93cb2".parse().unwrap();
        let cause = Cause { account: Some(user), source: Some("00ff") };
        let counters = LIMITS.counters(Class::Unverified, &to, cause, now);
        let limits: Vec<_> = counters.iter().map(|counter| (counter.scope, counter.limit)).collect();
        assert_eq!(
            limits,
            [(Scope::Account, 6), (Scope::Source, 60), (Scope::Recipient, 6), (Scope::Total, 50)]
        );
        assert_eq!(
            counters[0].key,
            Key::new("BUDGET#unverified#sms#account#36c4f99e-9b85-4833-b23d-83e41eb93cb2", "DAY#19675")
        );
        assert_eq!(counters[0].expires_at, 19_677 * DAY);
        assert!(counters.iter().all(|counter| !format!("{:?}", counter.key).contains("9161234567")));
        let asked = LIMITS.counters(Class::Requested, &to, cause, now);
        assert!(
            asked.iter().all(|counter| matches!(counter.scope, Scope::Recipient | Scope::Total)),
            "operators cause it"
        );
    }

    #[test]
    fn without_accounts_by_address_no_address_is_counted() {
        let limits = Limits { accounts_per_address: 0, ..LIMITS };
        let cause = Cause { account: None, source: Some("00ff") };
        let now = Timestamp::from_millis(0);
        let counters = limits.counters(Class::Unverified, &phone("+79161234567"), cause, now);
        assert!(counters.iter().all(|counter| counter.scope != Scope::Source));
    }

    #[test]
    fn only_paid_orders_are_of_the_class_that_strangers_do_not_reach() {
        for verified in [true, false] {
            assert_eq!(Class::of_order(Template::OrderPaid, verified), Class::Paid);
            assert_eq!(Class::of_order(Template::OrderRefunded, verified), Class::Paid);
        }
        for template in [Template::OrderPlaced, Template::OrderCanceled] {
            assert_eq!(Class::of_order(template, true), Class::Verified);
            assert_eq!(Class::of_order(template, false), Class::Unverified);
        }
    }

    #[test]
    fn a_day_begins_anew_and_a_small_limit_silences_no_class() {
        let before = keys(Class::Verified, "+79161234567", 86_399_999);
        let after = keys(Class::Verified, "+79161234567", 86_400_000);
        assert!(before.iter().all(|key| !after.contains(key)));
        let small = Limits { sms: 1, email: 1, ..LIMITS };
        assert!(Class::ALL.iter().all(|class| small.of(*class, Channel::Sms) == 1));
    }
}
