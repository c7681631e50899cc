//! What can be sold, and what is set aside for whom.

mod put_stock;
