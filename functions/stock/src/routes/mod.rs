//! One file for each route.

pub mod put_stock;
