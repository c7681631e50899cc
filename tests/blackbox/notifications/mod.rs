//! What customers are told.

mod deliver_code;
mod notify_customer;
