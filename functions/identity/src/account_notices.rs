//! Notifies the owner of an account of its changes, so that an owner who did not make a change can act (ASVS 4.0.3, 2.2.3 and 2.5.5).
//!
//! A notice is handed over before the change is made, so no change is made without one. Its id follows from what makes the change happen
//! once, such as the code that is used up, so that a repeat, or another request that comes at the same instant and loses, sends no second notice.
//! It goes to where the account could be reached before the change too: an attacker who takes an account over does not take its notices along.

use std::time::Duration;

use kernel::ids::NotificationId;
use kernel::{Problem, Timestamp, UserId};
use platform::queue::Sender;
use platform::window::Window;
use platform::{Init, InitError, InvocationContext};

use crate::contact::Login;
use crate::delivery::{AccountChange, AccountNotice, Channel, NoticeTemplate, NoticeVariables};
use crate::store::{Profile, Store};
use crate::throttle::count;

/// The time after which a notice is out of date: one that waited longer, such as among dead letters, is not sent.
pub const NOTICE_LIFETIME: Duration = Duration::from_hours(24);
/// Changes of an account that are allowed and notified in a [`CHANGES_WINDOW`]: fewer than its logins may be sent notices, so that no number of
/// changes hides another.
pub const CHANGES_PER_ACCOUNT: u32 = 10;
/// The stretch of time in which they are counted: the day of the notices' budgets.
pub const CHANGES_WINDOW: Duration = Duration::from_hours(24);

/// Hands notices over.
pub(crate) struct AccountNotices {
    queue: Sender,
    store: Store,
}

/// A change of an account that its owner is notified of.
pub(crate) struct ChangeNotice<'a> {
    /// The account.
    pub(crate) user: UserId,
    /// The account before.
    pub(crate) before: &'a Profile,
    /// The account after.
    pub(crate) after: &'a Profile,
    /// The kind of change.
    pub(crate) change: AccountChange,
}

impl AccountNotices {
    /// Sends through the queue named by `NOTIFIER_QUEUE_URL`, and counts in `store`.
    pub(crate) fn from_init(init: &Init, store: Store) -> Result<Self, InitError> {
        Ok(Self { queue: Sender::connect(init, "NOTIFIER_QUEUE_URL")?, store })
    }

    /// Notifies the owner of a change that `once` makes happen once. Refuses more than [`CHANGES_PER_ACCOUNT`]; the deletion of an account
    /// is none of them.
    pub(crate) async fn notify(
        &self,
        call: &InvocationContext,
        notice: &ChangeNotice<'_>,
        once: &str,
    ) -> Result<(), Problem> {
        if notice.change != AccountChange::AccountDeleted {
            let window =
                Window::at(call.now, CHANGES_WINDOW, format_args!("account-changes:{}", notice.user));
            count(&self.store, call, &window, CHANGES_PER_ACCOUNT).await?;
        }
        let notices = notice.notices(call.now, once);
        if notices.is_empty() || self.queue.send(&notices).await? == notices.len() {
            return Ok(());
        }
        Err(Problem::unavailable("the queue did not take the notice"))
    }
}

impl ChangeNotice<'_> {
    /// The logins that receive the notice: each that was or will be proved. Where none was, and the one that will be is not of those that the account
    /// has, the holder of these counts as the owner. An unproved number is sent no SMS: it costs, and the number may be anybody's.
    fn logins(&self) -> Vec<Login> {
        let mut notice = self.before.verified_logins();
        let proved = self.after.verified_logins();
        let proved: Vec<Login> =
            proved.into_iter().filter(|login| !self.before.has_verified(login)).collect();
        if notice.is_empty() && !proved.iter().any(|login| self.before.has(login)) {
            notice = self.before.logins();
            notice.retain(|login| matches!(login, Login::Email(_)));
        }
        notice.extend(proved);
        notice
    }

    fn notices(&self, now: Timestamp, once: &str) -> Vec<AccountNotice> {
        let Self { user, before, after, change } = *self;
        let notice = |login: &Login| AccountNotice {
            notification_id: NotificationId::derived(&format!(
                "account-notice/{user}/{}/{once}/{login}",
                change.name()
            )),
            channel: Channel::to(login),
            to: login.text().to_owned(),
            template: NoticeTemplate::AccountChanged,
            // One that was stored under other rules is not greeted.
            variables: NoticeVariables { first_name: before.first_name.as_str().parse().ok(), change },
            locale: before.locale,
            user_id: user,
            verified: before.has_verified(login) || after.has_verified(login),
            expires_at: now.plus(NOTICE_LIFETIME),
        };
        self.logins().iter().map(notice).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logins::tests::{account, email, phone};
    use crate::logins::{LoginChange, Removal};

    fn notice(before: &Profile, after: &Profile) -> Vec<Login> {
        let change = AccountChange::LoginsChanged;
        ChangeNotice { user: UserId::generate(), before, after, change }.logins()
    }

    #[test]
    fn who_was_the_owner_hears_of_who_becomes_it() {
        let (user, mail) = (UserId::generate(), email("ada"));
        let none = account(false, false);
        assert_eq!(notice(&none, &none), std::slice::from_ref(&mail), "no text message to anybody's number");
        let proved = LoginChange::proved(user, &none, &mail).profile;
        assert_eq!(
            notice(&none, &proved),
            std::slice::from_ref(&mail),
            "what was taken off may be a stranger's"
        );
        assert_eq!(notice(&proved, &proved), std::slice::from_ref(&mail));
        let other = email("eve");
        let taken = LoginChange::added(user, &none, &other).profile;
        assert_eq!(notice(&none, &taken), [mail.clone(), other.clone()], "whoever holds it may be the owner");
        let replaced = LoginChange::added(user, &proved, &other).profile;
        assert_eq!(notice(&proved, &replaced), [mail.clone(), other]);
        let both = LoginChange::added(user, &proved, &phone()).profile;
        let removed = LoginChange::removed(user, &both, std::slice::from_ref(&mail), Removal::Owner).profile;
        assert_eq!(notice(&both, &removed), [mail, phone()]);
    }

    #[test]
    fn a_repeat_is_known_by_its_id() {
        let (user, before) = (UserId::generate(), account(true, true));
        let renamed = Profile { version: before.version + 1, ..before.clone() };
        let ids = |before: &Profile, change, once: &str| -> Vec<NotificationId> {
            let notice = ChangeNotice { user, before, after: before, change };
            let notices = notice.notices(Timestamp::from_millis(0), once);
            notices.iter().map(|notice| notice.notification_id).collect()
        };
        let (password, deleted) = (AccountChange::PasswordChanged, AccountChange::AccountDeleted);
        let first = ids(&before, password, "1");
        assert_eq!(first, ids(&renamed, password, "1"));
        assert_ne!(first[0], first[1], "by login");
        assert_ne!(first, ids(&before, password, "2"));
        assert_ne!(first, ids(&before, deleted, "1"));
    }

    #[test]
    fn a_change_is_named_as_it_is_written() {
        for change in AccountChange::ALL {
            assert_eq!(serde_json::to_value(change).unwrap(), change.name());
        }
    }
}
