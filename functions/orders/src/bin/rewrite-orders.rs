//! Called by `make backfill`: writes a page of orders of older forms in the newest one.

fn main() -> std::process::ExitCode {
    platform::job::serve("rewrite-orders", |init| Box::pin(orders::routes::rewrite_orders::init(init)))
}
