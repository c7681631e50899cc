//! `DELETE /api/v1/users/me/sessions/{id}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::end_session::init(init)))
}
