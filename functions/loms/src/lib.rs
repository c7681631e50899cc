//! The API that clients of LOMS, checkout and product services know: POST only, RPC style, integers. Nothing but translation over the
//! use cases that the other surfaces have.
//!
//! | room | what is in it |
//! |---|---|
//! | [`number`] | the integers of this surface, and what they are here; pure |
//! | [`auth`] | who may call: the scope `loms` |
//! | [`refusal`] | problems in the terms of this surface; pure |
//! | [`placed`] | an order that was placed, whether or not its goods could be had; pure |
//! | [`cart_answer`] | a cart as it is answered; pure |
//! | [`skus`] | the numbers of products, in their order |
//! | [`order`] | the orders of this surface, and how their states are spelled |
//! | [`routes`] | one file for each route |
//!
//! A customer of this surface is a number that the client keeps. Here it is the id `UserId::numbered`, which belongs to no account: nobody logs in
//! as it, and what is done for it is done by the client, as an operator. Orders of accounts don't exist on this surface.

pub mod auth;
pub mod cart_answer;
pub mod number;
pub mod order;
pub mod placed;
pub mod refusal;
pub mod routes;
pub mod skus;
