//! Every minute: queues the payments that are due for a poll of the provider.

fn main() -> std::process::ExitCode {
    platform::job::serve("sweep-open-payments", |init| {
        Box::pin(payments::routes::sweep_open_payments::init(init))
    })
}
