//! `$default`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(service::routes::answer_unrouted::init(init)))
}
