//! A number of pieces.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// The most pieces one line may ask for: what an unsigned 16-bit count holds, as LOMS clients send it.
pub const MAX_QUANTITY: u32 = 65_535;

/// A number of pieces from 1 to [`MAX_QUANTITY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Quantity(u32);

impl Quantity {
    /// One piece.
    pub const ONE: Self = Self(1);
    /// [`MAX_QUANTITY`] pieces.
    pub const MAX: Self = Self(MAX_QUANTITY);

    /// `None` when `count` is 0 or above [`MAX_QUANTITY`].
    pub fn new(count: u32) -> Option<Self> {
        (1..=MAX_QUANTITY).contains(&count).then_some(Self(count))
    }

    /// The number of pieces.
    pub fn get(self) -> u32 {
        self.0
    }

    /// Both together; `None` above [`MAX_QUANTITY`].
    pub fn plus(self, other: Self) -> Option<Self> {
        Self::new(self.0 + other.0)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let count = i64::deserialize(deserializer)?;
        u32::try_from(count)
            .ok()
            .and_then(Self::new)
            .ok_or_else(|| de::Error::custom(format!("must be a whole number from 1 to {MAX_QUANTITY}")))
    }
}
