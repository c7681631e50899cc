//! A message of the expiry queue.

fn main() -> std::process::ExitCode {
    platform::queue::serve("expire-order", |init| Box::pin(ordering::routes::expire_order::init(init)))
}
