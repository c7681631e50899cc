//! A provider at its worst: it decides at any time, honours idempotence keys, and its responses may get lost.

use std::collections::BTreeMap;

use kernel::RefundId;

/// The provider's record of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    /// Authorized, and not yet captured.
    Held(i64),
    Paid(i64),
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefundStatus {
    Pending,
    Sent,
    NotSent,
}

#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) status: Status,
    pub(super) refunds: BTreeMap<RefundId, (i64, RefundStatus)>,
}

/// Its accounts, one for each key: a payment is begun once, regardless of the number of requests.
#[derive(Debug, Default)]
pub(super) struct Provider {
    pub(super) accounts: BTreeMap<usize, Account>,
    /// True when a payment can be cancelled before the payer has decided.
    pub(super) gives_up_pending: bool,
    /// True when money is authorized first and captured later.
    pub(super) two_steps: bool,
}

impl Provider {
    pub(super) fn start(&mut self, who: usize) -> Status {
        let begun = || Account { status: Status::Pending, refunds: BTreeMap::new() };
        self.accounts.entry(who).or_insert_with(begun).status
    }

    pub(super) fn find(&self, who: usize) -> Option<Status> {
        self.accounts.get(&who).map(|account| account.status)
    }

    /// The payer agrees to `amount`.
    pub(super) fn pay(&mut self, who: usize, amount: i64) {
        let two_steps = self.two_steps;
        self.turn(who, |status| match status {
            Status::Pending if two_steps => Status::Held(amount),
            Status::Pending => Status::Paid(amount),
            other => other,
        });
    }

    pub(super) fn decline(&mut self, who: usize) {
        self.turn(who, |status| if status == Status::Pending { Status::Gone } else { status });
    }

    pub(super) fn capture(&mut self, who: usize) -> Option<Status> {
        self.turn(who, |status| if let Status::Held(amount) = status { Status::Paid(amount) } else { status })
    }

    pub(super) fn cancel(&mut self, who: usize) -> Option<Status> {
        let gives_up_pending = self.gives_up_pending;
        self.turn(who, |status| match status {
            Status::Pending if gives_up_pending => Status::Gone,
            Status::Held(_) => Status::Gone,
            other => other,
        })
    }

    fn turn(&mut self, who: usize, change: impl FnOnce(Status) -> Status) -> Option<Status> {
        let account = self.accounts.get_mut(&who)?;
        account.status = change(account.status);
        Some(account.status)
    }

    /// Refunds `amount` under `key`, unless it did before or has not that much; `decided` is the immediate result.
    pub(super) fn refund(
        &mut self,
        who: usize,
        key: RefundId,
        amount: i64,
        decided: RefundStatus,
    ) -> RefundStatus {
        let Some(account) = self.accounts.get_mut(&who) else { return RefundStatus::NotSent };
        if let Some((_, known)) = account.refunds.get(&key) {
            return *known;
        }
        let Status::Paid(captured) = account.status else { return RefundStatus::NotSent };
        let live: i64 = account
            .refunds
            .values()
            .filter(|(_, status)| *status != RefundStatus::NotSent)
            .map(|(sum, _)| sum)
            .sum();
        let status = if live + amount <= captured { decided } else { RefundStatus::NotSent };
        account.refunds.insert(key, (amount, status));
        status
    }

    /// The provider decides every refund that it has left open.
    pub(super) fn decide_refunds(&mut self, sent: bool) {
        let decided = if sent { RefundStatus::Sent } else { RefundStatus::NotSent };
        let accounts = self.accounts.values_mut().flat_map(|account| account.refunds.values_mut());
        for (_, status) in accounts.filter(|(_, status)| *status == RefundStatus::Pending) {
            *status = decided;
        }
    }

    /// The amounts that it captured from a payer and refunded.
    pub(super) fn balance(&self, who: usize) -> (i64, i64) {
        let Some(account) = self.accounts.get(&who) else { return (0, 0) };
        let taken = if let Status::Paid(amount) = account.status { amount } else { 0 };
        let sent = account.refunds.values().filter(|(_, status)| *status == RefundStatus::Sent);
        (taken, sent.map(|(amount, _)| amount).sum())
    }
}
