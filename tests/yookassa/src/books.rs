//! What the YooKassa stub knows, and the rules by which it changes. No I/O.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::amount::Amount;
use crate::keys::Keys;
use crate::refusal::Refusal;
use crate::request::{CaptureRequest, Confirmation, RefundRequest, StartRequest};
use crate::show::{show_payment, show_refund};

/// What has become of a payment or a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Pending,
    WaitingForCapture,
    Succeeded,
    Canceled,
}

/// Who ended it, and why.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CancellationDetails {
    pub(crate) party: String,
    pub(crate) reason: String,
}

impl CancellationDetails {
    pub(crate) fn new(party: &str, reason: &str) -> Self {
        Self { party: party.to_owned(), reason: reason.to_owned() }
    }
}

/// A payment.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) status: Status,
    pub(crate) amount: Amount,
    pub(crate) refunded: u64,
    pub(crate) description: Option<String>,
    pub(crate) return_url: Option<String>,
    pub(crate) capture: bool,
    pub(crate) external: bool,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) cancellation: Option<CancellationDetails>,
    pub(crate) created_at: Timestamp,
    pub(crate) captured_at: Option<Timestamp>,
    /// The idempotence key of the request that made it.
    pub(crate) key: String,
    /// The receipt that came with it.
    pub(crate) receipt: Option<Value>,
    /// Whether it waits for its payer to confirm it, on the page or on their phone.
    pub(crate) confirmed_by_payer: bool,
}

/// A refund.
#[derive(Debug, Clone)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) payment_id: String,
    pub(crate) status: Status,
    pub(crate) amount: Amount,
    pub(crate) cancellation: Option<CancellationDetails>,
    pub(crate) created_at: Timestamp,
    /// The idempotence key of the request that made it.
    pub(crate) key: String,
    /// The receipt that came with it.
    pub(crate) receipt: Option<Value>,
}

/// What a person does on the confirmation page, or time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    Pay,
    Decline,
    Expire,
}

/// What becomes of a refund that was left undecided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundDecision {
    Succeed,
    Cancel,
}

/// What a new payment or refund turns into on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// As its kind is.
    Usual,
    /// It stays undecided.
    Open,
    /// It is turned down.
    TurnedDown,
}

/// How a new payment or refund is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Making<'a> {
    pub(crate) fate: Fate,
    /// The idempotence key of the request.
    pub(crate) key: &'a str,
}

/// An event to be notified of, and the object as it was then.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Event {
    pub(crate) event: String,
    pub(crate) object: Value,
}

/// The answer to a request that was understood.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) body: Value,
    pub(crate) events: Vec<Event>,
    /// The payments and refunds that the request made, each as it was first answered.
    pub(crate) made: Vec<Value>,
}

/// Everything.
pub(crate) struct Books {
    payments: BTreeMap<String, Payment>,
    refunds: BTreeMap<String, Refund>,
    keys: Keys,
    /// Where confirmation pages are.
    base_url: String,
}

impl Books {
    /// Empty ones.
    pub(crate) fn new(base_url: &str) -> Self {
        let base_url = base_url.to_owned();
        Self { payments: BTreeMap::new(), refunds: BTreeMap::new(), keys: Keys::default(), base_url }
    }

    /// Does `act` once for a key: a repeat is answered as the first request was.
    pub(crate) fn once(
        &mut self,
        key: &str,
        request: String,
        act: impl FnOnce(&mut Self) -> Result<Answer, Refusal>,
    ) -> Result<Answer, Refusal> {
        if let Some(known) = self.keys.recall(key, &request) {
            return known.map(Answer::shown);
        }
        let answer = act(self);
        let kept = answer.as_ref().map(|answer| answer.body.clone()).map_err(Clone::clone);
        self.keys.remember(key, request, kept);
        answer
    }

    /// Forgets keys that were first used at least `age` ago. Returns how many there were.
    pub(crate) fn forget_keys(&mut self, age: Duration) -> usize {
        self.keys.forget(age)
    }

    pub(crate) fn payment(&self, id: &str) -> Result<&Payment, Refusal> {
        self.payments.get(id).ok_or_else(|| Refusal::not_found("Payment"))
    }

    pub(crate) fn refund(&self, id: &str) -> Result<&Refund, Refusal> {
        self.refunds.get(id).ok_or_else(|| Refusal::not_found("Refund"))
    }

    /// Every payment as the API shows it.
    pub(crate) fn payments(&self) -> Vec<Value> {
        self.payments.values().map(|payment| self.show(payment)).collect()
    }

