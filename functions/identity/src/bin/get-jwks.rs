//! `GET /.well-known/jwks.json`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::get_jwks::init(init)))
}
