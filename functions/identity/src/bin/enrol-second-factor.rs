//! `POST /api/v1/users/me/second-factor`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::enrol_second_factor::init(init)))
}
