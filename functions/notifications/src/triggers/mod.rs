//! One file for each function without a route.

pub mod deliver_code;
pub mod note_delivery;

use platform::function::Function;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::queue("deliver-code", |init| Box::pin(deliver_code::init(init))),
    Function::queue("note-delivery", |init| Box::pin(note_delivery::init(init))),
];
