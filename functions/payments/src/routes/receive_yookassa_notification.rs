//! `POST /api/v1/webhooks/payment/yookassa`: `YooKassa` says that something has become of a payment or a refund.
//!
//! `YooKassa` takes 200 for an acknowledgement and sends everything else again for a day. So 200 means that all is done that was to be done, and
//! what can be done later is answered otherwise.

use std::net::IpAddr;
use std::sync::Arc;

use kernel::{Actor, Kind, Problem};
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Serialize;

use crate::providers::Provider;
use crate::settlement::Settlement;
use crate::yookassa::notification::{Notification, NotificationBody};
use crate::yookassa::notification_handler::{NotificationHandler, NotificationOutcome};
use crate::yookassa::sources::Sources;

struct App {
    /// `None` in a shop that has another provider.
    notification_handler: Option<NotificationHandler>,
    sources: Sources,
}

/// The answer. `YooKassa` does not read it; whoever looks into a delivery by hand does.
#[derive(Serialize)]
struct Acknowledged {
    outcome: NotificationOutcome,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let settlement = Settlement::connect(&init).await?;
    let notification_handler =
        matches!(settlement.provider, Provider::YooKassa(_)).then(|| NotificationHandler::new(settlement));
    let app = App { notification_handler, sources: init.optional("YOOKASSA_SOURCES", Sources::default())? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let notification_handler = app
        .notification_handler
        .as_ref()
        .ok_or_else(|| Problem::not_found("This shop has another provider."))?;
    check_source(&app.sources, request.source_ip())?;
    let notification = Notification::try_from(request.json::<NotificationBody>()?)?;
    let outcome = notification_handler.handle(&request.call(Actor::Provider), &notification).await?;
    Reply::ok(&Acknowledged { outcome })
}

/// Refuses who is none of the provider's machines. `address` is what the gateway saw.
fn check_source(sources: &Sources, address: Option<IpAddr>) -> Result<(), Problem> {
    if address.is_some_and(|address| sources.contain(address)) {
        return Ok(());
    }
    let detail = "Notifications are taken from the provider's addresses only.";
    let inside = address.map_or_else(|| "no address".to_owned(), |address| address.to_string());
    Err(Problem::new(Kind::Forbidden, "source_not_allowed", detail).because(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_is_not_known_is_refused() {
        let published = Sources::default();
        assert!(check_source(&published, Some("185.71.76.1".parse().unwrap())).is_ok());
        for address in [Some("203.0.113.7".parse().unwrap()), None] {
            let problem = check_source(&published, address).unwrap_err();
            assert_eq!((problem.kind, problem.code), (Kind::Forbidden, "source_not_allowed"));
        }
        let everyone = "0.0.0.0/0 ::/0".parse().unwrap();
        assert!(check_source(&everyone, Some("203.0.113.7".parse().unwrap())).is_ok());
        assert!(check_source(&everyone, None).is_err(), "not even the gateway knows where it came from");
    }
}
