//! The products that are sold, and their prices.
//!
//! | room | what is in it |
//! |---|---|
//! | [`product`], [`attributes`], [`factors`] | a product, and the rules of its members; pure |
//! | [`listing`] | the order of the lists and how a page is filled; pure |
//! | [`position`] | where a product stands, in the order of a list or a search; pure |
//! | [`search`] | which words a product is found by, and which of them show it; pure |
//! | [`store`] | the table and its index: keys, items, expressions |
//! | [`list`], [`put`] | reading a page, changing a product |
//! | [`events`] | the events of products |
//! | [`import`] | changing many products |
//! | [`refusal`] | the reasons for which requests are refused, with their codes and texts; pure |
//! | [`answer`], [`routes`] | a product as it is answered, and one file for each route |
//!
//! Products are public: no token is needed to read them. A product that is not active does not exist for anybody who has
//! not the scope `catalog:write`. Products are never deleted, because orders go on naming them; they become inactive.

pub mod answer;
pub mod attributes;
pub mod events;
pub mod factors;
pub mod import;
pub mod list;
pub mod listing;
pub mod position;
pub mod product;
pub mod put;
pub mod refusal;
pub mod routes;
pub mod search;
pub mod store;

pub use product::Product;
pub use store::Catalog;
