//! What a customer means to buy.
//!
//! | room | what is in it |
//! |---|---|
//! | [`cart`] | how many of what; pure |
//! | [`owner`] | whose cart it is: an account's, or that of whoever holds a cart token; pure |
//! | [`offer`] | what the shop offers at this moment, and what of it may go into a cart; pure but for the reading |
//! | [`answer`] | a cart as it is answered, with its totals; pure |
//! | [`store`] | the table: keys, items, expressions |
//! | [`visitors`] | how many anonymous carts one source address may begin |
//! | [`change`] | putting in, taking out, emptying, merging |
//! | [`snapshot`] | the signed snapshot: its members, signing, verifying; pure but for the secret |
//! | [`routes`] | one file for each route |
//!
//! A cart holds SKUs and quantities and nothing that can grow stale: names, prices and stock are read when it is shown, and
//! again when it becomes an order. It reserves nothing.
//!
//! Carts are not journalled. The journal tells what became of the business, and a cart is an intention: nothing follows
//! from it, nobody has to hear of it, and what came of it stands in the order's journal. A journal row for every click on
//! "more" would cost more than the carts themselves.

pub mod answer;
pub mod cart;
pub mod change;
pub mod offer;
pub mod owner;
pub mod routes;
pub mod snapshot;
pub mod store;
pub mod visitors;

pub use answer::cart_tag;
pub use cart::{Cart, MAX_CART_LINES};
pub use store::{CartChanged, Carts};
