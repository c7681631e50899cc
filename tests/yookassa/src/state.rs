//! What the routes share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::Options;
use crate::activity::Activity;
use crate::books::Books;
use crate::script::{Operation, Scripts};
use crate::temper::{Settings, Temper};
use crate::webhooks::Notification;

/// A call that came.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Received {
    pub(crate) operation: Operation,
    pub(crate) key: Option<String>,
    pub(crate) objects: Vec<String>,
    pub(crate) amounts: Vec<String>,
}

/// Everything, each part behind its own lock; none is held over an await.
pub(crate) struct State {
    pub(crate) options: Options,
    pub(crate) activity: Activity,
    http: reqwest::Client,
    books: Mutex<Books>,
    scripts: Mutex<Scripts>,
    temper: Mutex<Temper>,
    notifications: Mutex<Vec<Notification>>,
    received: Mutex<Vec<Received>>,
    webhook_url: Mutex<Option<String>>,
}

fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(crate) fn new(options: Options, base_url: &str, http: reqwest::Client) -> Self {
        Self {
            webhook_url: Mutex::new(options.webhook_url.clone()),
            options,
            activity: Activity::default(),
            http,
            books: Mutex::new(Books::new(base_url)),
            scripts: Mutex::default(),
            temper: Mutex::default(),
            notifications: Mutex::default(),
            received: Mutex::default(),
        }
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        open(&self.books)
    }

    pub(crate) fn scripts(&self) -> MutexGuard<'_, Scripts> {
        open(&self.scripts)
    }

    pub(crate) fn temper(&self) -> MutexGuard<'_, Temper> {
        open(&self.temper)
    }

    /// Sets the temper. What stays undecided until calm is decided once it is calm.
    pub(crate) fn set_temper(&self, settings: Settings) {
        let mut temper = self.temper();
        temper.set(settings);
        if temper.is_calm() {
            drop(temper);
            self.activity.calm();
        }
    }

    /// Calms the temper.
    pub(crate) fn calm(&self) {
        self.temper().calm();
        self.activity.calm();
    }

    pub(crate) fn notifications(&self) -> MutexGuard<'_, Vec<Notification>> {
        open(&self.notifications)
    }

    pub(crate) fn received(&self) -> MutexGuard<'_, Vec<Received>> {
        open(&self.received)
    }

    pub(crate) fn webhook_url(&self) -> Option<String> {
        open(&self.webhook_url).clone()
    }

    pub(crate) fn set_webhook_url(&self, url: Option<String>) {
        *open(&self.webhook_url) = url;
    }
}
