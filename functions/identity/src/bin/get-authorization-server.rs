//! `GET /.well-known/oauth-authorization-server`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::get_authorization_server::init(init)))
}
