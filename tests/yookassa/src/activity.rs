//! What goes on in the background, so that `POST /control/settle` can hurry it and wait for its end.

use std::time::Duration;

use tokio::sync::watch;

#[derive(Debug, Default)]
struct Counts {
    /// Requests to settle that are under way.
    settling: usize,
    /// How often the temper was calmed.
    calmed: usize,
    /// Payers, pending objects and notifications that wait for their time.
    timers: usize,
    /// Notifications that are being sent.
    deliveries: usize,
}

/// The background work of one stub.
#[derive(Debug, Default, Clone)]
pub(crate) struct Activity(watch::Sender<Counts>);

/// One thing that is under way, until it is dropped.
pub(crate) struct Underway {
    activity: Activity,
    counter: fn(&mut Counts) -> &mut usize,
}

impl Drop for Underway {
    fn drop(&mut self) {
        let counter = self.counter;
        self.activity.0.send_modify(|counts| *counter(counts) -= 1);
    }
}

impl Activity {
    fn begin(&self, counter: fn(&mut Counts) -> &mut usize) -> Underway {
        self.0.send_modify(|counts| *counter(counts) += 1);
        Underway { activity: self.clone(), counter }
    }

    /// Begins waiting for a time.
    pub(crate) fn timer(&self) -> Underway {
        self.begin(|counts| &mut counts.timers)
    }

    /// Begins sending a notification.
    pub(crate) fn delivery(&self) -> Underway {
        self.begin(|counts| &mut counts.deliveries)
    }

    /// Begins to settle: until the returned value is dropped, nothing waits for its time.
    pub(crate) fn settle(&self) -> Underway {
        self.begin(|counts| &mut counts.settling)
    }

    /// Ends every [`Self::hang`] that is under way.
    pub(crate) fn calm(&self) {
        self.0.send_modify(|counts| counts.calmed += 1);
    }

    pub(crate) fn is_settling(&self) -> bool {
        self.0.borrow().settling > 0
    }

    /// Waits for `time`, or until the stub settles.
    pub(crate) async fn rest(&self, time: Duration) {
        let mut counts = self.0.subscribe();
        let _ = tokio::time::timeout(time, counts.wait_for(|counts| counts.settling > 0)).await;
    }

    /// Waits for `time` (without end for `None`), or until the stub settles or is calmed more than `calmed` times.
    pub(crate) async fn hang(&self, time: Option<Duration>, calmed: usize) {
        let mut counts = self.0.subscribe();
        let over = counts.wait_for(|counts| counts.settling > 0 || counts.calmed > calmed);
        match time {
            Some(time) => drop(tokio::time::timeout(time, over).await),
            None => drop(over.await),
        }
    }

    /// How often the temper was calmed.
    pub(crate) fn calmed(&self) -> usize {
        self.0.borrow().calmed
    }

    /// Waits until nothing waits for its time.
    pub(crate) async fn no_timers(&self) {
        let _ = self.0.subscribe().wait_for(|counts| counts.timers == 0).await;
    }

    /// Waits until nothing happens in the background.
    pub(crate) async fn idle(&self) {
        let idle = |counts: &Counts| counts.timers == 0 && counts.deliveries == 0;
        let _ = self.0.subscribe().wait_for(idle).await;
    }
}
