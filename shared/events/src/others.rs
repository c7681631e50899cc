//! Events of accounts, products, stock, messages and webhook endpoints.

use schemars::JsonSchema;

use crate::shapes::{Amount, Currency, Id, Lane, Sku, Time, Units};

/// Something happened to an account, and there is no more to say. The aggregate is `user/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// Which account.
    pub user_id: Id,
}

/// An account has another login, which its owner proved. To what is in no event. The aggregate is `user/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginAdded {
    /// Which account.
    pub user_id: Id,
    /// What kind of login.
    pub login: LoginKind,
}

/// A login was taken off an account. The aggregate is `user/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginRemoved {
    /// Which account.
    pub user_id: Id,
    /// What kind of login.
    pub login: LoginKind,
    /// Why: it was never proved and another one was, another person proved or registered it, its owner replaced it, or its owner removed it.
    pub reason: LoginRemoval,
}

/// A kind of login.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum LoginKind {
    /// An email address.
    Email,
    /// A phone number.
    Phone,
}

/// Why a login was removed.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum LoginRemoval {
    /// Another login was proved, and this one never was.
    Unverified,
    /// Another person proved it, or registered it after the grace.
    Claimed,
    /// Another one of its kind took its place.
    Replaced,
    /// The account's owner removed it.
    Owner,
}

/// The owner of an account changed their profile. To what is in no event. The aggregate is `user/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileChanged {
    /// Which account.
    pub user_id: Id,
    /// Which members.
    pub changed: Vec<ProfileMember>,
}

/// A member of a profile.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub enum ProfileMember {
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The language.
    Locale,
    /// The time zone.
    TimeZone,
    /// What they want to be told.
    Notifications,
}

/// An account has other scopes. The aggregate is `user/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScopesGranted {
    /// Which account.
    pub user_id: Id,
    /// All of its scopes.
    pub scopes: Vec<String>,
}

/// Sessions of an account were ended by its owner. The aggregate is `user/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsEnded {
    /// Which account.
    pub user_id: Id,
    /// Which sessions.
    pub ended_sessions: Vec<Id>,
}

/// A session was ended because a refresh token came twice. The aggregate is `user/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionRevoked {
    /// Which account.
    pub user_id: Id,
    /// Which session.
    pub session_id: Id,
    /// Why: `refresh_token_reused`.
    pub reason: String,
}

/// A session began. The aggregate is `logins/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoggedIn {
    /// Which account.
    pub user_id: Id,
    /// Which session.
    pub session_id: Id,
    /// By `email` or `phone`.
    pub by: String,
    /// Sessions that ended because there were too many.
    pub ended_sessions: Vec<Id>,
}

/// An account has another password. The aggregate is `user/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordChanged {
    /// Which account.
    pub user_id: Id,
    /// `changed` by its owner, or `reset` by a token.
    pub how: String,
    /// Sessions that ended with the old password.
    pub ended_sessions: Vec<Id>,
}

/// There is a new machine client. The aggregate is `client/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientCreated {
    /// Which client.
    pub client_id: Id,
    /// What it may do.
    pub scopes: Vec<String>,
}

/// A machine client has another secret. The aggregate is `client/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientRotated {
    /// Which client.
    pub client_id: Id,
    /// Hours for which the secret before stays good.
    pub overlap_hours: u32,
}

/// A machine client was taken back. The aggregate is `client/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientRevoked {
    /// Which client.
    pub client_id: Id,
}

/// A product was created or changed. The aggregate is `product/<sku>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProductChanged {
    /// Which product.
    pub sku: Sku,
    /// What it costs.
    pub price: Amount,
    /// In which currency.
    pub currency: Currency,
    /// Whether it is on sale.
    pub is_active: bool,
}

/// What a warehouse has was set or adjusted. The aggregate is `stock/<sku>/<warehouse>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct StockChanged {
    /// Of what.
    pub sku: Sku,
    /// Where.
    pub warehouse: String,
    /// By how much, when it was adjusted.
    pub delta: Option<i64>,
    /// What can be sold afterwards.
    pub available: Units,
}

/// A warehouse has a SKU for the first time. The aggregate is the SKU's head.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct WarehouseAdded {
    /// Of what.
    pub sku: Sku,
    /// Where.
    pub warehouse: String,
    /// On how many lanes.
    pub lanes: Lane,
}

/// A SKU has other lanes or another threshold. The aggregate is the SKU's head.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct StockArranged {
    /// Of what.
    pub sku: Sku,
    /// On how many lanes.
    pub lanes: Lane,
    /// At how many units it counts as low.
    pub low_stock_threshold: Option<Units>,
}

/// A lane gave units away to others of its warehouse. The aggregate is `stock/<sku>/<warehouse>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnitsMoved {
    /// Of what.
    pub sku: Sku,
    /// Where.
    pub warehouse: String,
    /// From which lane.
    pub from_lane: Lane,
    /// To which.
    pub to: Vec<Given>,
}

/// What a lane was given.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Given {
    /// Which lane.
    pub lane: Lane,
    /// How many.
    pub units: Units,
}

/// A SKU became low, or no longer is. The aggregate is the SKU's head.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct StockCrossed {
    /// Of what.
    pub sku: Sku,
    /// What can be sold.
    pub available: Units,
    /// At how many units it counts as low.
    pub threshold: Units,
}

/// A reservation of its own was made or has ended; those of orders are told by the order. The aggregate is `reservation/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reservation {
    /// Which reservation.
    pub reservation_id: Id,
    /// For which order.
    pub order_id: Id,
    /// What is set aside.
    pub items: Vec<Reserved>,
    /// When its time is over, if it ever is.
    pub expires_at: Option<Time>,
}

/// What is set aside of one product.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reserved {
    /// Of what.
    pub sku: Sku,
    /// How many.
    pub quantity: Units,
}

/// A row of stock was found wrong, is right again, or was repaired. The aggregate is `drift/<sku>/<warehouse>/<lane>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Drift {
    /// Of what.
    pub sku: Sku,
    /// Where.
    pub warehouse: String,
    /// On which lane.
    pub lane: Lane,
    /// What the row said may be sold.
    pub available: i64,
    /// What the row said is set aside.
    pub reserved: i64,
    /// What live reservations hold of it.
    pub expected: Units,
}

/// What a message has come to. The aggregate is `notification/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notification {
    /// Which message.
    pub notification_id: Id,
    /// `queued`, `sent`, `unconfirmed`, `delivered` or `failed`.
    pub status: String,
    /// `email` or `sms`.
    pub channel: String,
    /// Which template.
    pub template: String,
    /// Whose account it goes to, where that is known.
    pub user_id: Option<Id>,
    /// Which order it speaks of, if it does of one.
    pub order_id: Option<Id>,
    /// The event that it was sent because of, if there was one.
    pub event_id: Option<Id>,
    /// Why it failed, or is unconfirmed.
    pub error_message: Option<String>,
}

/// An endpoint for webhooks came into the world, changed, or is gone. There may be more members. The aggregate is `webhook-endpoint/<id>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct WebhookEndpoint {
    /// Which endpoint.
    pub endpoint_id: Id,
    /// The host that it is at.
    pub host: String,
    /// Whether it is sent to.
    pub enabled: bool,
}

/// What consumers gave up is about to be sent to them again. The aggregate is `redrive/<id>`, which has no other event.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedriveStarted {
    /// From where.
    pub queues: Vec<Waiting>,
}

/// A queue of dead letters that something waits in.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Waiting {
    /// What the template calls it.
    pub name: String,
    /// How many messages it had, as nearly as SQS knows.
    pub waiting: Units,
}
