//! What the double knows, and the rules by which it changes. No I/O.

use std::collections::{BTreeMap, HashMap};

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::amount::Amount;
use crate::refusal::Refusal;
use crate::request::{CaptureRequest, Confirmation, RefundRequest, StartRequest};

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
    capture: bool,
    external: bool,
    metadata: Map<String, Value>,
    cancellation: Option<CancellationDetails>,
    created_at: Timestamp,
}

/// A refund.
#[derive(Debug, Clone)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) payment_id: String,
    pub(crate) status: Status,
    pub(crate) amount: Amount,
    cancellation: Option<CancellationDetails>,
    created_at: Timestamp,
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

/// An object that is to be told about: the event, and the object as it was then.
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
}

/// What a key was used for, and what was answered.
struct Remembered {
    request: String,
    answer: Result<Value, Refusal>,
}

/// Everything.
pub(crate) struct Books {
    payments: BTreeMap<String, Payment>,
    refunds: BTreeMap<String, Refund>,
    keys: HashMap<String, Remembered>,
    /// Where confirmation pages are.
    base_url: String,
}

impl Books {
    /// Empty ones.
    pub(crate) fn new(base_url: &str) -> Self {
        let base_url = base_url.to_owned();
        Self { payments: BTreeMap::new(), refunds: BTreeMap::new(), keys: HashMap::new(), base_url }
    }

    /// Does `act` once for a key: a repeat is answered as the first request was, another request under the key is refused
    /// (yookassa.ru/developers/using-api/interaction-format, "Idempotence"). Refusals are remembered like successes, the stricter reading.
    pub(crate) fn once(
        &mut self,
        key: &str,
        request: String,
        act: impl FnOnce(&mut Self) -> Result<Answer, Refusal>,
    ) -> Result<Answer, Refusal> {
        if let Some(known) = self.keys.get(key) {
            if known.request != request {
                return Err(Refusal::of_header("Idempotence-Key", "Idempotence key duplicated"));
            }
            return known.answer.clone().map(|body| Answer { body, events: Vec::new() });
        }
        let answer = act(self);
        let kept = answer.as_ref().map(|answer| answer.body.clone()).map_err(Clone::clone);
        self.keys.insert(key.to_owned(), Remembered { request, answer: kept });
        answer
    }

    /// As if a day had gone by: no key is known any more.
    pub(crate) fn forget_keys(&mut self) {
        self.keys.clear();
    }

    pub(crate) fn payment(&self, id: &str) -> Result<&Payment, Refusal> {
        self.payments.get(id).ok_or_else(|| Refusal::not_found("Payment"))
    }

    pub(crate) fn refund(&self, id: &str) -> Result<&Refund, Refusal> {
        self.refunds.get(id).ok_or_else(|| Refusal::not_found("Refund"))
    }

    /// Every payment as the API shows it.
    pub(crate) fn payments(&self) -> Vec<Value> {
        self.payments.values().map(|payment| self.show_payment(payment)).collect()
    }

    /// Every refund as the API shows it.
    pub(crate) fn refunds(&self) -> Vec<Value> {
        self.refunds.values().map(show_refund).collect()
    }

    pub(crate) fn start(&mut self, request: StartRequest, fate: Fate) -> Result<Answer, Refusal> {
        request.check()?;
        let id = Uuid::new_v4().to_string();
        let token = request.payment_token.as_deref();
        let decided = match (fate, token) {
            (Fate::Open, _) | (Fate::Usual, None | Some("tok_pending")) => None,
            (Fate::TurnedDown, _) | (Fate::Usual, Some("tok_declined")) => Some(Decision::Decline),
            (Fate::Usual, Some("tok_success")) => Some(Decision::Pay),
            (Fate::Usual, Some(_)) => {
                return Err(Refusal::of("payment_token", "The payment token was not found"));
            }
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
        };
        self.payments.insert(id.clone(), payment);
        match decided {
            Some(decision) => self.decide(&id, decision, None),
            None => self.answer_payment(&id, false),
        }
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

    pub(crate) fn send_back(&mut self, request: RefundRequest, fate: Fate) -> Result<Answer, Refusal> {
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
        };
        self.refunds.insert(id.clone(), refund);
        match fate {
            Fate::Usual => self.decide_refund(&id, RefundDecision::Succeed),
            Fate::TurnedDown => self.decide_refund(&id, RefundDecision::Cancel),
            Fate::Open => self.answer_refund(&id, false),
        }
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
        let body = self.show_payment(payment);
        let event = format!("payment.{}", name(payment.status));
        Ok(Answer::new(body, changed.then_some(event)))
    }

    fn answer_refund(&self, id: &str, changed: bool) -> Result<Answer, Refusal> {
        let refund = self.refund(id)?;
        let event = format!("refund.{}", name(refund.status));
        Ok(Answer::new(show_refund(refund), changed.then_some(event)))
    }

    /// A payment as the API shows it.
    pub(crate) fn show_payment(&self, payment: &Payment) -> Value {
        let mut body = json!({
            "id": payment.id,
            "status": payment.status,
            "paid": matches!(payment.status, Status::WaitingForCapture | Status::Succeeded),
            "amount": payment.amount,
            "created_at": payment.created_at.to_string(),
            "description": payment.description,
            "metadata": payment.metadata,
            "recipient": {"account_id": "100500", "gateway_id": "100700"},
            "refundable": payment.status == Status::Succeeded && payment.refunded < payment.amount.hundredths,
            "test": true,
        });
        match payment.status {
            Status::Pending if payment.external => body["confirmation"] = json!({"type": "external"}),
            Status::Pending => {
                let url = format!("{}/confirm/{}", self.base_url, payment.id);
                body["confirmation"] = json!({"type": "redirect", "confirmation_url": url});
            }
            Status::WaitingForCapture => {
                let until = payment.created_at.checked_add(72.hours()).unwrap_or(payment.created_at);
                body["expires_at"] = json!(until.to_string());
            }
            Status::Succeeded => {
                body["captured_at"] = json!(Timestamp::now().to_string());
                if payment.refunded > 0 {
                    body["refunded_amount"] = json!(payment.amount.of(payment.refunded));
                }
            }
            Status::Canceled => body["cancellation_details"] = json!(payment.cancellation),
        }
        body
    }
}

impl Answer {
    fn new(body: Value, event: Option<String>) -> Self {
        let events = event.map(|event| Event { event, object: body.clone() }).into_iter().collect();
        Self { body, events }
    }
}

/// A refund as the API shows it.
pub(crate) fn show_refund(refund: &Refund) -> Value {
    let mut body = json!({
        "id": refund.id,
        "payment_id": refund.payment_id,
        "status": refund.status,
        "amount": refund.amount,
        "created_at": refund.created_at.to_string(),
    });
    if refund.status == Status::Canceled {
        body["cancellation_details"] = json!(refund.cancellation);
    }
    body
}

fn name(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::WaitingForCapture => "waiting_for_capture",
        Status::Succeeded => "succeeded",
        Status::Canceled => "canceled",
    }
}
