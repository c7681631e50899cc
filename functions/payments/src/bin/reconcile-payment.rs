//! A message of the reconciler's queue: a payment that is due for a poll.

fn main() -> std::process::ExitCode {
    platform::queue::serve("reconcile-payment", |init| {
        Box::pin(payments::routes::reconcile_payment::init(init))
    })
}
