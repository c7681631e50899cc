//! The handling of a notification: the object that it names is read back from the provider, and the state that the provider returns is applied.
//!
//! | finding | effect | response |
//! |---|---|---|
//! | a payment of this installation | its state is applied, unless it was before | 200 |
//! | a refund of such a payment | the refunded amount is applied | 200 |
//! | an object unknown to the provider or to Holdfast, an event of another kind | it is journalled, once | 200 |
//! | the provider can't be reached | none | 503, and the provider sends it again |

use kernel::{NewEvent, Problem};
use payments::events::{UnknownObjectReported, UnrecognizedObject};
use payments::notification::{About, Notification};
use payments::payment::Payment;
use payments::provider::{
    PaymentProvider as _, PaymentReference, ProviderError, ProviderPayment, RefundReference,
};
use platform::InvocationContext;
use serde::Serialize;

use crate::settlement::Settlement;

/// The outcome of a notification that needs no further delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationOutcome {
    /// The object's state is applied, now or before.
    Applied,
    /// It matches no object of this installation; that is journalled.
    Unknown,
}

/// A payment of this installation, and its current state at the provider.
type Ours = (Payment, ProviderPayment);

/// Handles notifications.
pub struct NotificationHandler {
    settlement: Settlement,
}

impl NotificationHandler {
    /// Makes a handler that settles with `settlement`.
    pub fn new(settlement: Settlement) -> Self {
        Self { settlement }
    }

    /// Reads back the object that `notification` names and applies its state. An error means that the notification has to be sent again.
    pub async fn handle(
        &self,
        call: &InvocationContext,
        notification: &Notification,
    ) -> Result<NotificationOutcome, Problem> {
        let found = match &notification.about {
            About::Payment(reference) => self.payment(call, reference).await?,
            About::Refund(reference) => self.refund(call, reference).await?,
            About::Other(_) => Err(UnrecognizedObject::Event),
        };
        match found {
            Ok(_) => Ok(NotificationOutcome::Applied),
            Err(why) => self.write_down(call, notification, why).await.map(|()| NotificationOutcome::Unknown),
        }
    }

    async fn payment(
        &self,
        call: &InvocationContext,
        reference: &PaymentReference,
    ) -> Result<Result<Payment, UnrecognizedObject>, Problem> {
        match self.read_back(call, reference).await? {
            Ok((payment, seen)) => self.settlement.apply_provider_status(call, payment, seen).await.map(Ok),
            Err(why) => Ok(Err(why)),
        }
    }

    async fn refund(
        &self,
        call: &InvocationContext,
        reference: &RefundReference,
    ) -> Result<Result<Payment, UnrecognizedObject>, Problem> {
        let found = self.settlement.provider.find_refund(call, reference).await;
        let Some(refund) = shown(found)? else { return Ok(Err(UnrecognizedObject::NotThere)) };
        match self.read_back(call, &refund.payment).await? {
            Ok((payment, _)) => self.settlement.refund_reported(call, payment.id, &refund).await.map(Ok),
            Err(why) => Ok(Err(why)),
        }
    }

    /// Reads a payment back.
    async fn read_back(
        &self,
        call: &InvocationContext,
        reference: &PaymentReference,
    ) -> Result<Result<Ours, UnrecognizedObject>, Problem> {
        let found = self.settlement.provider.find_payment(call, reference).await;
        let Some(seen) = shown(found)? else { return Ok(Err(UnrecognizedObject::NotThere)) };
        let kept = match seen.payment_id {
            Some(id) => self.settlement.payments.find(id).await?,
            None => None,
        };
        let Some(payment) = kept else { return Ok(Err(UnrecognizedObject::NotOurs)) };
        if is_known_as(payment.reference.as_ref(), &seen) {
            return Ok(Ok((payment, seen)));
        }
        self.settlement.undo_second_payment(call, payment.id, &seen).await?;
        Ok(Err(UnrecognizedObject::SecondPayment))
    }

    /// Journals, once for each object, a notification that matches nothing in this installation.
    async fn write_down(
        &self,
        call: &InvocationContext,
        notification: &Notification,
        why: UnrecognizedObject,
    ) -> Result<(), Problem> {
        let reference = notification.about.reference();
        let aggregate = format!("provider/{}/{reference}", notification.provider);
        let data = UnknownObjectReported {
            provider: notification.provider,
            reference,
            event: notification.event.as_str().to_owned(),
            reason: why,
        };
        let reported = NewEvent::new(aggregate, 1, &data)?;
        let row = self.settlement.journal.append(call, reported)?;
        // Refused: an earlier notification journalled it.
        self.settlement.dynamo.commit(call, vec![row]).await.map(|_| ())
    }
}

/// The provider's view of the object. An object that it refuses to show it will never show: repeating the call for a day would not help.
fn shown<T>(found: Result<Option<T>, ProviderError>) -> Result<Option<T>, Problem> {
    match found {
        Ok(found) => Ok(found),
        Err(error @ ProviderError::Refused { .. }) => {
            tracing::warn!(%error, "the provider does not show what it has reported");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// True when the payment that the provider shows is the one that it named to the merchant as `known`. Without that name, the response that had it was
/// lost.
fn is_known_as(known: Option<&PaymentReference>, seen: &ProviderPayment) -> bool {
    known.is_none_or(|reference| *reference == seen.reference)
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Kind, Money, PaymentId};

    use super::*;
    use payments::provider::ProviderStatus;

    fn money(amount: i64) -> Money {
        Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
    }

    fn reference(text: &str) -> PaymentReference {
        PaymentReference::try_from(text.to_owned()).unwrap()
    }

    fn seen() -> ProviderPayment {
        ProviderPayment {
            reference: reference("first"),
            payment_id: Some(PaymentId::derived("p")),
            status: ProviderStatus::Succeeded { captured: money(100) },
            refunded: money(0),
        }
    }

    #[test]
    fn a_payment_is_ours_when_we_have_it_under_that_name() {
        assert!(is_known_as(Some(&reference("first")), &seen()));
        assert!(is_known_as(None, &seen()), "the answer that had its name was lost");
        assert!(!is_known_as(Some(&reference("second")), &seen()));
    }

    #[test]
    fn only_what_may_change_is_sent_again() {
        let refused = ProviderError::Refused { code: "forbidden".to_owned(), message: String::new() };
        assert_eq!(shown::<()>(Err(refused)), Ok(None));
        assert_eq!(shown(Ok(Some(7))), Ok(Some(7)));
        let later = [
            ProviderError::Unavailable(String::new()),
            ProviderError::Unknown(String::new()),
            ProviderError::Throttled { retry_after: None },
        ];
        for error in later {
            assert_eq!(shown::<()>(Err(error)).unwrap_err().kind, Kind::Unavailable);
        }
    }
}
