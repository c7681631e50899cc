//! `POST /api/v1/admin/dead-letters/redrive`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(service::routes::redrive_dead_letters::init(init)))
}
