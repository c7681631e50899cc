//! Orders with promotions: many customers at once for the last uses of one, and what pricing adds to the cost of an order.

mod checkout;
pub mod cost;
pub mod race;
