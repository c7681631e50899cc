//! What a customer means to buy.

mod visitor;

mod clear_cart;
mod delete_cart_item;
mod get_cart;
mod merge_cart;
mod put_cart_item;
mod snapshot_cart;
