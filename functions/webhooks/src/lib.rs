//! Sends events to merchants' systems, signed as Standard Webhooks specifies.
//!
//! | module | contents |
//! |---|---|
//! | [`address`] | which network addresses may be connected to; pure |
//! | [`target`] | which URLs may be registered; pure |
//! | [`event_type`] | which events an endpoint wants; pure |
//! | [`secret`] | signing secrets, and the header that they make; pure but for the drawing of one |
//! | [`schedule`] | when a failed delivery is tried again; pure |
//! | [`endpoint`] | a webhook endpoint, and its changes of state; pure |
//! | [`events`] | the events of endpoints |
//! | [`delivery`] | one event on its way to one endpoint, and what an attempt makes of it; pure |
//! | [`envelope`] | what is sent; pure |
//! | [`store`] | the table: keys, items, expressions |
//! | [`rights`] | ending the endpoints of those who may not register any more |
//! | [`endpoint_service`] | making, changing and removing endpoints |
//! | [`fan_out`] | one delivery for each endpoint that wants an event |
//! | [`sender`] | one HTTP request to an address that may be connected to |
//! | [`delivery_worker`] | one attempt of a delivery, and what follows from it |
//! | [`resend`], [`sweep`] | deliveries that an operator or the clock asks for again |
//! | [`refusal`] | the reasons for which requests are refused, with their codes and texts; pure |
//! | [`routes`], [`triggers`] | one file for each function |
//!
//! A delivery's id is derived from event and endpoint, so an event that comes twice is delivered once. An attempt is claimed by moving the
//! delivery's next attempt into the future under the condition that no other process did before: two messages about one delivery make one attempt,
//! and the attempt of a process that died is made again when the claim is over.
//!
//! The context publishes its own changes in the journal and never by webhook: see [`event_type::CONTEXTS`].

pub mod address;
pub mod delivery;
pub mod delivery_worker;
pub mod endpoint;
pub mod endpoint_service;
pub mod envelope;
pub mod event_type;
pub mod events;
pub mod fan_out;
pub mod refusal;
pub mod resend;
pub mod rights;
pub mod routes;
pub mod schedule;
pub mod secret;
pub mod sender;
pub mod store;
pub mod sweep;
pub mod target;
pub mod triggers;
