//! What members of events are made of. They are described here and never built: an event is written by its context, and held against its
//! description by a test.

use schemars::JsonSchema;

/// An id.
#[derive(JsonSchema)]
#[schemars(extend("format" = "uuid"))]
pub struct Id(pub String);

/// A point in time: RFC 3339, UTC, milliseconds.
#[derive(JsonSchema)]
#[schemars(extend("format" = "date-time", "pattern" = "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$"))]
pub struct Time(pub String);

/// An amount of money in minor units of the event's currency.
#[derive(JsonSchema)]
#[schemars(extend("minimum" = 0, "maximum" = 1_000_000_000_000_000_i64))]
pub struct Amount(pub i64);

/// An ISO 4217 currency.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = "^[A-Z]{3}$"))]
pub struct Currency(pub String);

/// What people call an order.
#[derive(JsonSchema)]
#[schemars(extend("minimum" = 1, "maximum" = 9_007_199_254_740_991_i64))]
pub struct OrderNumber(pub i64);

/// A product.
#[derive(JsonSchema)]
#[schemars(extend("minLength" = 1, "maxLength" = 64))]
pub struct Sku(pub String);

/// A number of units.
#[derive(JsonSchema)]
#[schemars(extend("minimum" = 0))]
pub struct Units(pub i64);

/// A number of lanes, or one of them.
#[derive(JsonSchema)]
#[schemars(extend("minimum" = 0, "maximum" = 65_535))]
pub struct Lane(pub i64);
