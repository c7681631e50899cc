//! A webhook endpoint, at which a merchant receives events, and its changes of state.

use kernel::ids::WebhookEndpointId;
use kernel::{EventData, NewEvent, Problem, Timestamp, UserId};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::event_type::EventTypes;
use crate::events::{EndpointDeleted, EndpointState};
use crate::secret::{Signing, SigningSecret};

/// The longest description, in characters.
pub const MAX_DESCRIPTION_LENGTH: usize = 200;
/// Deliveries given up one after the other, none made in between, until an endpoint is disabled. Each of them is ten attempts over three days.
pub const MAX_EXHAUSTED: u32 = 5;

/// The reasons for which an endpoint is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// An operator disabled it.
    Operator,
    /// It returned 410 Gone.
    Gone,
    /// [`MAX_EXHAUSTED`] deliveries were given up.
    Failing,
    /// Its owner may not register endpoints any more.
    OwnerRightsEnded,
}

/// The state of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Deliveries are sent.
    Enabled,
    /// No deliveries are sent.
    #[serde(rename_all = "camelCase")]
    Disabled {
        reason: Reason,
        /// The time at which it was disabled.
        since: Timestamp,
    },
}

/// The account or client on whose right an endpoint receives events: the one that last set where its deliveries go, or had them made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// An account, or a machine client.
    pub id: UserId,
    /// The time at which it last did so.
    pub since: Timestamp,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// The URL that its deliveries are sent to.
    pub url: String,
    /// The event types that it receives.
    pub event_types: EventTypes,
    /// The operators' description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The owner; absent for an endpoint that was registered before owners were kept, until it is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    pub status: State,
    /// Deliveries given up since one was last made.
    pub exhausted: u32,
    /// The secrets that its deliveries are signed with.
    pub signing: Signing,
    /// The time at which it was registered.
    pub created_at: Timestamp,
    /// The time of its last change.
    pub updated_at: Timestamp,
    /// Counts its changes, from 1.
    pub version: u64,
}

/// The registration of an endpoint by an operator.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// The URL that deliveries are sent to.
    pub url: Url,
    /// The event types to send.
    pub event_types: EventTypes,
    /// The operators' description.
    pub description: Option<String>,
}

/// The change of an endpoint by an operator; a member that is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The URL that deliveries are sent to.
    pub url: Option<Url>,
    /// The event types to send.
    pub event_types: Option<EventTypes>,
    /// The operators' description.
    pub description: Naming,
    /// True to enable the endpoint, false to disable it.
    pub enabled: Option<bool>,
}

/// The change of a description.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Naming {
    /// It stays.
    #[default]
    Keep,
    /// It is this, or there is none any more.
    Become(Option<String>),
}