    /// Every refund as the API shows it.
    pub(crate) fn refunds(&self) -> Vec<Value> {
        self.refunds.values().map(show_refund).collect()
    }

    /// Every receipt that came, by the payment or refund that it came with.
    pub(crate) fn receipts(&self) -> Map<String, Value> {
        let payments = self.payments.values().map(|payment| (&payment.id, &payment.receipt));
        let refunds = self.refunds.values().map(|refund| (&refund.id, &refund.receipt));
        payments.chain(refunds).filter_map(|(id, receipt)| Some((id.clone(), receipt.clone()?))).collect()
    }

    /// A payment as the API shows it.
    pub(crate) fn show(&self, payment: &Payment) -> Value {
        show_payment(payment, &self.base_url)
    }

    /// Every payment, in no order.
    pub(crate) fn all_payments(&self) -> impl Iterator<Item = &Payment> {
        self.payments.values()
    }

    /// Every refund, in no order.
    pub(crate) fn all_refunds(&self) -> impl Iterator<Item = &Refund> {
        self.refunds.values()
    }

    pub(crate) fn start(&mut self, request: StartRequest, making: Making<'_>) -> Result<Answer, Refusal> {
        request.check()?;
        let id = Uuid::new_v4().to_string();
        let token = request.payment_token.as_deref();
        let usual = match token {
            None | Some("tok_pending") => None,
            Some("tok_declined") => Some(Decision::Decline),
            Some("tok_success") => Some(Decision::Pay),
            Some(_) => return Err(Refusal::of("payment_token", "The payment token was not found")),
        };
        let decided = match making.fate {
            Fate::Usual => usual,
            Fate::Open => None,
            Fate::TurnedDown => Some(Decision::Decline),
        };
        let (external, return_url) = match request.confirmation {
            Some(Confirmation::Redirect { return_url }) => (false, Some(return_url)),
            Some(Confirmation::External) => (true, None),
            None => (false, None),
        };
        let payment = Payment {
            id: id.clone(),
            status: Status::Pending,
            amount: request.amount,
            refunded: 0,
            description: request.description,
            return_url,
            capture: request.capture,
            external,
            metadata: request.metadata.unwrap_or_default(),
            cancellation: None,
            created_at: Timestamp::now(),
            captured_at: None,
            key: making.key.to_owned(),
            receipt: request.receipt,
            confirmed_by_payer: token.is_none(),
        };
        self.payments.insert(id.clone(), payment);
        let answer = match decided {
            Some(decision) => self.decide(&id, decision, None),
            None => self.answer_payment(&id, false),
        };
        answer.map(Answer::made)
    }

    /// The payer decides, or their time is over. The first decision stands.
    pub(crate) fn decide(
        &mut self,
        id: &str,
        decision: Decision,
        reason: Option<&str>,
    ) -> Result<Answer, Refusal> {
        let payment = self.payments.get_mut(id).ok_or_else(|| Refusal::not_found("Payment"))?;
        let canceled = |party: &str, usual: &str| {
            (Status::Canceled, Some(CancellationDetails::new(party, reason.unwrap_or(usual))))
        };
        let (status, cancellation) = match (payment.status, decision) {
            (Status::Pending, Decision::Pay) if payment.capture => (Status::Succeeded, None),
            (Status::Pending, Decision::Pay) => (Status::WaitingForCapture, None),
            (Status::Pending, Decision::Decline) => canceled("payment_network", "general_decline"),
            (Status::Pending, Decision::Expire) => canceled("yoo_money", "expired_on_confirmation"),
            (Status::WaitingForCapture, Decision::Expire) => canceled("yoo_money", "expired_on_capture"),
            _ => return Err(Refusal::wrong_state("The payment is decided")),
        };
        (payment.status, payment.cancellation) = (status, cancellation);
        payment.captured_at = (status == Status::Succeeded).then(Timestamp::now);
        self.answer_payment(id, true)
    }

    pub(crate) fn capture(&mut self, id: &str, request: CaptureRequest) -> Result<Answer, Refusal> {
        let payment = self.payments.get_mut(id).ok_or_else(|| Refusal::not_found("Payment"))?;
        if payment.status != Status::WaitingForCapture {
            return Err(Refusal::wrong_state("Only a payment in waiting_for_capture can be captured"));
        }
        if let Some(amount) = request.amount {
            if amount.currency != payment.amount.currency || amount.hundredths > payment.amount.hundredths {
                return Err(Refusal::of("amount", "More than was authorised"));
            }
            payment.amount = amount;
        }
        payment.status = Status::Succeeded;
        payment.captured_at = Some(Timestamp::now());
        self.answer_payment(id, true)
    }

