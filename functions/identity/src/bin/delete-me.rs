//! `DELETE /api/v1/users/me`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::delete_me::init(init)))
}
