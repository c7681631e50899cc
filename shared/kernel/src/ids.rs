//! The one registry of typed ids. An id of one kind can't be passed where another is meant.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::decimal::decimal;
use crate::problem::Problem;
use crate::time::Timestamp;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(description = "An id.", extend("format" = "uuid"))]
        pub struct $name(#[schemars(with = "String")] Uuid);

        impl $name {
            /// A new random (version 4) id.
            pub fn generate() -> Self {
                Self(Uuid::new_v4())
            }

            /// An id derived from a name: the same name always gives the same id, so that a repeated attempt
            /// finds what the first one made. Version 5 under [`NAMESPACE`].
            pub fn derived(name: &str) -> Self {
                Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
            }

            /// The one of `count` shards that the id belongs to: from 0 to `count` - 1, and 0 when `count` is 0.
            pub fn shard(self, count: u64) -> u64 {
                // The low half of a UUID, but for its first two bits, is random or a digest.
                let (_, low) = self.0.as_u64_pair();
                low.checked_rem(count).unwrap_or(0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAUuid;

            fn from_str(text: &str) -> Result<Self, NotAUuid> {
                hyphenated(text).map(Self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Hyphenated).map(Self)
            }
        }
    )+};
}

/// The rule for an id, for problems.
const ID_RULE: &str = "must be a UUID in lower case, such as 6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0";

/// The text is no UUID in the form of RFC 9562.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAUuid;

impl fmt::Display for NotAUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ID_RULE)
    }
}

impl std::error::Error for NotAUuid {}

/// Reads the form in which RFC 9562 section 4 has UUIDs written: 32 hexadecimal digits in lower case, in five groups with hyphens between them. Capitals
/// would be a second spelling of an id: another key for caches, idempotency and text comparison. The other forms that the library reads, in
/// braces, as a URN or without hyphens, have another length.
fn hyphenated(text: &str) -> Result<Uuid, NotAUuid> {
    if text.len() != Hyphenated::LENGTH || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(NotAUuid);
    }
    Uuid::try_parse(text).map_err(|_| NotAUuid)
}

/// Reads an id in a body or an item.
struct Hyphenated;

impl Hyphenated {
    const LENGTH: usize = uuid::fmt::Hyphenated::LENGTH;
}

impl Visitor<'_> for Hyphenated {
    type Value = Uuid;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a UUID")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Uuid, E> {
        hyphenated(text).map_err(E::custom)
    }
}

/// The namespace of every name-based id in this system. It may never change: order ids are found through it.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x6c1f_0a52_93d4_4e0b_8a77_1d5e_42b9_c3f0);

uuid_ids! {
    /// A customer's, operator's or machine client's account.
    UserId,
    /// A customer's cart; derived from the customer.
    CartId,
    /// A signed copy of a cart with its prices.
    SnapshotId,
    /// An order; derived from its [`OrderNumber`], so that either one finds the order in one read.
    OrderId,
    /// One attempt to pay an order; also the idempotence key given to the payment provider.
    PaymentId,
    /// One return of money; also the idempotence key given to the payment provider.
    RefundId,
    /// Stock that is reserved for an order.
    ReservationId,
    /// A message to a customer.
    NotificationId,
    /// A change of state that was published.
    EventId,
    /// A chain of refresh tokens that began with one login.
    SessionId,
    /// An address that a customer saved; chosen by the client.
    AddressId,
    /// The payment as the sandbox provider knows it.
    SandboxReference,
    /// A merchant's endpoint that receives events.
    WebhookEndpointId,
    /// One event on its way to one webhook endpoint; derived from both, so that a repeated event makes no second one.
    WebhookDeliveryId,
}

/// The bits that the ids of all numbered customers share: `loms` in ASCII, version 8 and the variant of RFC 9562.
const NUMBERED: u128 = 0x6c6f_6d73_0000_8000_8000_0000_0000_0000;
/// Bits of the number that stand below the variant; the two above them stand below the version.
const NUMBER_LOW_BITS: u32 = 62;

impl UserId {
    /// The customer whom another system keeps, and knows by `number`.
    ///
    /// The id holds the number itself (RFC 9562 section 5.8): no two numbers have the same id, [`Self::number`] gives any number
    /// back, and no account of ours is ever taken for such a customer, since accounts have ids of version 4.
    pub fn numbered(number: i64) -> Self {
        let number = u128::from(number.cast_unsigned());
        let (high, low) = (number >> NUMBER_LOW_BITS, number & ((1 << NUMBER_LOW_BITS) - 1));
        Self(Uuid::from_u128(NUMBERED | (high << u64::BITS) | low))
    }

