//! The API that clients of LOMS, checkout and product services know: POST only, RPC style, integers. It only translates to the use cases that the
//! other surfaces have.
//!
//! | module | contents |
//! |---|---|
//! | [`number`] | the integers of this surface, and the ids that they stand for; pure |
//! | [`refusal`] | the reasons for which requests are refused, and the problem of each |
//! | [`cart_answer`] | a cart as this surface returns it; pure |
//! | [`skus`] | the numbers of products, in their order |
//! | [`order`] | the orders of this surface, and the names of their statuses |
//! | [`routes`] | one file for each route |
//!
//! A customer of this surface is a number that the client manages. Here it is the id `UserId::numbered`, which belongs to no account: no one can log
//! in as it, and the client acts for it as an operator. Orders of accounts don't exist on this surface.

pub mod cart_answer;
pub mod number;
pub mod order;
pub mod refusal;
pub mod routes;
pub mod skus;
