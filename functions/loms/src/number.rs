//! The integers of this surface, exact at their limits, and the ids that they stand for.

use std::fmt::{self, Display};

use kernel::{OrderNumber, Sku, UserId};
use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, de};

/// A customer as clients name them: an `int64` from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct User(i64);

impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(Whole { least: 1 }).map(Self)
    }
}

impl User {
    /// The customer's id in Holdfast.
    pub fn id(self) -> UserId {
        UserId::numbered(self.0)
    }

    /// The customer with the id `id` in Holdfast; `None` for an account, which has no number.
    pub fn of(id: UserId) -> Option<Self> {
        id.number().map(Self)
    }
}

/// A product as clients name it: a `uint32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct SkuNumber(u32);

impl SkuNumber {
    /// The product of which `sku` is the decimal form. `None` when it is no number, is too large, or is written with leading zeros: that is another
    /// product.
    pub fn of(sku: &Sku) -> Option<Self> {
        let number: u32 = sku.as_str().parse().ok()?;
        (number.to_string() == sku.as_str()).then_some(Self(number))
    }

    /// The decimal form.
    pub fn sku(self) -> Result<Sku, kernel::Problem> {
        self.0.to_string().parse().map_err(kernel::Problem::internal)
    }
}

/// An order as clients name it: an `int64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderRef(i64);

impl OrderRef {
    /// The order's number; `None` when no order can have it.
    pub fn number(self) -> Option<OrderNumber> {
        u64::try_from(self.0).ok().and_then(|number| OrderNumber::try_from(number).ok())
    }
}

/// The number of items to list: a `uint32`, and 0 is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(u32);

impl Count {
    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// An integer type of this surface.
trait Integer: TryFrom<u64> + TryFrom<i64> + Display + PartialOrd {
    const MIN: Self;
    const MAX: Self;
}

impl Integer for u32 {
    const MIN: Self = Self::MIN;
    const MAX: Self = Self::MAX;
}

impl Integer for i64 {
    const MIN: Self = Self::MIN;
    const MAX: Self = Self::MAX;
}

/// Reads a JSON number that is a whole one of the type's range, from `least` on. Text, fractions and exponents are rejected.
struct Whole<T> {
    least: T,
}

impl<T: Integer> Whole<T> {
    fn within(&self, number: Option<T>) -> Option<T> {
        number.filter(|number| *number >= self.least)
    }
}

impl<T: Integer> Visitor<'_> for Whole<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {} to {}", self.least, T::MAX)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        self.within(T::try_from(number).ok())
            .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        self.within(T::try_from(number).ok())
            .ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }
}

macro_rules! read_whole {
    ($($name:ident),+) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_i64(Whole { least: Integer::MIN }).map(Self)
            }
        }
    )+};
}

read_whole!(SkuNumber, OrderRef, Count);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{from_str, to_string};

    use super::*;

    #[test]
    fn integers_are_exact_at_their_limits() {
        for (text, number) in [("1", 1), ("9223372036854775807", i64::MAX)] {
            let user: User = from_str(text).unwrap();
            assert_eq!((user, to_string(&user).unwrap().as_str()), (User(number), text));
            assert_eq!(User::of(user.id()), Some(user));
        }
        for text in ["0", "-1", "-9223372036854775808"] {
            assert!(from_str::<User>(text).unwrap_err().to_string().contains("from 1"), "{text}");
        }
        for (text, number) in
            [("-9223372036854775808", i64::MIN), ("9223372036854775807", i64::MAX), ("0", 0)]
        {
            assert_eq!(from_str::<OrderRef>(text).unwrap(), OrderRef(number));
        }
        for (text, number) in [("0", 0), ("4294967295", u32::MAX)] {
            let sku: SkuNumber = from_str(text).unwrap();
            assert_eq!((sku, to_string(&sku).unwrap().as_str()), (SkuNumber(number), text));
            assert_eq!(sku.sku().unwrap().as_str(), text);
            assert_eq!(from_str::<Count>(text).unwrap().get(), number);
        }
    }

    #[test]
    fn what_is_beyond_is_told_the_range() {
        for text in
            ["9223372036854775808", "-9223372036854775809", "1.0", "1e3", "\"7\"", "null", "true", "[]"]
        {
            let told = from_str::<User>(text).unwrap_err().to_string();
            let range = "a whole number from 1 to 9223372036854775807";
            assert!(told.contains(range), "{text}: {told}");
            assert!(from_str::<OrderRef>(text).is_err(), "{text}");
        }
        for text in ["4294967296", "-1", "0.5", "18446744073709551616", "\"1\""] {
            let told = from_str::<SkuNumber>(text).unwrap_err().to_string();
            assert!(told.contains("a whole number from 0 to 4294967295"), "{text}: {told}");
        }
    }

    #[test]
    fn only_the_decimal_form_is_a_number() {
        let number = |text: &str| SkuNumber::of(&text.parse().unwrap());
        assert_eq!(number("0"), Some(SkuNumber(0)));
        assert_eq!(number("4294967295"), Some(SkuNumber(u32::MAX)));
        for text in ["4294967296", "007", "00", "T-1", "1.0", "-1", "99999999999999999999"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn an_order_has_a_number_from_one_on() {
        for number in [i64::MIN, -1, 0, 1 << 53, i64::MAX] {
            assert_eq!(OrderRef(number).number(), None, "{number}");
        }
        for number in [1, 42, (1 << 53) - 1] {
            assert_eq!(OrderRef(number).number().unwrap().to_string(), number.to_string());
        }
    }

    proptest! {
        #[test]
        fn a_product_is_its_decimal_form(number: u32) {
            let sku = SkuNumber(number).sku().unwrap();
            prop_assert_eq!(SkuNumber::of(&sku), Some(SkuNumber(number)));
        }
    }
}
