//! Notifications: at once, late, several times, held back, and again until they are acknowledged.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::books::Event;
use crate::script::Subject;
use crate::state::State;

/// The first pause before a notification is sent again; each further one is twice as long. The provider takes minutes.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often a notification is sent before it is given up.
const MAX_ATTEMPTS: u32 = 60;
/// How long the shop may take to acknowledge.
const PATIENCE: Duration = Duration::from_secs(20);

/// A notification, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Notification {
    event: String,
    object: String,
    /// The statuses that were answered; 0 where none was.
    answers: Vec<u16>,
    acknowledged: bool,
    held: bool,
    #[serde(skip)]
    body: Value,
}

/// Which notification.
pub(crate) type Index = usize;

impl Notification {
    fn new(event: Event, held: bool) -> Self {
        let object = event.object["id"].as_str().unwrap_or_default().to_owned();
        let body = json!({"type": "notification", "event": event.event, "object": event.object});
        Self { event: event.event, object, answers: Vec::new(), acknowledged: false, held, body }
    }
}

/// Sends what has happened, as the scripts say.
pub(crate) fn announce(state: &Arc<State>, events: Vec<Event>, subject: &Subject) {
    for event in events {
        let mut about = subject.clone();
        about.objects.extend(event.object["id"].as_str().map(str::to_owned));
        about.amounts.extend(event.object["amount"]["value"].as_str().map(str::to_owned));
        let delivery = state.scripts().delivery(&about);
        let (copies, after, hold) = delivery.map_or((1, Duration::ZERO, false), |delivery| {
            (delivery.copies(), delivery.after(), delivery.hold())
        });
        for _ in 0..copies {
            let index = {
                let mut notifications = state.notifications();
                notifications.push(Notification::new(event.clone(), hold));
                notifications.len() - 1
            };
            if !hold {
                let state = Arc::clone(state);
                tokio::spawn(async move {
                    tokio::time::sleep(after).await;
                    deliver(&state, index).await;
                });
            }
        }
    }
}

/// Sends what is held back about `object` (everything without it), one after the other: in the order in which it happened, or the other way round.
pub(crate) async fn release(state: &Arc<State>, object: Option<&str>, reversed: bool) -> usize {
    let mut held: Vec<Index> = Vec::new();
    for (index, notification) in state.notifications().iter_mut().enumerate() {
        if notification.held && object.is_none_or(|object| object == notification.object) {
            notification.held = false;
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
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
