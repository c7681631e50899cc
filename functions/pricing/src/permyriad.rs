//! Hundredths of a percent.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::arithmetic::half_up;

/// 100 % in hundredths of a percent.
pub const WHOLE: i64 = 10_000;

/// A part of an amount in hundredths of a percent, from 0 to [`WHOLE`]: 1500 is 15 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Permyriad(i64);

impl Permyriad {
    /// 100 %.
    pub const ALL: Self = Self(WHOLE);

    pub fn new(value: i64) -> Option<Self> {
        (0..=WHOLE).contains(&value).then_some(Self(value))
    }

    pub fn get(self) -> i64 {
        self.0
    }

    /// This part of `amount`, half up.
    pub(crate) fn of(self, amount: i64) -> i64 {
        half_up(amount, self.0, WHOLE)
    }

    /// The tax at this rate that is contained in `gross`, half up.
    pub(crate) fn within(self, gross: i64) -> i64 {
        half_up(gross, self.0, WHOLE + self.0)
    }
}

impl TryFrom<i64> for Permyriad {
    type Error = &'static str;

    fn try_from(value: i64) -> Result<Self, Self::Error> {
        Self::new(value).ok_or("must be a whole number from 0 to 10000")
    }
}

impl fmt::Display for Permyriad {
    /// In percent, such as `22 %`, `5.5 %` or `7.25 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (percent, hundredths) = (self.0 / 100, self.0 % 100);
        match (hundredths, hundredths % 10) {
            (0, _) => write!(f, "{percent} %"),
            (_, 0) => write!(f, "{percent}.{} %", hundredths / 10),
            _ => write!(f, "{percent}.{hundredths:02} %"),
        }
    }
}

impl<'de> Deserialize<'de> for Permyriad {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(i64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_rounded_half_up() {
        let rate = |value| Permyriad::new(value).unwrap();
        // 19.99 * 15 % = 2.9985
        assert_eq!(rate(1_500).of(1_999), 300);
        // 2.99 * 7.25 % = 0.216775
        assert_eq!(rate(725).of(299), 22);
        // 122.00 contains 22.00 at 22 %.
        assert_eq!(rate(2_200).within(12_200), 2_200);
        // 1.00 * 22 / 122 = 0.18032...
        assert_eq!(rate(2_200).within(100), 18);
        assert_eq!((rate(0).within(100), Permyriad::ALL.of(77)), (0, 77));
        assert_eq!((Permyriad::new(-1), Permyriad::new(10_001)), (None, None));
    }

    #[test]
    fn is_written_in_percent() {
        let written = [2_200, 550, 725, 5, 0, 10_000].map(|value| Permyriad::new(value).unwrap().to_string());
        assert_eq!(written, ["22 %", "5.5 %", "7.25 %", "0.05 %", "0 %", "100 %"]);
    }
}
