//! `POST /register` and `POST /api/register`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::register::init(init)))
}
