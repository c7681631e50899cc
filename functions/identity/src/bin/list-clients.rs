//! `GET /api/v1/admin/clients`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::list_clients::init(init)))
}
