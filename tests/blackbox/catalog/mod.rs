//! What is sold, and for how much.

mod get_product;
mod list_products;
mod put_product;
