//! What is sold, and for how much.

mod caching;
mod get_product;
mod get_product_price;
mod get_product_stock;
mod import_products;
mod import_tool;
mod list_available_stock;
mod list_products;
mod pricing_factors;
mod put_product;
