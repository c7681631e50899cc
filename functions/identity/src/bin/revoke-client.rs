//! `DELETE /api/v1/admin/clients/{id}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::revoke_client::init(init)))
}
