//! Visitors: people who fill a cart before they log in.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::market::plainly_priced;
use crate::harness::{Answer, get, item, put};

/// The header that carries a cart token.
pub(super) const CART_TOKEN: &str = "x-cart-token";
/// A well-formed token that finds no cart.
pub(super) const UNKNOWN: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// What can't be a cart token.
pub(super) const MALFORMED: [&str; 5] = [
    "",
    "x",
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8,AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
];

/// Someone with an anonymous cart.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// The token of the cart.
    pub(super) token: String,
}

impl Visitor {
    /// Somebody new, who puts `quantity` of `sku` into a cart.
    pub(super) async fn with(sku: &str, quantity: u32) -> Self {
        let answer = Answer::to(put_request(sku, quantity)).await;
        let token = answer.header(CART_TOKEN).to_owned();
        answer.expect(200);
        Self { token }
    }

    /// `request` with the cart token, and what is answered to it.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Answer {
        Answer::to(request.header(CART_TOKEN, &self.token)).await
    }

    /// Puts `quantity` of `sku` into the cart.
    pub(super) async fn put(&self, sku: &str, quantity: u32) -> Value {
        self.ask(put_request(sku, quantity)).await.expect(200)
    }

    /// The cart.
    pub(super) async fn cart(&self) -> Value {
        self.ask(get("/api/v1/cart")).await.expect(200)
    }

    /// The partition of the cart in its table.
    pub(super) fn partition(&self) -> String {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&self.token).unwrap();
        assert_eq!(bytes.len(), 32, "256 bits");
        format!("ANON#{}", hex::encode(Sha256::digest(bytes)))
    }

    /// Whether anything is kept of the cart.
    pub(super) async fn is_kept(&self) -> bool {
        item("CARTS_TABLE", &self.partition(), "CART").await.is_some()
    }
}

/// Puts `quantity` of `sku` into the cart that the headers name.
pub(super) fn put_request(sku: &str, quantity: u32) -> RequestBuilder {
    put(&format!("/api/v1/cart/items/{sku}")).json(&json!({"quantity": quantity}))
}

/// What is in `cart`, in the order of the SKUs: each with its quantity.
pub(super) fn lines(cart: &Value) -> Vec<(String, u64)> {
    let items = cart["items"].as_array().unwrap().iter();
    let line = |item: &Value| (item["sku"].as_str().unwrap().to_owned(), item["quantity"].as_u64().unwrap());
    let mut lines: Vec<_> = items.map(line).collect();
    lines.sort();
    lines
}

/// For an unknown token, `request` returns an empty cart and creates none; it refuses values that can be no token.
pub(super) async fn takes_cart_tokens(request: impl Fn() -> RequestBuilder) {
    let unknown = Visitor { token: UNKNOWN.to_owned() };
    let answer = unknown.ask(request()).await.expect(200);
    let totals = json!({"itemCount": 0, "totalQuantity": 0, "subtotal": 0});
    assert_eq!(answer, plainly_priced(json!({"items": [], "totals": totals, "version": 0})));
    assert!(!unknown.is_kept().await, "a question makes no cart");
    refuses_malformed_tokens(request).await;
}

/// `request` refuses what can be no token.
pub(super) async fn refuses_malformed_tokens(request: impl Fn() -> RequestBuilder) {
    for malformed in MALFORMED {
        Answer::to(request().header(CART_TOKEN, malformed)).await.problem(400, "invalid_cart_token");
    }
}
