//! `PATCH /api/v1/users/me`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::update_me::init(init)))
}
