//! The operations of the API, with what the temper makes of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use crate::books::{Answer, Books, Decision, Fate, Making, Status};
use crate::lists;
use crate::misbehaviour::Misbehaviour;
use crate::payers::{Decided, Made, attend, decide};
use crate::refusal::Refusal;
use crate::request::{CancelRequest, read};
use crate::script::Operation;
use crate::show::show_refund;
use crate::state::State;

/// The longest idempotence key, in bytes (yookassa.ru/developers/using-api/interaction-format, "Idempotence").
const MAX_KEY: usize = 64;

/// A call of the API.
pub(crate) struct Call {
    pub(crate) operation: Operation,
    /// The object that the path names.
    pub(crate) object: Option<String>,
    /// What a list is filtered by.
    pub(crate) query: HashMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What else decides about a call.
pub(crate) struct Circumstances<'a> {
    pub(crate) key: Option<String>,
    /// What a script makes of what the call makes.
    pub(crate) fate: Fate,
    /// What strikes the call.
    pub(crate) plan: &'a BTreeSet<Misbehaviour>,
}

impl Circumstances<'_> {
    fn struck_by(&self, misbehaviour: Misbehaviour) -> bool {
        self.plan.contains(&misbehaviour)
    }

    /// Whether what the call makes stays undecided for a time. A script goes before.
    fn stays_pending(&self) -> bool {
        self.fate == Fate::Usual && self.struck_by(Misbehaviour::StayPending)
    }
}

/// Does what a call asks for, and begins what follows from it by itself.
pub(crate) fn perform(
    state: &Arc<State>,
    call: &Call,
    circumstances: &Circumstances<'_>,
) -> Result<Answer, Refusal> {
    let pays = circumstances.struck_by(Misbehaviour::PayAfterCancel);
    let payer = if pays { payer_of_cancelled(state, call) } else { None };
    if payer == Some(Capture::AtOnce) {
        pay(state, call);
    }
    let mut happened = Vec::new();
    let outcome = act(state, call, circumstances, &mut happened);
    if payer == Some(Capture::InTwoSteps) {
        pay(state, call);
    }
    for misbehaviour in happened {
        state.temper().count(misbehaviour);
    }
    let mut answer = outcome?;
    let stays_pending = circumstances.stays_pending();
    for object in std::mem::take(&mut answer.made) {
        attend(state, Made { object, stays_pending });
    }
    if let (Operation::GetPayment | Operation::GetRefund, Some(object)) = (call.operation, &call.object) {
        answer.body = state.temper().answer_to_get(circumstances.plan, object, answer.body);
    }
    Ok(answer)
}

/// When a payment takes the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Capture {
    AtOnce,
    InTwoSteps,
}

/// Returns how the payment that a call cancels would take the money, if its payer can still pay.
///
/// A payment that takes it at once is paid just before the cancellation, which finds it `succeeded`. One in two steps is paid just after, since a
/// payment in `waiting_for_capture` could be cancelled (yookassa.ru/developers/payment-acceptance/getting-started/payment-process).
fn payer_of_cancelled(state: &State, call: &Call) -> Option<Capture> {
    let books = state.books();
    let payment = books.payment(call.object.as_deref()?).ok()?;
    let can_pay = payment.status == Status::Pending && payment.confirmed_by_payer;
    can_pay.then_some(if payment.capture { Capture::AtOnce } else { Capture::InTwoSteps })
}

fn pay(state: &Arc<State>, call: &Call) {
    let payment = call.object.as_deref().unwrap_or_default();
    if decide(state, payment, Decided::Payment(Decision::Pay)).is_ok() {
        state.temper().count(Misbehaviour::PayAfterCancel);
    }
}

/// Does what is asked for: a change once for its key.
fn act(
    state: &State,
    call: &Call,
    circumstances: &Circumstances<'_>,
    happened: &mut Vec<Misbehaviour>,
) -> Result<Answer, Refusal> {
    let key_age = state.temper().key_age();
    let mut books = state.books();
    if let Some(answer) = read_only(&books, call) {
        return answer;
    }
    let is_json = |value: &str| value.starts_with("application/json");
    let content_type = call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(is_json) {
        return Err(Refusal::of_header("Content-Type", "Must be application/json"));
    }
    let key = circumstances.key.as_deref().filter(|key| (1..=MAX_KEY).contains(&key.len()));
    let key = key.ok_or_else(|| Refusal::of_header("Idempotence-Key", "Must be 1 to 64 characters"))?;
    if circumstances.struck_by(Misbehaviour::ForgetKeys) && books.forget_keys(key_age) > 0 {
        happened.push(Misbehaviour::ForgetKeys);
    }
    let object = call.object.as_deref().unwrap_or_default();
    let request = format!("{:?} {object} {}", call.operation, String::from_utf8_lossy(&call.body));
    books.once(key, request, |books| change(books, call, circumstances, key, happened))
}

/// Answers an operation that changes nothing; `None` for any other.
fn read_only(books: &Books, call: &Call) -> Option<Result<Answer, Refusal>> {
    let object = call.object.as_deref().unwrap_or_default();
    let answer = match call.operation {
        Operation::GetPayment => books.payment(object).map(|payment| books.show(payment)),
        Operation::GetRefund => books.refund(object).map(show_refund),
        Operation::ListPayments => lists::page(books.payments(), &call.query),
        Operation::ListRefunds => lists::page(books.refunds(), &call.query),
        Operation::CreatePayment
        | Operation::CapturePayment
        | Operation::CancelPayment
        | Operation::CreateRefund => return None,
    };
    Some(answer.map(Answer::shown))
}

/// Changes something, or is refused.
fn change(
    books: &mut Books,
    call: &Call,
    circumstances: &Circumstances<'_>,
    key: &str,
    happened: &mut Vec<Misbehaviour>,
) -> Result<Answer, Refusal> {
    if circumstances.struck_by(Misbehaviour::Refuse) {
        happened.push(Misbehaviour::Refuse);
        return Err(Refusal::wrong_state("The operation was declined"));
    }
    let fate = if circumstances.stays_pending() { Fate::Open } else { circumstances.fate };
    let making = Making { fate, key };
    let object = call.object.as_deref().unwrap_or_default();
    match call.operation {
        Operation::CreatePayment => {
            let mut answer = books.start(read(&call.body)?, making)?;
            if circumstances.struck_by(Misbehaviour::SecondPayment) {
                let second = books.start(read(&call.body)?, making)?;
                answer.events.extend(second.events);
                answer.made.extend(second.made);
                happened.push(Misbehaviour::SecondPayment);
            }
            Ok(answer)
        }
        Operation::CapturePayment => books.capture(object, read(&call.body)?),
        Operation::CancelPayment => {
            let CancelRequest {} = read(&call.body)?;
            books.cancel(object)
        }
        Operation::CreateRefund => books.send_back(read(&call.body)?, making),
        Operation::GetPayment | Operation::GetRefund | Operation::ListPayments | Operation::ListRefunds => {
            Err(Refusal::internal())
        }
    }
}
