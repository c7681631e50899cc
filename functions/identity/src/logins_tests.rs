//! Accounts under every order of proofs and claims.

use platform::auth::Scopes;
use proptest::prelude::*;

use super::*;
use crate::contact::{Locale, PersonName};
use crate::preferences::Preferences;

const BEGAN: i64 = 1_700_000_000_000;

pub(crate) fn email(name: &str) -> Login {
    Login::Email(format!("{name}@example.com").parse().unwrap())
}

pub(crate) fn phone() -> Login {
    Login::Phone("+79991234567".parse().unwrap())
}

fn user() -> UserId {
    UserId::derived("someone")
}

/// An account with an address and a number; each may have been proved.
pub(crate) fn account(email_verified: bool, phone_verified: bool) -> Profile {
    let name: PersonName = "Ada".parse().unwrap();
    Profile {
        first_name: name.clone(),
        last_name: name,
        email: Some("ada@example.com".parse().unwrap()),
        phone: Some("+79991234567".parse().unwrap()),
        email_verified,
        phone_verified,
        locale: Locale::En,
        time_zone: None,
        preferences: Preferences::default(),
        scopes: Scopes::default(),
        default_address: None,
        version: 3,
        created_at: Timestamp::from_millis(BEGAN),
    }
}

fn hours(count: i64) -> Timestamp {
    Timestamp::from_millis(BEGAN + count * 3_600_000)
}

fn kinds(change: &LoginChange) -> Vec<&'static str> {
    change.events.iter().map(|event| event.new_event(user(), 1).unwrap().kind).collect()
}

#[test]
fn an_unproved_login_opens_and_holds_for_a_day() {
    let claimed = account(false, false);
    for (after, standing, holds) in
        [(0, Standing::Fresh, true), (23, Standing::Fresh, true), (24, Standing::Stale, false)]
    {
        assert_eq!(claimed.standing(&email("ada"), hours(after)), Some(standing));
        assert_eq!(claimed.holds(&email("ada"), hours(after)), holds);
    }
    let proved = account(true, false);
    assert_eq!(proved.standing(&email("ada"), hours(9_999)), Some(Standing::Verified));
    assert_eq!(
        proved.standing(&phone(), hours(0)),
        Some(Standing::Void),
        "beside one that was proved it opens nothing"
    );
    assert!(!proved.holds(&phone(), hours(0)));
    assert_eq!(proved.standing(&email("eve"), hours(0)), None);
}

/// A person that registers another's address with their own number keeps either of them, never both.
#[test]
fn a_proof_takes_every_other_unproved_login_off() {
    for (proof, freed, kind) in [
        (email("ada"), phone(), "identity.email_verified"),
        (phone(), email("ada"), "identity.phone_verified"),
    ] {
        let change = LoginChange::proved(user(), &account(false, false), &proof);
        assert_eq!(kinds(&change), [kind, "identity.login_removed"]);
        assert_eq!(change.events[1].new_event(user(), 5).unwrap().data["reason"], "unverified");
        assert_eq!((&change.freed, change.profile.version), (&vec![freed], 5));
        assert_eq!(change.profile.logins(), std::slice::from_ref(&proof));
        assert!(change.profile.has_verified(&proof));
    }
    let both = account(true, true);
    let change = LoginChange::proved(user(), &both, &phone());
    assert_eq!(
        (change.events, change.freed, change.profile),
        (vec![], vec![], both),
        "nothing is left to do"
    );
}

#[test]
fn another_address_takes_the_place_of_the_one_before() {
    let change = LoginChange::added(user(), &account(true, true), &email("lovelace"));
    assert_eq!(kinds(&change), ["identity.login_removed", "identity.login_added"]);
    assert_eq!(change.events[0].new_event(user(), 5).unwrap().data["reason"], "replaced");
    assert_eq!(change.freed, [email("ada")]);
    assert_eq!(change.profile.verified_logins(), [email("lovelace"), phone()]);
    let mut alone = account(true, false);
    alone.phone = None;
    let change = LoginChange::added(user(), &alone, &phone());
    assert_eq!((kinds(&change), change.freed), (vec!["identity.login_added"], vec![]));
}

proptest! {
    /// After a proof the account holds proved logins alone, and keeps every login that was proved before or replaces it by one of the same kind.
    #[test]
    fn after_a_proof_all_that_is_left_was_proved(by_email in any::<bool>(), by_phone in any::<bool>(), adds in any::<bool>()) {
        let before = account(by_email, by_phone);
        let login = if adds { email("other") } else { email("ada") };
        let change =
            if adds { LoginChange::added(user(), &before, &login) } else { LoginChange::proved(user(), &before, &login) };
        prop_assert_eq!(change.profile.logins(), change.profile.verified_logins());
        prop_assert!(change.profile.has_verified(&login));
        for one in before.verified_logins() {
            prop_assert!(change.profile.has_verified(&one) || one.kind() == login.kind());
        }
        for one in before.logins() {
            prop_assert_eq!(change.freed.contains(&one), !change.profile.has(&one));
        }
        prop_assert_eq!(change.profile.version, before.version + change.events.len() as u64);
    }
}
