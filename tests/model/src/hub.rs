//! Where steps wait until the scheduler says what becomes of them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::effect::{Effect, Outcome, Reply};
use crate::world::World;

/// A step that an actor waits for.
pub struct Waiting {
    /// Whose it is.
    pub slot: usize,
    /// What is asked.
    pub effect: Effect,
    reply: oneshot::Sender<Reply>,
}

/// What the hub has.
pub struct Inner {
    /// Everything outside of the actors.
    pub world: World,
    /// Whether steps wait; otherwise each is done at once.
    pub scheduled: bool,
    /// Steps in the order in which they were asked for.
    pub waiting: Vec<Waiting>,
    /// The actors that have come to their end.
    pub ended: Vec<usize>,
}

/// Shared by actors, the provider's server and the scheduler.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Mutex<Inner>>,
    moved: Arc<Notify>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hub")
    }
}

impl Hub {
    /// Around `world`; nothing waits yet.
    pub fn new(world: World) -> Self {
        let inner = Inner { world, scheduled: false, waiting: Vec::new(), ended: Vec::new() };
        Self { inner: Arc::new(Mutex::new(inner)), moved: Arc::new(Notify::new()) }
    }

    /// What the hub has. Never held across an await.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a step of the actor in `slot`.
    pub fn ask(&self, slot: usize, effect: Effect) -> impl Future<Output = Reply> + Send + use<> {
        let (reply, answer) = oneshot::channel();
        let mut inner = self.lock();
        if inner.scheduled {
            inner.waiting.push(Waiting { slot, effect, reply });
        } else {
            let done = inner.world.perform(slot, &effect, Outcome::Done);
            // The receiver is right here.
            let _ = reply.send(done);
        }
        drop(inner);
        self.moved.notify_one();
        // The scheduler drops the steps of an actor that dies.
        async move { answer.await.unwrap_or(Reply::Nothing) }
    }

    /// Notes that the actor in `slot` has come to its end.
    pub fn end(&self, slot: usize) {
        self.lock().ended.push(slot);
        self.moved.notify_one();
    }

    /// Waits until something was asked for or has ended.
    pub async fn moved(&self) {
        self.moved.notified().await;
    }

    /// Does the waiting step at `place`, of which `outcome` becomes.
    pub fn release(&self, place: usize, outcome: Outcome) {
        let mut inner = self.lock();
        let Waiting { slot, effect, reply } = inner.waiting.remove(place);
        let answer = inner.world.perform(slot, &effect, outcome);
        drop(inner);
        // An actor that has died waits for nothing.
        let _ = reply.send(answer);
    }

    /// Drops what the actor in `slot` waits for.
    pub fn forget(&self, slot: usize) {
        self.lock().waiting.retain(|waiting| waiting.slot != slot);
    }
}
