//! An account was deleted: its orders stay, without the person.

fn main() -> std::process::ExitCode {
    platform::queue::serve("forget-customer", |init| Box::pin(orders::routes::forget_customer::init(init)))
}
