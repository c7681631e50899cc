//! `GET /api/v1/users/me/export`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::export_me::init(init)))
}
