//! A message of the reconciler's queue: a payment that is due for a poll.

fn main() -> std::process::ExitCode {
    platform::queue::serve("reconcile-payment", |init| {
        Box::pin(ordering::routes::reconcile_payment::init(init))
    })
}
