//! `yookassa-double`: runs the double for a stack. Everything is set by environment variables.
//!
//! `YOOKASSA_DOUBLE_ADDRESS` (127.0.0.1:8090), `YOOKASSA_DOUBLE_SHOP` (100500), `YOOKASSA_DOUBLE_KEY` (`test_key`),
//! `YOOKASSA_DOUBLE_WEBHOOK` (none).

use std::env;
use std::error::Error;
use std::io::Write as _;

use yookassa_double::{Double, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let setting = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let options = Options {
        address: setting("YOOKASSA_DOUBLE_ADDRESS", "127.0.0.1:8090").parse()?,
        shop_id: setting("YOOKASSA_DOUBLE_SHOP", "100500"),
        secret_key: setting("YOOKASSA_DOUBLE_KEY", "test_key"),
        webhook_url: env::var("YOOKASSA_DOUBLE_WEBHOOK").ok().filter(|url| !url.is_empty()),
    };
    let double = Double::start(options).await?;
    writeln!(std::io::stdout(), "{}", double.base_url())?;
    double.run().await;
    Ok(())
}
