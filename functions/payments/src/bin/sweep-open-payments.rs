//! Every minute: queues the payments that the provider has to be asked about.

fn main() -> std::process::ExitCode {
    platform::job::serve("sweep-open-payments", |init| {
        Box::pin(payments::routes::sweep_open_payments::init(init))
    })
}
