//! A payment is to be refunded.

fn main() -> std::process::ExitCode {
    platform::queue::serve("finish-refund", |init| Box::pin(ordering::routes::finish_refund::init(init)))
}
