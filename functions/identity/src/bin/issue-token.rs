//! `POST /token` and `POST /api/token`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::issue_token::init(init)))
}
