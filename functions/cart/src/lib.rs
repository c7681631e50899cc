//! Carts: the products that a customer means to buy.
//!
//! | module | contents |
//! |---|---|
//! | [`cart`] | how many of what; pure |
//! | [`owner`] | the owner of a cart: an account, or the holder of a cart token; pure |
//! | [`offer`] | the products that are on offer at this moment, and how many of them may go into a cart; pure but for the reading |
//! | `prices` | the prices of a cart with shipping, taxes and promotions |
//! | [`answer`] | a cart as it is answered, with its totals; pure |
//! | [`store`] | the table: keys, items, expressions |
//! | [`visitors`] | how many anonymous carts one source address may begin |
//! | [`change`] | putting in, taking out, emptying, merging |
//! | [`snapshot`] | the signed snapshot: its members, signing, verifying; pure but for the secret |
//! | [`refusal`] | the reasons for which requests are refused, and the problem of each |
//! | [`routes`] | one file for each route |
//!
//! A cart holds SKUs and quantities and nothing that can grow stale: names, prices and stock are read when it is shown, and
//! again when it becomes an order. It reserves nothing.
//!
//! Carts are not journalled. The journal records business facts, and a cart is an intention: nothing follows
//! from it, no consumer needs it, and its outcome stands in the order's journal. A journal row for every click on
//! "more" would cost more than the carts themselves.

pub mod answer;
pub mod cart;
pub mod change;
pub mod offer;
pub mod owner;
mod prices;
pub mod refusal;
pub mod routes;
pub mod snapshot;
pub mod store;
pub mod visitors;

pub use answer::cart_tag;
pub use cart::{Cart, MAX_CART_LINES};
pub use owner::{CartToken, Owner, TokenHash};
pub use store::{CartChanged, Carts};
