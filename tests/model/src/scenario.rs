//! The scenarios: who does what to how many units.

use kernel::UserId;

use crate::actor::{Script, With};
use crate::machine::{Asked, PRICE};

/// A scenario.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing about the opening, and all combine")]
pub struct Scenario {
    /// Its name on the command line and in kept schedules.
    pub name: &'static str,
    /// Units on sale when it begins.
    pub units: u64,
    /// Whether money is held first and captured in a second step.
    pub two_steps: bool,
    /// Whether the customer has a unit in the cart when it begins.
    pub has_cart: bool,
    /// Whether the provider's notifications never arrive but where an actor delivers them.
    pub is_silent: bool,
    /// Whether requests have no key. What was answered for good is then another request when it is repeated.
    pub is_keyless: bool,
    /// What the actors do, in the order in which they run when nothing goes wrong.
    pub scripts: Vec<Script>,
}

/// The operator.
fn operator() -> UserId {
    UserId::numbered(100)
}

/// A customer.
fn customer(number: i64) -> UserId {
    UserId::numbered(number)
}

fn asked(number: i64, key: Option<&'static str>) -> Asked {
    Asked { user: customer(number), key }
}

fn keyed(number: i64) -> Asked {
    asked(number, Some("k"))
}

fn operators(key: &'static str) -> Asked {
    Asked { user: operator(), key: Some(key) }
}

fn scenario(name: &'static str, scripts: Vec<Script>) -> Scenario {
    Scenario {
        name,
        units: 2,
        two_steps: false,
        has_cart: false,
        is_silent: false,
        is_keyless: false,
        scripts,
    }
}

/// All scenarios.
pub fn all() -> Vec<Scenario> {
    [paying(), ending(), competing(), refunding()].concat()
}

/// Paying, by card and on the page.
fn paying() -> Vec<Scenario> {
    let one = customer(1);
    let card = Script::Places(keyed(1), With::Card);
    let page = Script::Places(keyed(1), With::Page);
    let notifies = Script::Notifies;
    vec![
        scenario("card", vec![card, Script::Repeats(0, keyed(1), With::Card), notifies]),
        scenario("page", vec![page, Script::Agrees(one), notifies]),
        Scenario { two_steps: true, ..scenario("page-two-steps", vec![page, Script::Agrees(one), notifies]) },
        scenario("page-polled", vec![page, Script::Agrees(one), Script::Polls(one)]),
        Scenario {
            is_silent: true,
            ..scenario("card-silent", vec![card, Script::Polls(one), Script::Expires(one)])
        },
    ]
}

/// Orders that end: cancelled, or out of time.
fn ending() -> Vec<Scenario> {
    let one = customer(1);
    let card = Script::Places(keyed(1), With::Card);
    let page = Script::Places(keyed(1), With::Page);
    let notifies = Script::Notifies;
    vec![
        scenario("owner-cancels", vec![page, Script::Agrees(one), Script::OwnerCancels(one), notifies]),
        Scenario {
            two_steps: true,
            ..scenario(
                "owner-cancels-held",
                vec![page, Script::Agrees(one), Script::OwnerCancels(one), notifies],
            )
        },
        Scenario {
            is_silent: true,
            ..scenario("card-cancelled", vec![card, Script::OwnerCancels(one), Script::Polls(one)])
        },
        scenario(
            "operator-cancels",
            vec![card, notifies, Script::OperatorCancels(one), Script::Ships(one), Script::SendsRefunds],
        ),
        Scenario {
            is_silent: true,
            ..scenario("expiry-paid", vec![page, Script::Agrees(one), Script::Expires(one)])
        },
        scenario("expiry", vec![page, Script::Expires(one), Script::AgreesLate(one), notifies]),
        Scenario {
            units: 1,
            ..scenario(
                "expiry-last-unit",
                vec![
                    page,
                    Script::Expires(one),
                    Script::AgreesLate(one),
                    Script::Places(keyed(2), With::Card),
                    notifies,
                ],
            )
        },
    ]
}

/// Requests that compete or are repeated.
fn competing() -> Vec<Scenario> {
    let one = customer(1);
    let card = Script::Places(keyed(1), With::Card);
    let notifies = Script::Notifies;
    vec![
        Scenario {
            units: 1,
            ..scenario(
                "last-unit",
                vec![card, Script::Places(keyed(2), With::Page), Script::Agrees(customer(2)), notifies],
            )
        },
        scenario("one-key-twice", vec![card, card, notifies]),
        Scenario {
            has_cart: true,
            ..scenario(
                "cart",
                vec![Script::ChecksOut(keyed(1)), Script::ChecksOutAgain(0, keyed(1)), notifies],
            )
        },
        Scenario {
            has_cart: true,
            ..scenario(
                "cart-without-key",
                vec![
                    Script::ChecksOut(asked(1, None)),
                    Script::ChecksOutAgain(0, asked(1, None)),
                    Script::Polls(one),
                ],
            )
        },
        Scenario {
            is_keyless: true,
            is_silent: true,
            ..scenario(
                "without-key",
                vec![
                    Script::Places(asked(1, None), With::Card),
                    Script::Repeats(0, asked(1, None), With::Card),
                    Script::Polls(one),
                ],
            )
        },
    ]
}

/// Payments of placed orders, and refunds.
fn refunding() -> Vec<Scenario> {
    let one = customer(1);
    let card = Script::Places(keyed(1), With::Card);
    let notifies = Script::Notifies;
    vec![
        scenario(
            "pay-later",
            vec![Script::PlacesThenPays(keyed(1), With::Card), Script::OwnerCancels(one), notifies],
        ),
        scenario(
            "pay-twice",
            vec![
                Script::PlacesThenPays(keyed(1), With::Card),
                Script::Pays(asked(1, Some("other")), With::Page),
                Script::Agrees(one),
                notifies,
            ],
        ),
        scenario(
            "refund-twice",
            vec![
                card,
                Script::Refunds(operators("a"), one, PRICE / 3),
                Script::Refunds(operators("b"), one, PRICE / 3),
                Script::SendsRefunds,
            ],
        ),
        scenario(
            "refund-all",
            vec![
                card,
                Script::Refunds(operators("a"), one, PRICE),
                Script::Refunds(operators("b"), one, PRICE / 3),
            ],
        ),
        scenario(
            "refund-one-key",
            vec![
                card,
                Script::Refunds(operators("a"), one, PRICE / 2),
                Script::Refunds(operators("a"), one, PRICE / 2),
                Script::OperatorCancels(one),
            ],
        ),
    ]
}

/// The scenario called `name`.
pub fn named(name: &str) -> Option<Scenario> {
    all().into_iter().find(|scenario| scenario.name == name)
}
