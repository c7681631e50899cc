//! Telling the owner of an account what was done with it, so that whoever did not do it themselves can act (ASVS 4.0.3, 2.2.3 and 2.5.5).
//!
//! A notice is handed over before the change is made, and its id follows from the account's version: should the change fail and be asked for again,
//! its owner hears of it once, and no change is made that nobody is told of. It goes to where the account could be reached before the change as
//! well, so that who takes an account over does not take its notices along.

use kernel::ids::NotificationId;
use kernel::{Problem, UserId};
use platform::queue::Sender;
use platform::{Init, InitError};

use crate::contact::Login;
use crate::delivery::{AccountChange, AccountNotice, Channel, NoticeTemplate, NoticeVariables};
use crate::store::Profile;

/// Hands notices over.
pub(crate) struct AccountNotices(Sender);

impl AccountNotices {
    /// Sends through the queue named by `NOTIFIER_QUEUE_URL`.
    pub(crate) fn from_init(init: &Init) -> Result<Self, InitError> {
        Ok(Self(Sender::connect(init, "NOTIFIER_QUEUE_URL")?))
    }

    /// Tells the owner of `user`'s account, which `before` shows and `after` will, of `change`.
    pub(crate) async fn tell(
        &self,
        user: UserId,
        before: &Profile,
        after: &Profile,
        change: AccountChange,
    ) -> Result<(), Problem> {
        let notices: Vec<AccountNotice> =
            told(before, after).iter().map(|login| notice(user, before, login, change)).collect();
        if notices.is_empty() || self.0.send(&notices).await? == notices.len() {
            return Ok(());
        }
        Err(Problem::unavailable("the queue did not take the notice"))
    }
}

/// The logins that hear of it: each that was or will be proved. Where none is, the account's owner is whoever holds those that it has.
fn told(before: &Profile, after: &Profile) -> Vec<Login> {
    let mut told = before.verified_logins();
    told.extend(after.verified_logins().into_iter().filter(|login| !before.has_verified(login)));
    if told.is_empty() { before.logins() } else { told }
}

fn notice(user: UserId, before: &Profile, login: &Login, change: AccountChange) -> AccountNotice {
    let name = format!("account-notice/{user}/{}/{}/{login}", before.version, change.name());
    AccountNotice {
        notification_id: NotificationId::derived(&name),
        channel: Channel::to(login),
        to: login.text().to_owned(),
        template: NoticeTemplate::AccountChanged,
        variables: NoticeVariables { first_name: before.first_name.clone(), change },
        locale: before.locale,
        user_id: user,
        verified: before.has_verified(login),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logins::tests::{account, email, phone};
    use crate::logins::{LoginChange, Removal};

    #[test]
    fn who_was_the_owner_hears_of_who_becomes_it() {
        let (user, mail) = (UserId::generate(), email("ada"));
        let none = account(false, false);
        assert_eq!(told(&none, &none), [mail.clone(), phone()]);
        let proved = LoginChange::proved(user, &none, &mail).profile;
        assert_eq!(
            told(&none, &proved),
            std::slice::from_ref(&mail),
            "what was taken off may be a stranger's"
        );
        let other = email("eve");
        let replaced = LoginChange::added(user, &proved, &other).profile;
        assert_eq!(told(&proved, &replaced), [mail.clone(), other]);
        let both = LoginChange::added(user, &proved, &phone()).profile;
        let removed = LoginChange::removed(user, &both, std::slice::from_ref(&mail), Removal::Owner).profile;
        assert_eq!(told(&both, &removed), [mail, phone()]);
    }

    #[test]
    fn a_repeat_is_known_by_its_id() {
        let (user, before) = (UserId::generate(), account(true, false));
        let id = |login: &Login, change| notice(user, &before, login, change).notification_id;
        let (password, deleted) = (AccountChange::PasswordChanged, AccountChange::AccountDeleted);
        assert_eq!(id(&email("ada"), password), id(&email("ada"), password));
        assert_ne!(id(&email("ada"), password), id(&email("ada"), deleted));
        assert_ne!(id(&email("ada"), password), id(&phone(), password));
    }

    #[test]
    fn a_change_is_named_as_it_is_written() {
        for change in AccountChange::ALL {
            assert_eq!(serde_json::to_value(change).unwrap(), change.name());
        }
    }
}
