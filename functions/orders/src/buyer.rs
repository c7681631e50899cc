//! The person that an order is for, beside the account that it belongs to.

use kernel::Problem;
use kernel::contact::{Contact, ContactBody};
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::order_token::OrderToken;

/// The buyer of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Buyer {
    /// The person who receives messages about the order, where one was named; a guest always has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The address of the bill, where it is another one than that of the goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// Set for an order without an account, until an account claims it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
}

/// The most tokens that open an order. The one that was shown when it was placed stays; of those of links, the oldest goes.
pub const MAX_ORDER_TOKENS: usize = 10;

/// The holder of an order token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guest {
    /// The SHA-256, in hex, of each token that opens the order: the one that was shown when it was placed, and those of the links that were sent.
    pub token_hashes: Vec<String>,
    /// The SHA-256, in hex, of the token of the cart that the order was placed from, into which its lines return when its payment is declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart: Option<String>,
}

impl Guest {
    /// Adds the token of a link.
    pub fn add_token(&mut self, token: &OrderToken) {
        self.token_hashes.push(token.hash());
        if self.token_hashes.len() > MAX_ORDER_TOKENS {
            self.token_hashes.remove(1);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_token_stays_and_the_oldest_link_goes() {
        let first = OrderToken::generate().unwrap();
        let mut guest = Guest { token_hashes: vec![first.hash()], cart: None };
        let links: Vec<OrderToken> = (0..MAX_ORDER_TOKENS).map(|_| OrderToken::generate().unwrap()).collect();
        for link in &links {
            guest.add_token(link);
        }
        assert_eq!(guest.token_hashes.len(), MAX_ORDER_TOKENS);
        assert!(first.opens(&guest) && !links[0].opens(&guest));
        assert!(links[1..].iter().all(|link| link.opens(&guest)));
    }
}
