//! Requesting messages: a request is stored, queued, and sent from the queue.

use identity::{Contact, Contacts, Locale};
use kernel::ids::NotificationId;
use kernel::{Problem, UserId};
use platform::dynamo::Dynamo;
use platform::idempotency::{Attempt, Completion, Done, Idempotency, IdempotentRequest};
use platform::metrics::Metrics;
use platform::origins::{ORIGIN_RULE, Origins};
use platform::queue::Sender;
use platform::{Init, InitError, InvocationContext};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::budget::Scope;
use crate::merchant::Merchant;
use crate::message::Message;
use crate::notify::count_over_budget;
use crate::recipient::{Channel, Recipient, recipients};
use crate::record::{Notification, Outcome, Status};
use crate::requested::Requested;
use crate::rules::Rules;
use crate::store::{Created, Store};
use crate::template::Template;
use crate::variables;

/// The reason of a message that its recipient does not want.
const UNWANTED: &str = "the recipient does not want it";
/// The rule of a number that receives no SMS.
const NO_SMS_RULE: &str = "must be a number of a kind and country that the merchant sends SMS to";
/// The reason of a message that could not be put into its queue.
const UNQUEUED: &str = "could not be queued";

/// A request to send a message.
pub(crate) struct MessageRequest {
    pub(crate) channel: Channel,
    pub(crate) to: String,
    pub(crate) template: Template,
    pub(crate) variables: Map<String, Value>,
    pub(crate) locale: Option<Locale>,
}

/// A message that was requested.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestedNotification {
    notification_id: NotificationId,
    status: Status,
}

/// Accepts requests for messages: stores each one and puts it into its queue.
pub(crate) struct NotificationQueue {
    contacts: Contacts,
    store: Store,
    idempotency: Idempotency,
    dynamo: Dynamo,
    notices: Sender,
    secrets: Sender,
    rules: Rules,
    merchant: Merchant,
    origins: Origins,
    metrics: Metrics,
}