    /// The customer whom another system keeps, and knows by `name`. No account of ours has such an id, which is of version 5.
    pub fn named(name: &str) -> Self {
        Self::derived(&format!("snapshot/user/{name}"))
    }

    /// The number of a customer whom another system keeps; `None` for an account of ours.
    pub fn number(self) -> Option<i64> {
        let (high, low) = self.0.as_u64_pair();
        let low = low & ((1 << NUMBER_LOW_BITS) - 1);
        let number = ((high & 0b11) << NUMBER_LOW_BITS | low).cast_signed();
        (Self::numbered(number) == self).then_some(number)
    }
}

/// The short name of an order that people read out over the phone: hundredths of a second since 2020, and 12 random bits.
///
/// Always positive and at most 2^53-1, so that a JSON number holds it exactly (RFC 8259 section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("minimum" = 1, "maximum" = MAX_NUMBER))]
pub struct OrderNumber(#[schemars(with = "i64")] u64);

/// Random bits at the low end of an [`OrderNumber`].
const RANDOM_BITS: u32 = 12;
/// The beginning of 2020 in UTC, from which the other bits of an [`OrderNumber`] count [`NUMBER_TICK_MS`].
const NUMBER_EPOCH_MS: i64 = 1_577_836_800_000;
/// Milliseconds in one step of an [`OrderNumber`]'s time. With ten, numbers have at most 15 digits until the year 2097: spreadsheets keep
/// no more of a number (Excel specifications and limits, "Number precision").
const NUMBER_TICK_MS: i64 = 10;
/// Largest integer that a JSON number carries exactly. Orders of earlier versions have numbers of up to 16 digits, which stay theirs.
const MAX_NUMBER: u64 = (1 << 53) - 1;

impl OrderNumber {
    /// A number for an order that is placed at `now`. Two orders of the same hundredth of a second collide once in
    /// 4,096 times: the conditional put then fails and the caller draws again.
    pub fn generate(now: Timestamp) -> Self {
        let mut noise = [0u8; 2];
        // Without randomness two orders of one hundredth of a second always collide; the put is still conditional.
        let _ = getrandom::fill(&mut noise);
        Self::from_parts(now, u16::from_le_bytes(noise))
    }

    fn from_parts(now: Timestamp, noise: u16) -> Self {
        let elapsed = u64::try_from((now.as_millis() - NUMBER_EPOCH_MS) / NUMBER_TICK_MS).unwrap_or(0);
        let low = u64::from(noise) & ((1 << RANDOM_BITS) - 1);
        Self((((elapsed << RANDOM_BITS) | low) & MAX_NUMBER).max(1))
    }

    /// The number as an integer.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The order's UUID: version 5 of the decimal number under [`NAMESPACE`].
    pub fn order_id(self) -> OrderId {
        OrderId::derived(&format!("order/{}", self.0))
    }
}

impl TryFrom<u64> for OrderNumber {
    type Error = Problem;

    fn try_from(number: u64) -> Result<Self, Problem> {
        if (1..=MAX_NUMBER).contains(&number) {
            Ok(Self(number))
        } else {
            Err(Problem::not_found("There is no order with this number."))
        }
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl OrderId {
    /// Reads an order as routes name it: by UUID or by number.
    pub fn from_reference(text: &str) -> Option<Self> {
        if let Ok(id) = text.parse::<Self>() {
            return Some(id);
        }
        let number = decimal(text)?;
        OrderNumber::try_from(number).ok().map(OrderNumber::order_id)
    }

    /// Reads an order as bodies name it: by UUID, or by number as text or as a number. For `#[serde(deserialize_with)]`.
    pub fn deserialize_reference<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reference)
    }
}

/// Reads what [`OrderId::deserialize_reference`] takes.
struct Reference;

impl Visitor<'_> for Reference {
    type Value = OrderId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an order's UUID or number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<OrderId, E> {
        OrderId::from_reference(text).ok_or_else(|| E::custom("must be an order's UUID or number"))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<OrderId, E> {
        self.visit_str(&number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_fits_spreadsheets_and_names_one_order(ms in 1_577_836_800_000_i64..4_007_000_000_000, noise: u16) {
            let number = OrderNumber::from_parts(Timestamp::from_millis(ms), noise);
            prop_assert!((1..1_000_000_000_000_000).contains(&number.get()), "at most 15 digits until 2096");
            prop_assert_eq!(OrderId::from_reference(&number.to_string()), Some(number.order_id()));
            prop_assert_eq!(OrderId::from_reference(&number.order_id().to_string()), Some(number.order_id()));
        }
    }

    proptest! {
        #[test]
        fn a_customers_number_is_given_back(number: i64, other: i64) {
            let id = UserId::numbered(number);
            prop_assert_eq!(id.number(), Some(number));
            prop_assert_eq!(id.to_string().parse::<UserId>().unwrap(), id);
            prop_assert_eq!(id == UserId::numbered(other), number == other);
            prop_assert_eq!(id.0.get_version_num(), 8);
            prop_assert_eq!(id.0.get_variant(), uuid::Variant::RFC4122);
        }

        #[test]
        fn an_account_has_no_number(bits: u128, name: String) {
            let account = uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid();
            prop_assert_eq!(UserId(account).number(), None);
            prop_assert_eq!(UserId::derived(&name).number(), None);
        }

        #[test]
        fn only_ids_that_were_made_of_numbers_have_one(bits: u128) {
            let id = UserId(Uuid::from_u128(bits));
            prop_assert_eq!(id.number().map(UserId::numbered).is_some(), bits & !(0b11 << 64 | ((1 << 62) - 1)) == NUMBERED);
        }
    }

    #[test]
    fn a_customers_number_keeps_its_id() {
        let known = [
            (0, "6c6f6d73-0000-8000-8000-000000000000"),
            (42, "6c6f6d73-0000-8000-8000-00000000002a"),
            (i64::MAX, "6c6f6d73-0000-8001-bfff-ffffffffffff"),
            (-1, "6c6f6d73-0000-8003-bfff-ffffffffffff"),
            (i64::MIN, "6c6f6d73-0000-8002-8000-000000000000"),
        ];
        for (number, id) in known {
            assert_eq!(UserId::numbered(number).to_string(), id);
            assert_eq!(id.parse::<UserId>().unwrap().number(), Some(number));
        }
    }

    #[test]
    fn a_known_number_keeps_its_id() {
        let number = OrderNumber::try_from(42).unwrap();
        assert_eq!(number.order_id().to_string(), OrderId::derived("order/42").to_string());
        assert_eq!(number.order_id().to_string(), "2e995cee-6444-5287-bae5-cc95d4299590");
    }

    #[test]
    fn a_body_names_an_order_by_uuid_or_number() {
        let read = |json: serde_json::Value| OrderId::deserialize_reference(json).ok();
        let known = OrderNumber::try_from(42).unwrap().order_id();
        for named in [serde_json::json!(42), serde_json::json!("42"), serde_json::json!(known)] {
            assert_eq!(read(named), Some(known));
        }
        for wrong in
            [serde_json::json!(0), serde_json::json!(-42), serde_json::json!(4.2), serde_json::json!([42])]
        {
            assert_eq!(read(wrong), None);
        }
    }

    #[test]
    fn what_is_neither_uuid_nor_number_names_no_order() {
        for text in ["", "0", "-1", "9007199254740992", "12x", "6c1f0a52", "+42", "0042", " 42", "42.0"] {
            assert_eq!(OrderId::from_reference(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_id_has_one_form(bits: u128) {
            let uuid = Uuid::from_u128(bits);
            let text = uuid.to_string();
            prop_assert_eq!(text.parse::<OrderId>(), Ok(OrderId(uuid)));
            let kept = serde_json::to_string(&OrderId(uuid)).unwrap();
            prop_assert_eq!(&kept, &format!("\"{text}\""));
            prop_assert_eq!(serde_json::from_str::<OrderId>(&kept).unwrap(), OrderId(uuid));
            let others = [uuid.simple().to_string(), uuid.braced().to_string(), uuid.urn().to_string(), format!(" {text}")];
            let capitals = text.to_uppercase();
            for other in others.into_iter().chain((capitals != text).then_some(capitals)) {
                prop_assert_eq!(other.parse::<OrderId>(), Err(NotAUuid), "{}", &other);
                let told = serde_json::from_value::<OrderId>(other.into()).unwrap_err();
                prop_assert_eq!(told.to_string(), ID_RULE);
            }
        }

        #[test]
        fn no_other_text_is_an_id(text in "[0-9a-fA-F{}+-]{36}|\\PC{0,40}") {
            if let Ok(id) = text.parse::<OrderId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
