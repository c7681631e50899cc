//! `POST /loms/stocks` and `POST /stocks`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_get_stock::init(init)))
}
