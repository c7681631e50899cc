//! `POST /api/v1/admin/clients/{id}/rotate`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::rotate_client::init(init)))
}
