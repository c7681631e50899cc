//! A payment that the provider has to be asked about.

fn main() -> std::process::ExitCode {
    platform::queue::serve("reconcile-payment", |init| {
        Box::pin(payments::routes::reconcile_payment::init(init))
    })
}