impl NotificationQueue {
    /// Needs the environment variables of [`Contacts`], [`Store`], [`Idempotency`], [`Rules`], [`Merchant`], [`Origins`] and [`Metrics`], and the
    /// queues of `NOTIFIER_QUEUE_URL` and `SECRETS_QUEUE_URL`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self {
            contacts: Contacts::connect(init).await?,
            store: Store::connect(init).await?,
            idempotency: Idempotency::connect(init).await?,
            dynamo: init.dynamo(),
            notices: Sender::connect(init, "NOTIFIER_QUEUE_URL")?,
            secrets: Sender::connect(init, "SECRETS_QUEUE_URL")?,
            rules: Rules::from_init(init)?,
            merchant: Merchant::from_init(init)?,
            origins: Origins::from_init(init, "LINK_ORIGINS")?,
            metrics: Metrics::from_init(init)?,
        })
    }

    /// Handles the request of `caller`, or returns the stored outcome of the same request.
    pub(crate) async fn take(
        &self,
        call: &InvocationContext,
        request: &IdempotentRequest,
        caller: UserId,
        requested: MessageRequest,
    ) -> Result<Completion<RequestedNotification>, Problem> {
        let (requested, message, outcome) = self.prepare(call, requested).await?;
        let caller = caller.to_string();
        let begun = self.idempotency.begin(call, &caller, request).await?;
        let ask = async |attempt: Attempt| {
            let asked = self.begin(call, &attempt, &requested, &message, &outcome).await;
            Ok(asked.map_or_else(Done::Failed, |made| made.map_or(Done::KeyTaken, Done::Finished)))
        };
        let resume = async |attempt: Attempt, made: String| {
            self.carry_on(call, &attempt, &made, requested.clone()).await
        };
        self.idempotency.run(call, begun, ask, resume).await
    }

    /// The message for `requested`, rendered now so that no error can follow later, and its first outcome.
    async fn prepare(
        &self,
        call: &InvocationContext,
        requested: MessageRequest,
    ) -> Result<(Requested, Message, Outcome), Problem> {
        let MessageRequest { channel, to, template, variables, locale } = requested;
        let written = Problem::both(variables::read(template, &variables), self.check_links(&variables));
        let (recipient, _) = Problem::both(self.recipient(channel, &to), written)?;
        let owner = self.owner(&recipient).await?;
        let contact = owner.as_ref().map(|(_, contact)| contact);
        let requested = Requested {
            notification_id: NotificationId::generate(),
            channel,
            to: recipient.as_str().to_owned(),
            template,
            expires_at: Requested::expiry(template, &variables, call.now),
            variables,
            locale: locale.or(contact.map(|contact| contact.locale)).unwrap_or_default(),
            time_zone: contact.and_then(|contact| contact.time_zone.clone()),
            user_id: owner.as_ref().map(|(user, _)| *user),
            verified: None,
        };
        let message = requested.message(&self.merchant)?;
        let wanted = contact.is_none_or(|contact| is_wanted(contact, template, channel));
        let outcome = if wanted { Outcome::Queued } else { Outcome::Failed(UNWANTED.to_owned()) };
        Ok((requested, message, outcome))
    }

    /// The recipient at `to`, if a message may be sent there.
    fn recipient(&self, channel: Channel, to: &str) -> Result<Recipient, Problem> {
        let recipient = Recipient::parse(channel, to).map_err(|rule| Problem::invalid("/to", rule))?;
        self.rules.check(&recipient).map_err(|_| Problem::invalid("/to", NO_SMS_RULE))?;
        Ok(recipient)
    }

    /// Refuses a link to an origin that is not the merchant's.
    fn check_links(&self, variables: &Map<String, Value>) -> Result<(), Problem> {
        for name in variables::LINKS {
            if variables.get(name).and_then(Value::as_str).is_some_and(|address| !self.origins.allow(address))
            {
                return Err(Problem::invalid(&format!("/variables/{name}"), ORIGIN_RULE));
            }
        }
        Ok(())
    }

    /// The account that logs in by the address or number, if there is one.
    async fn owner(&self, recipient: &Recipient) -> Result<Option<(UserId, Contact)>, Problem> {
        let user = match recipient {
            Recipient::Email(email) => self.contacts.owner_of_email(email).await?,
            Recipient::Phone(phone) => self.contacts.owner_of_phone(phone).await?,
        };
        let Some(user) = user else { return Ok(None) };
        Ok(self.contacts.find(user).await?.map(|contact| (user, contact)))
    }

    /// Stores the message and queues it; `None` when another request with the same key was faster. A message that is over a budget of the day is
    /// stored as failed.
    async fn begin(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        requested: &Requested,
        message: &Message,
        outcome: &Outcome,
    ) -> Result<Option<RequestedNotification>, Problem> {
        match self.create(call, attempt, requested, message, outcome).await? {
            Ok(made) => Ok(made),
            Err(scope) => {
                count_over_budget(self.metrics, scope);
                let failed = Outcome::Failed(scope.reason().to_owned());
                // A failed message is counted nowhere, so it is over no budget.
                Ok(self.create(call, attempt, requested, message, &failed).await?.unwrap_or_default())
            }
        }
    }

    /// As [`Self::begin`]; the error is the budget that is used up.
    async fn create(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        requested: &Requested,
        message: &Message,
        outcome: &Outcome,
    ) -> Result<Result<Option<RequestedNotification>, Scope>, Problem> {
        let id = requested.notification_id;
        let kept = Notification::claimed(call.now, call.now, message).settled(call.now, outcome.clone());
        let made = RequestedNotification { notification_id: id, status: kept.status };
        let queued = *outcome == Outcome::Queued;
        let record = if queued {
            self.idempotency.mark_in_progress(call, attempt, &id.to_string())?
        } else {
            self.idempotency.store_outcome(call, attempt, &made)?
        };
        let counters = if queued { self.rules.counters(message, call.now) } else { Vec::new() };
        match self.store.create(call, id, &kept, outcome, record, &counters).await? {
            Created::New => {}
            Created::KeyTaken => return Ok(Ok(None)),
            Created::OverBudget(scope) => return Ok(Err(scope)),
        }
        if !queued {
            return Ok(Ok(Some(made)));
        }
        if let Err(problem) = self.hand_over(requested).await {
            self.give_up(call, attempt, id, &kept).await;
            return Err(problem);
        }
        self.finish(call, attempt, &made).await;
        Ok(Ok(Some(made)))
    }

    /// Continues where the first request with the same key stopped, after it stored the message `made`. Whether that was queued is not known; the
    /// sending consumer recognises a repeat by its id.
    async fn carry_on(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        made: &str,
        requested: Requested,
    ) -> Result<RequestedNotification, Problem> {
        let id: NotificationId = made.parse().map_err(Problem::internal)?;
        let kept = self.store.find(id).await?.ok_or_else(|| Problem::internal("a message is gone"))?;
        if kept.status == Status::Queued {
            self.hand_over(&Requested { notification_id: id, ..requested }).await?;
        }
        let made = RequestedNotification { notification_id: id, status: kept.status };
        self.finish(call, attempt, &made).await;
        Ok(made)
    }

    async fn hand_over(&self, requested: &Requested) -> Result<(), Problem> {
        let queue = if requested.template.is_secret() { &self.secrets } else { &self.notices };
        match queue.send(std::slice::from_ref(requested)).await? {
            0 => Err(Problem::unavailable("the queue did not take the message")),
            _ => Ok(()),
        }
    }

    /// Stores the outcome. Should that fail, a retry queues the message once more, which changes nothing.
    async fn finish(&self, call: &InvocationContext, attempt: &Attempt, made: &RequestedNotification) {
        let finished = match self.idempotency.finished(call, attempt, made) {
            Ok(Some(write)) => self.dynamo.commit(call, vec![write]).await.map(|_| ()),
            Ok(None) => return,
            Err(problem) => Err(problem),
        };
        if let Err(problem) = finished {
            tracing::warn!(%problem, "the outcome was not stored");
        }
    }

    /// Handles a message that was stored and not queued: a retry of the request carries on at once, and where there can't be one the message has
    /// failed.
    async fn give_up(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        id: NotificationId,
        kept: &Notification,
    ) {
        let given_up = match self.idempotency.release_lease(call, attempt) {
            Ok(Some(write)) => {
                let commit = self.dynamo.commit(call, vec![write]).await;
                commit.and_then(|commit| {
                    commit.ok_or_else(|_| Problem::internal("the key's record is another's"))
                })
            }
            Ok(None) => {
                let failed = Outcome::Failed(UNQUEUED.to_owned());
                self.store.settle(call, id, kept, failed).await.map(|_| ())
            }
            Err(problem) => Err(problem),
        };
        if let Err(problem) = given_up {
            tracing::warn!(notification_id = %id, %problem, "the message stays queued");
        }
    }
}

/// Returns true when `contact` receives `template` by `channel`: necessary messages by any channel.
fn is_wanted(contact: &Contact, template: Template, channel: Channel) -> bool {
    template.is_necessary() || recipients(contact, template).iter().any(|to| to.channel() == channel)
}
