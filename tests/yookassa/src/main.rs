//! `yookassa-double`: runs the YooKassa stub for a stack. Everything is set by environment variables.
//!
//! `YOOKASSA_DOUBLE_ADDRESS` (127.0.0.1:8090), `YOOKASSA_DOUBLE_SHOP` (100500), `YOOKASSA_DOUBLE_KEY` (`test_key`),
//! `YOOKASSA_DOUBLE_WEBHOOK` (none). With `YOOKASSA_DOUBLE_FOLLOW_PARENT` it ends when the process that started it is gone, however that went.

use std::env;
use std::error::Error;
use std::io::Write as _;
use std::os::unix::process::parent_id;
use std::time::Duration;

use yookassa_double::{Double, Options};

/// How often the parent is looked for.
const PARENT_POLL: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let setting = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let parent = parent_id();
    let options = Options {
        address: setting("YOOKASSA_DOUBLE_ADDRESS", "127.0.0.1:8090").parse()?,
        shop_id: setting("YOOKASSA_DOUBLE_SHOP", "100500"),
        secret_key: setting("YOOKASSA_DOUBLE_KEY", "test_key"),
        webhook_url: env::var("YOOKASSA_DOUBLE_WEBHOOK").ok().filter(|url| !url.is_empty()),
    };
    let double = Double::start(options).await?;
    writeln!(std::io::stdout(), "{}", double.base_url())?;
    if setting("YOOKASSA_DOUBLE_FOLLOW_PARENT", "").is_empty() {
        double.run().await;
    } else {
        tokio::select! {
            () = double.run() => {}
            () = gone(parent) => {}
        }
    }
    Ok(())
}

/// Waits until this process has been given to another parent.
async fn gone(parent: u32) {
    while parent_id() == parent {
        tokio::time::sleep(PARENT_POLL).await;
    }
}
