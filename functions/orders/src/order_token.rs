//! Order tokens: the secrets that open an order of a guest.
//!
//! A token has 128 bits, and the order stores its SHA-256 alone. The token that checkout returns is derived from the cart token, which the guest holds
//! and this system does not store: a repeat of the checkout computes it again. The tokens of links in messages are random.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{OrderId, Problem};
use platform::http::Request;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use crate::buyer::Guest;

/// The header that carries an order token.
const ORDER_TOKEN: &str = "x-order-token";
/// Bytes of an order token.
const TOKEN_BYTES: usize = 16;

/// A secret that opens one order. Deliberately neither `Debug` nor `Serialize`.
#[derive(Clone)]
pub struct OrderToken([u8; TOKEN_BYTES]);

impl OrderToken {
    /// A random token.
    pub fn generate() -> Result<Self, Problem> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(Problem::internal)?;
        Ok(Self(bytes))
    }

    /// The token of `order` that is shown when it is placed. `derive` makes bits of a text that only the guest can make again.
    pub fn derived(
        order: OrderId,
        derive: impl FnOnce(&str) -> Result<[u8; 32], Problem>,
    ) -> Result<Self, Problem> {
        let bits = derive(&format!("holdfast/orders/order-token/1/{order}"))?;
        let (token, _) =
            bits.split_first_chunk().ok_or_else(|| Problem::internal("too few bits for a token"))?;
        Ok(Self(*token))
    }

    /// The token in the header of `request`; `None` where there is none, or where it can be no token. A token has one spelling.
    pub fn of(request: &Request) -> Option<Self> {
        Self::parse(request.only_header(ORDER_TOKEN).ok()??)
    }

    fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// True when `request` carries the header, be it a token or not.
    pub fn is_sent(request: &Request) -> bool {
        request.headers().contains_key(ORDER_TOKEN)
    }

    /// The text that the client carries.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The SHA-256 of the token, in hex. A plain hash is enough: there is nothing to guess in 128 random bits.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0))
    }

    /// True when the token opens the order of `guest`. Every hash is compared, each in constant time.
    pub fn opens(&self, guest: &Guest) -> bool {
        let hash = self.hash();
        let matches = guest.token_hashes.iter().map(|known| known.as_bytes().ct_eq(hash.as_bytes()));
        matches.fold(Choice::from(0), |any, one| any | one).into()
    }
}

#[cfg(test)]
mod tests {
    use kernel::OrderNumber;

    use super::*;

    fn guest(tokens: &[&OrderToken]) -> Guest {
        Guest { token_hashes: tokens.iter().map(|token| token.hash()).collect(), cart: None }
    }

    #[test]
    fn a_token_has_128_bits_and_one_spelling() {
        let token = OrderToken::generate().unwrap();
        let text = token.text();
        assert_eq!(text.len(), 22);
        assert_eq!(OrderToken::parse(&text).unwrap().hash(), token.hash());
        let zeros = "A".repeat(22);
        assert!(OrderToken::parse(&zeros).is_some());
        for text in
            ["", &zeros[1..], &format!("{zeros}A"), &format!("{zeros}=="), &format!("{}B", &zeros[1..])]
        {
            assert!(OrderToken::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_token_opens_the_order_that_stores_its_hash() {
        let [one, two, other] = [(); 3].map(|()| OrderToken::generate().unwrap());
        let guest = guest(&[&one, &two]);
        assert!(one.opens(&guest) && two.opens(&guest) && !other.opens(&guest));
        assert!(!one.opens(&Guest { token_hashes: Vec::new(), cart: None }));
        assert!(!one.opens(&Guest { token_hashes: vec![one.text()], cart: None }));
    }

    #[test]
    fn the_first_token_is_of_one_order() {
        let derive = |purpose: &str| Ok(Sha256::digest(purpose).into());
        let id = |number: u64| OrderNumber::try_from(number).unwrap().order_id();
        let token = |number| OrderToken::derived(id(number), derive).unwrap().text();
        assert_eq!(token(42), token(42));
        assert_ne!(token(42), token(43));
    }
}
