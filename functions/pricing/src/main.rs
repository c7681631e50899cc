//! The program that every function of the context runs.

fn main() -> std::process::ExitCode {
    platform::function::serve(&[pricing::routes::FUNCTIONS])
}
