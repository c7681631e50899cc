//! Notifications: at once, late, several times, held back, and again until they are acknowledged.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::books::Event;
use crate::script::Subject;
use crate::state::State;
use crate::temper::{Dispatch, DispatchFate};

/// The first pause before a notification is sent again; each further one is twice as long. The provider takes minutes.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often a notification is sent before it is given up.
const MAX_ATTEMPTS: u32 = 60;
/// How often the wait for first attempts looks for them.
const POLL: Duration = Duration::from_millis(2);
/// The time that the merchant has to acknowledge a notification.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest pause while the stub settles: the caller that settles it waits for this.
const LONGEST_PAUSE_OF_SETTLING: Duration = Duration::from_secs(1);
/// How long an answer waits for the notifications that are sent before it, at most.
const BEFORE_ANSWER: Duration = Duration::from_secs(2);

/// A notification, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Notification {
    event: String,
    object: String,
    /// The statuses that were answered; 0 where none was.
    answers: Vec<u16>,
    acknowledged: bool,
    held: bool,
    /// Whether it will never be sent.
    lost: bool,
    /// The payment that it is about, if the next notification about that payment releases it.
    #[serde(skip)]
    overtaken: Option<String>,
    #[serde(skip)]
    body: Value,
}

/// Which notification.
pub(crate) type Index = usize;

impl Notification {
    fn new(event: &Event, fate: DispatchFate) -> Self {
        let overtaken = matches!(fate, DispatchFate::Overtaken { .. }).then(|| payment_of(event).to_owned());
        Self {
            event: event.event.clone(),
            object: object_of(event).to_owned(),
            answers: Vec::new(),
            acknowledged: false,
            held: matches!(fate, DispatchFate::Held | DispatchFate::Overtaken { .. }),
            lost: fate == DispatchFate::Lost,
            overtaken,
            body: json!({"type": "notification", "event": event.event, "object": event.object}),
        }
    }

    /// Releases it, unless it was released before.
    fn release(&mut self) -> bool {
        self.overtaken = None;
        std::mem::take(&mut self.held)
    }
}

/// The payment or refund that an event is about.
fn object_of(event: &Event) -> &str {
    event.object["id"].as_str().unwrap_or_default()
}

/// The payment that an event is about, of a refund the one whose money goes back.
fn payment_of(event: &Event) -> &str {
    event.object["payment_id"].as_str().unwrap_or_else(|| object_of(event))
}

/// Sends what has happened, as the scripts say or else the temper. Returns the notifications that are being sent now.
pub(crate) fn announce(state: &Arc<State>, events: Vec<Event>, subject: &Subject) -> Vec<Index> {
    let mut sent = Vec::new();
    for event in events {
        let mut about = subject.clone();
        about.objects.push(object_of(&event).to_owned());
        about.amounts.extend(event.object["amount"]["value"].as_str().map(str::to_owned));
        let overtaken = take_overtaken(state, payment_of(&event));
        let scripted = state.scripts().dispatch(&about);
        let tempered = || state.temper().dispatch(object_of(&event), payment_of(&event));
        let dispatch = scripted.unwrap_or_else(tempered);
        for copy in 0..dispatch.copies {
            let index = {
                let mut notifications = state.notifications();
                notifications.push(Notification::new(&event, dispatch.fate));
                notifications.len() - 1
            };
            let then = if copy == 0 { overtaken.clone() } else { Vec::new() };
            send(state, dispatch, index, then);
            if dispatch.fate == DispatchFate::Sent && dispatch.after.is_zero() {
                sent.push(index);
            }
        }
    }
    sent
}

/// Sends a notification as it is due, and after it those that it overtakes.
fn send(state: &Arc<State>, dispatch: Dispatch, index: Index, then: Vec<Index>) {
    let (state, timer) = (Arc::clone(state), state.activity.timer());
    tokio::spawn(async move {
        let mut due = Vec::with_capacity(1 + then.len());
        match dispatch.fate {
            DispatchFate::Sent => {
                state.activity.rest(dispatch.after).await;
                due.push(index);
            }
            DispatchFate::Overtaken { at_most } => {
                state.activity.rest(at_most).await;
                due.extend(release_one(&state, index));
            }
            DispatchFate::Held | DispatchFate::Lost => {}
        }
        due.extend(then);
        let delivery = state.activity.delivery();
        drop(timer);
        for index in due {
            deliver(&state, index).await;
        }
        drop(delivery);
    });
}

/// Waits until each of `sent` has been answered or has failed once, for some time at most. Returns whether there was anything to wait for.
pub(crate) async fn first_attempts(state: &State, sent: &[Index]) -> bool {
    if sent.is_empty() || state.webhook_url().is_none() {
        return false;
    }
    let attempted = || {
        let notifications = state.notifications();
        sent.iter().all(|index| notifications.get(*index).is_none_or(|sent| !sent.answers.is_empty()))
    };
    let wait = async {
        while !attempted() {
            tokio::time::sleep(POLL).await;
        }
    };
    let _ = tokio::time::timeout(BEFORE_ANSWER, wait).await;
    true
}

/// Releases those that wait to be overtaken by a notification about `payment`.
fn take_overtaken(state: &State, payment: &str) -> Vec<Index> {
    let mut notifications = state.notifications();
    let waiting = notifications
        .iter_mut()
        .enumerate()
        .filter(|(_, notification)| notification.overtaken.as_deref() == Some(payment));
    waiting.filter_map(|(index, notification)| notification.release().then_some(index)).collect()
}

fn release_one(state: &State, index: Index) -> Option<Index> {
    state.notifications().get_mut(index).is_some_and(Notification::release).then_some(index)
}

/// Sends what is held back about `object` (everything without it), one after the other: in the order in which it happened, or the other way round.
pub(crate) async fn release(state: &Arc<State>, object: Option<&str>, reversed: bool) -> usize {
    let mut held: Vec<Index> = Vec::new();
    for (index, notification) in state.notifications().iter_mut().enumerate() {
        if object.is_none_or(|object| object == notification.object) && notification.release() {
            held.push(index);
        }
    }
    if reversed {
        held.reverse();
    }
    for index in &held {
        deliver(state, *index).await;
    }
    held.len()
}

/// Sends a notification until it is acknowledged, by 200 and nothing else.
async fn deliver(state: &Arc<State>, index: Index) {
    let mut pause = FIRST_PAUSE;
    for _ in 0..MAX_ATTEMPTS {
        let Some(url) = state.webhook_url() else { return };
        let Some(body) = state.notifications().get(index).map(|notification| notification.body.clone())
        else {
            return;
        };
        let request = state.http().post(url).timeout(PATIENCE).header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await;
        let status = answer.map_or(0, |answer| answer.status().as_u16());
        if let Some(notification) = state.notifications().get_mut(index) {
            notification.answers.push(status);
            notification.acknowledged = status == 200;
        }
        if status == 200 {
            return;
        }
        let longest = if state.activity.is_settling() { LONGEST_PAUSE_OF_SETTLING } else { LONGEST_PAUSE };
        tokio::time::sleep(pause.min(longest)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