impl Endpoint {
    /// A new endpoint of `owner`.
    pub fn new(
        id: WebhookEndpointId,
        owner: UserId,
        new: NewEndpoint,
        secret: SigningSecret,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            url: new.url.into(),
            event_types: new.event_types,
            description: new.description,
            owner: Some(Owner { id: owner, since: now }),
            status: State::Enabled,
            exhausted: 0,
            signing: Signing::new(secret, now),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// True when deliveries are sent to it.
    pub fn is_enabled(&self) -> bool {
        self.status == State::Enabled
    }

    /// The reason for which, and the time at which, it was disabled; `None` while it is enabled.
    pub fn disabled(&self) -> Option<(Reason, Timestamp)> {
        match self.status {
            State::Enabled => None,
            State::Disabled { reason, since } => Some((reason, since)),
        }
    }

    /// The endpoint after `change` by `editor`, and the names of what changed; `None` when it is so already. Who says where deliveries go, or that
    /// they are made again, is its owner from then on.
    pub fn changed(
        &self,
        change: &Change,
        editor: UserId,
        now: Timestamp,
    ) -> Option<(Self, Vec<&'static str>)> {
        let (mut next, mut names) = (self.clone(), Vec::new());
        if let Some(url) = &change.url
            && url.as_str() != self.url
        {
            next.url = url.to_string();
            names.push("url");
        }
        if let Some(types) = &change.event_types
            && *types != self.event_types
        {
            next.event_types = types.clone();
            names.push("eventTypes");
        }
        if let Naming::Become(description) = &change.description
            && *description != self.description
        {
            next.description.clone_from(description);
            names.push("description");
        }
        if let Some(enabled) = change.enabled
            && enabled != self.is_enabled()
        {
            // An endpoint that is enabled counts as repaired: earlier failures no longer count.
            next.exhausted = 0;
            next.status = if enabled {
                State::Enabled
            } else {
                State::Disabled { reason: Reason::Operator, since: now }
            };
            names.push("enabled");
        }
        if names.contains(&"url") || (next.is_enabled() && !self.is_enabled()) {
            next.owner = Some(Owner { id: editor, since: now });
            if self.owner.is_none_or(|owner| owner.id != editor) {
                names.push("ownerId");
            }
        }
        (!names.is_empty()).then(|| (next.stepped(now), names))
    }

    /// The endpoint with a new secret.
    #[must_use]
    pub fn rotated(&self, secret: SigningSecret, now: Timestamp) -> Self {
        Self { signing: self.signing.rotated(secret, now), ..self.clone() }.stepped(now)
    }

    /// The endpoint when nothing is to be sent to it any more; `None` when that is so already.
    pub fn stopped(&self, reason: Reason, now: Timestamp) -> Option<Self> {
        let status = State::Disabled { reason, since: now };
        self.is_enabled().then(|| Self { status, ..self.clone() }.stepped(now))
    }

    /// The endpoint once its owner has no right to it any more, also where nothing was sent to it before; `None` when that is so already.
    pub fn without_owners_right(&self, now: Timestamp) -> Option<Self> {
        let reason = Reason::OwnerRightsEnded;
        let known = self.disabled().is_some_and(|(known, _)| known == reason);
        let status = State::Disabled { reason, since: now };
        (!known).then(|| Self { status, ..self.clone() }.stepped(now))
    }

    /// The endpoint after one more delivery to it was given up: disabled when that was one too many.
    #[must_use]
    pub fn exhausted(&self, now: Timestamp) -> Self {
        let counted = Self { exhausted: self.exhausted.saturating_add(1), ..self.clone() };
        if counted.exhausted < MAX_EXHAUSTED {
            return counted;
        }
        counted.stopped(Reason::Failing, now).unwrap_or(counted)
    }

    /// With its next version.
    fn stepped(self, now: Timestamp) -> Self {
        Self { version: self.version + 1, updated_at: now, ..self }
    }

    /// The `event` of the change that led to this version of the endpoint; `changed` names the members that changed.
    pub fn event<E: EventData>(
        &self,
        event: fn(EndpointState) -> E,
        changed: Vec<&'static str>,
    ) -> Result<NewEvent, Problem> {
        self.event_at(event, self.version, changed)
    }

    /// The endpoint, which is as it was last, is no more.
    pub fn deleted(&self) -> Result<NewEvent, Problem> {
        self.event_at(EndpointDeleted, self.version + 1, Vec::new())
    }

    fn event_at<E: EventData>(
        &self,
        event: fn(EndpointState) -> E,
        sequence: u64,
        changed: Vec<&'static str>,
    ) -> Result<NewEvent, Problem> {
        let url = Url::parse(&self.url).map_err(Problem::internal)?;
        let data = EndpointState {
            endpoint_id: self.id,
            host: url.host_str().unwrap_or_default().to_owned(),
            event_types: self.event_types.clone(),
            owner_id: self.owner.map(|owner| owner.id),
            enabled: self.is_enabled(),
            reason: self.disabled().map(|(reason, _)| reason),
            changed,
        };
        NewEvent::new(format!("webhook-endpoint/{}", self.id), sequence, &event(data))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn endpoint() -> Endpoint {
        let new = NewEndpoint {
            url: "https://shop.example.com/hooks?key=hidden".parse().unwrap(),
            event_types: EventTypes::new(vec!["*".parse().unwrap()]).unwrap(),
            description: None,
        };
        let secret = SigningSecret::generate().unwrap();
        Endpoint::new(
            WebhookEndpointId::generate(),
            UserId::generate(),
            new,
            secret,
            Timestamp::from_millis(1),
        )
    }

    #[test]
    fn a_change_to_what_is_so_already_is_none() {
        let endpoint = endpoint();
        let same = Change {
            url: Some(endpoint.url.parse().unwrap()),
            event_types: Some(endpoint.event_types.clone()),
            description: Naming::Become(None),
            enabled: Some(true),
        };
        let (other, now) = (UserId::generate(), Timestamp::from_millis(2));
        assert_eq!(endpoint.changed(&same, other, now), None);
        let named = Change { description: Naming::Become(Some("ERP".to_owned())), ..Change::default() };
        let (next, names) = endpoint.changed(&named, other, now).unwrap();
        assert_eq!((next.version, next.description.as_deref(), names), (2, Some("ERP"), vec!["description"]));
        assert_eq!(next.owner, endpoint.owner, "a name tells nobody anything");
    }

    #[test]
    fn who_decides_where_it_goes_is_the_owner() {
        let (endpoint, now) = (endpoint(), Timestamp::from_millis(2));
        let (first, other) = (endpoint.owner.unwrap().id, UserId::generate());
        let moved = Change { url: Some("https://other.example.com/".parse().unwrap()), ..Change::default() };
        let (next, names) = endpoint.changed(&moved, other, now).unwrap();
        assert_eq!((next.owner, names), (Some(Owner { id: other, since: now }), vec!["url", "ownerId"]));
        let (next, names) = endpoint.changed(&moved, first, now).unwrap();
        assert_eq!((next.owner, names), (Some(Owner { id: first, since: now }), vec!["url"]));
        let switch = |enabled| Change { enabled: Some(enabled), ..Change::default() };
        let types = Some(EventTypes::new(vec!["orders.order_paid.v1".parse().unwrap()]).unwrap());
        let (data, names) =
            endpoint.changed(&Change { event_types: types, ..Change::default() }, other, now).unwrap();
        assert_eq!(
            (data.owner, names),
            (endpoint.owner, vec!["eventTypes"]),
            "it still goes where its owner said"
        );
        let (off, _) = endpoint.changed(&switch(false), other, now).unwrap();
        assert_eq!(off.owner, endpoint.owner, "who stops it sends nothing");
        let (on, names) = off.changed(&switch(true), other, now).unwrap();
        assert_eq!((on.owner.unwrap().id, names), (other, vec!["enabled", "ownerId"]));
    }

    #[test]
    fn so_many_deliveries_given_up_disable_it_and_enabling_forgives() {
        let (mut endpoint, now) = (endpoint(), Timestamp::from_millis(2));
        for count in 1..MAX_EXHAUSTED {
            endpoint = endpoint.exhausted(now);
            assert_eq!((endpoint.exhausted, endpoint.is_enabled(), endpoint.version), (count, true, 1));
        }
        endpoint = endpoint.exhausted(now);
        assert_eq!((endpoint.disabled(), endpoint.version), (Some((Reason::Failing, now)), 2));
        // One that was on its way still is counted, and changes nothing else.
        let again = endpoint.exhausted(now);
        assert_eq!((again.disabled(), again.version), (endpoint.disabled(), 2));
        let enable = Change { enabled: Some(true), ..Change::default() };
        let (enabled, _) = again.changed(&enable, UserId::generate(), now).unwrap();
        assert_eq!((enabled.is_enabled(), enabled.exhausted, enabled.disabled()), (true, 0, None));
    }

    #[test]
    fn the_journal_has_neither_secret_nor_path() {
        let endpoint = endpoint().rotated(SigningSecret::generate().unwrap(), Timestamp::from_millis(3));
        let event = endpoint.event(crate::events::SecretRotated, Vec::new()).unwrap();
        let text = event.data.to_string();
        assert!(
            text.contains("shop.example.com") && !text.contains("hidden") && !text.contains("whsec_"),
            "{text}"
        );
        assert_eq!((event.sequence, endpoint.deleted().unwrap().sequence), (2, 3));
    }
}
