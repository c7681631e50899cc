//! What customers are told.

mod notify_customer;
