//! The person that an order is for, beside the account that it belongs to.

use kernel::contact::{Contact, ContactBody};
use kernel::{Problem, UserId};
use serde::{Deserialize, Serialize};

use crate::address::Address;

/// The buyer of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Buyer {
    /// The person who is told about the order, where that was said; a guest always has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The address of the bill, where it is another one than that of the goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// Set for an order of nobody's account, until an account claims it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
}

/// The holder of an order token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guest {
    /// The SHA-256, in hex, of each token that opens the order: the one that was shown when it was placed, and those of the links that were sent.
    pub token_hashes: Vec<String>,
}

impl Buyer {
    /// Takes off everything that identifies a person; returns true when there was anything.
    pub fn take_off(&mut self) -> bool {
        std::mem::take(self) != Self::default()
    }
}

/// Reads the member `contact` of a body.
pub fn contact(body: Option<ContactBody>) -> Result<Option<Contact>, Problem> {
    body.map(|body| body.parse("/contact")).transpose()
}

/// The account that an order of a guest is kept under: of the order alone, so that no guest's orders can be told to be one person's.
pub fn guest_account(order: kernel::OrderId) -> UserId {
    UserId::derived(&format!("guest/{order}"))
}
