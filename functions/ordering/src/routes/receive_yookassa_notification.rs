//! `POST /api/v1/webhooks/payment/yookassa`: `YooKassa` notifies that a payment or a refund has changed.
//!
//! `YooKassa` takes 200 for an acknowledgement and sends everything else again for a day. So 200 means that the notification is fully processed; work
//! that can only be done later gets another status.

use std::net::IpAddr;
use std::sync::Arc;

use kernel::{Actor, Problem};
use payments::notification::Notification;
use payments::providers::Provider;
use payments::yookassa::notification::NotificationBody;
use payments::yookassa::sources::Sources;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Serialize;

use crate::provider_notification::{NotificationHandler, NotificationOutcome};
use crate::refusal::NotificationRefusal;
use crate::settlement::Settlement;

struct App {
    /// `None` when another provider is configured.
    notification_handler: Option<NotificationHandler>,
    sources: Sources,
}

/// The response. `YooKassa` does not read it; a person who inspects a delivery by hand does.
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

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let notification_handler = app.notification_handler.as_ref().ok_or(NotificationRefusal::OtherProvider)?;
    check_source(&app.sources, request.source_ip())?;
    let notification = Notification::try_from(request.json::<NotificationBody>()?)?;
    let outcome = notification_handler.handle(&request.call(Actor::Provider), &notification).await?;
    Response::ok(&Acknowledged { outcome })
}

/// Refuses a sender that is none of the provider's machines. `address` is the source address that the gateway reports.
fn check_source(sources: &Sources, address: Option<IpAddr>) -> Result<(), NotificationRefusal> {
    let is_known = address.is_some_and(|address| sources.contain(address));
    if is_known { Ok(()) } else { Err(NotificationRefusal::SourceNotAllowed(address)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_is_not_known_is_refused() {
        let published = Sources::default();
        assert!(check_source(&published, Some("185.71.76.1".parse().unwrap())).is_ok());
        for address in [Some("203.0.113.7".parse().unwrap()), None] {
            let refused = Err(NotificationRefusal::SourceNotAllowed(address));
            assert_eq!(check_source(&published, address), refused);
        }
        let everyone = "0.0.0.0/0 ::/0".parse().unwrap();
        assert!(check_source(&everyone, Some("203.0.113.7".parse().unwrap())).is_ok());
        assert!(check_source(&everyone, None).is_err(), "not even the gateway knows where it came from");
    }
}
