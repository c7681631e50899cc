//! Holds customers' unpaid orders to limits, by account and by source address.
//!
//! Both are checked against the state that was read, and the order is placed under the condition that nothing has changed since: of two concurrent
//! orders one is checked again. A customer without a verified contact may hold less. The contact is read only for a customer that orders more than
//! that, so an ordinary order costs two reads and two writes of one item each.

use std::time::Duration;

use identity::Contacts;
use kernel::contact::Contact;
use kernel::{Problem, UserId};
use orders::draft::PricedLine;
use orders::holds::{DEFAULT_UNPAID_ORDERS, DEFAULT_UNPAID_UNITS, Held, Limits, pseudonym};
use orders::{Holder, Orders};
use platform::auth::{Principal, Scope};
use platform::source::{Source, accounts_per_address};
use platform::{Init, InitError, InvocationContext};

use crate::refusal::{Limited, UnpaidRefusal};

/// The limits, and the source of verified contacts.
pub struct Unpaid {
    limits: Limits,
    accounts_per_address: u64,
    contacts: Contacts,
}

impl Unpaid {
    /// Reads `UNPAID_ORDERS_PER_ACCOUNT`, `UNPAID_UNITS_PER_ACCOUNT` and `ACCOUNTS_PER_ADDRESS`; needs what [`Contacts`] needs.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let limits = Limits {
            orders: init.optional("UNPAID_ORDERS_PER_ACCOUNT", DEFAULT_UNPAID_ORDERS)?,
            units: init.optional("UNPAID_UNITS_PER_ACCOUNT", DEFAULT_UNPAID_UNITS)?,
        };
        let accounts_per_address = accounts_per_address(init)?;
        Ok(Self { limits, accounts_per_address, contacts: Contacts::connect(init).await? })
    }

    /// Leaves the source address out where addresses are not counted: all orders through a merchant's own server come from one, and would contend for
    /// its item.
    pub(crate) fn counted(&self, holder: Holder) -> Holder {
        Holder { source: holder.source.filter(|_| self.accounts_per_address > 0), ..holder }
    }

    /// Refuses an order of `lines` that would hold too much, by the counts `held` that were read of the items of `holder`: of the account or the guest,
    /// and of the address.
    pub(crate) async fn check(
        &self,
        call: &InvocationContext,
        user: UserId,
        holder: Option<&Holder>,
        (held, lines): (&[Held], &[PricedLine]),
    ) -> Result<(), Problem> {
        let (account, source, now) = (held.first(), held.get(1), call.now);
        let refused = |too_much, limited| UnpaidRefusal { too_much, now, limited };
        let is_guest = holder.is_some_and(|holder| holder.contact.is_some());
        let for_guests = |limits: Limits| if is_guest { limits.of_guest() } else { limits };
        if let Some(source) = source {
            let limits = for_guests(self.limits.times(self.accounts_per_address));
            source.check(lines, limits, now).map_err(|too_much| refused(too_much, Limited::Address))?;
        }
        let Some(account) = account else { return Ok(()) };
        if is_guest {
            let checked = account.check(lines, for_guests(self.limits), now);
            return Ok(checked.map_err(|too_much| refused(too_much, Limited::Guest))?);
        }
        if account.check(lines, self.limits.unverified(), now).is_ok() {
            return Ok(());
        }
        let verified = self.contacts.find(user).await?;
        let verified = verified.is_some_and(|contact| contact.email_verified || contact.phone_verified);
        let limits = if verified { self.limits } else { self.limits.unverified() };
        let checked = account.check(lines, limits, now);
        Ok(checked.map_err(|too_much| refused(too_much, Limited::Account { verified }))?)
    }
}

/// The units and orders that `holder` and their address hold.
pub(crate) async fn read(
    orders: &Orders,
    user: UserId,
    holder: Option<&Holder>,
) -> Result<Vec<Held>, Problem> {
    match holder {
        Some(holder) => orders.held(user, holder).await,
        None => Ok(Vec::new()),
    }
}

/// The time to pay, which is shorter for an account that lets orders expire.
pub(crate) fn window(held: &[Held], window: Duration) -> Duration {
    held.first().map_or(window, |account| account.window(window))
}

/// The holder of the goods that a guest with `contact` orders from `source`.
pub(crate) fn guest_holder(contact: &Contact, source: Source) -> Holder {
    Holder { source: source.pseudonym(), contact: Some(pseudonym(contact)) }
}

/// The holder of the goods that `caller` orders or reserves from `source`; `None` for an operator or a machine client, which count towards no limit.
pub(crate) fn holder(caller: &Principal, source: Source) -> Option<Holder> {
    let exempt = [Scope::OrdersWrite, Scope::Loms].into_iter().any(|scope| caller.scopes.contains(scope));
    (!exempt).then(|| Holder { source: source.pseudonym(), contact: None })
}
