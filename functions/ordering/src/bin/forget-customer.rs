//! Consumes the deletion of an account: its orders stay, without personal data.

fn main() -> std::process::ExitCode {
    platform::queue::serve("forget-customer", |init| Box::pin(ordering::routes::forget_customer::init(init)))
}
