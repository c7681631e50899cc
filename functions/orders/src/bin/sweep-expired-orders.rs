//! Every minute: queues the orders that have expired.

fn main() -> std::process::ExitCode {
    platform::job::serve("sweep-expired-orders", |init| {
        Box::pin(orders::routes::sweep_expired_orders::init(init))
    })
}
