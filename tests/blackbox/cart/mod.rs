//! What a customer means to buy.

mod market;
mod visitor;

mod clear_cart;
mod delete_cart_item;
mod delete_cart_promotion;
mod get_cart;
mod get_cart_shipping_methods;
mod merge_cart;
mod put_cart_item;
mod put_cart_promotion;
mod snapshot_cart;