    pub(crate) fn cancel(&mut self, id: &str) -> Result<Answer, Refusal> {
        let payment = self.payments.get_mut(id).ok_or_else(|| Refusal::not_found("Payment"))?;
        if payment.status != Status::WaitingForCapture {
            return Err(Refusal::wrong_state("Only a payment in waiting_for_capture can be canceled"));
        }
        payment.status = Status::Canceled;
        payment.cancellation = Some(CancellationDetails::new("merchant", "canceled_by_merchant"));
        self.answer_payment(id, true)
    }

    pub(crate) fn send_back(
        &mut self,
        request: RefundRequest,
        making: Making<'_>,
    ) -> Result<Answer, Refusal> {
        request.check()?;
        // What is on its way back counts, or two refunds at once would send back more than there is.
        let under_way: u64 = self
            .refunds
            .values()
            .filter(|refund| refund.payment_id == request.payment_id && refund.status == Status::Pending)
            .map(|refund| refund.amount.hundredths)
            .sum();
        let payment = self
            .payments
            .get(&request.payment_id)
            .ok_or_else(|| Refusal::of("payment_id", "Unknown payment"))?;
        if payment.status != Status::Succeeded {
            return Err(Refusal::wrong_state("Only a payment in succeeded can be refunded"));
        }
        let left = payment.amount.hundredths.saturating_sub(payment.refunded + under_way);
        if request.amount.currency != payment.amount.currency || request.amount.hundredths > left {
            return Err(Refusal::of("amount", "More than is left of the payment"));
        }
        let id = Uuid::new_v4().to_string();
        let refund = Refund {
            id: id.clone(),
            payment_id: request.payment_id,
            status: Status::Pending,
            amount: request.amount,
            cancellation: None,
            created_at: Timestamp::now(),
            key: making.key.to_owned(),
            receipt: request.receipt,
        };
        self.refunds.insert(id.clone(), refund);
        let answer = match making.fate {
            Fate::Usual => self.decide_refund(&id, RefundDecision::Succeed),
            Fate::TurnedDown => self.decide_refund(&id, RefundDecision::Cancel),
            Fate::Open => self.answer_refund(&id, false),
        };
        answer.map(Answer::made)
    }

    pub(crate) fn decide_refund(&mut self, id: &str, decision: RefundDecision) -> Result<Answer, Refusal> {
        let refund = self.refunds.get_mut(id).ok_or_else(|| Refusal::not_found("Refund"))?;
        if refund.status != Status::Pending {
            return Err(Refusal::wrong_state("The refund is decided"));
        }
        match decision {
            RefundDecision::Succeed => {
                refund.status = Status::Succeeded;
                if let Some(payment) = self.payments.get_mut(&refund.payment_id) {
                    payment.refunded += refund.amount.hundredths;
                }
            }
            RefundDecision::Cancel => {
                refund.status = Status::Canceled;
                refund.cancellation = Some(CancellationDetails::new("yoo_money", "insufficient_funds"));
            }
        }
        // The provider has no event for a refund that is canceled.
        self.answer_refund(id, decision == RefundDecision::Succeed)
    }

    fn answer_payment(&self, id: &str, changed: bool) -> Result<Answer, Refusal> {
        let payment = self.payment(id)?;
        let body = self.show(payment);
        let event = format!("payment.{}", name(payment.status));
        Ok(Answer::new(body, changed.then_some(event)))
    }

    fn answer_refund(&self, id: &str, changed: bool) -> Result<Answer, Refusal> {
        let refund = self.refund(id)?;
        let event = format!("refund.{}", name(refund.status));
        Ok(Answer::new(show_refund(refund), changed.then_some(event)))
    }
}

impl Answer {
    fn new(body: Value, event: Option<String>) -> Self {
        let events = event.map(|event| Event { event, object: body.clone() }).into_iter().collect();
        Self { body, events, made: Vec::new() }
    }

    /// The answer to a request that changes nothing.
    pub(crate) fn shown(body: Value) -> Self {
        Self::new(body, None)
    }

    /// The answer to a request that made what it returns.
    fn made(mut self) -> Self {
        self.made.push(self.body.clone());
        self
    }
}

fn name(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::WaitingForCapture => "waiting_for_capture",
        Status::Succeeded => "succeeded",
        Status::Canceled => "canceled",
    }
}
