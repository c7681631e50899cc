//! `DELETE /ops/session`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::end_ops_session::init(init)))
}
