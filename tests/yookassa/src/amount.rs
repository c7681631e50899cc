//! Amounts, read by rules of the YooKassa stub's own: it would prove nothing to check Holdfast with its own code.

use serde::{Deserialize, Serialize};

/// An amount in hundredths. Every currency that the provider takes has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub(crate) struct Amount {
    pub(crate) hundredths: u64,
    pub(crate) currency: String,
}

/// `{"value": "100.00", "currency": "RUB"}`.
#[derive(Clone, Serialize, Deserialize)]
struct Written {
    value: String,
    currency: String,
}

impl Amount {
    /// As it is written: `100.00`.
    pub(crate) fn value(&self) -> String {
        format!("{}.{:02}", self.hundredths / 100, self.hundredths % 100)
    }

    /// Another amount in the same currency.
    pub(crate) fn of(&self, hundredths: u64) -> Self {
        Self { hundredths, currency: self.currency.clone() }
    }
}

impl TryFrom<Written> for Amount {
    type Error = &'static str;

    /// Exactly two decimals, more than nothing, at most ten digits before the point.
    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let wrong = "must be an amount such as 100.00";
        let (major, minor) = written.value.split_once('.').ok_or(wrong)?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !(1..=10).contains(&major.len()) || minor.len() != 2 || !digits(major) || !digits(minor) {
            return Err(wrong);
        }
        let hundredths: u64 = format!("{major}{minor}").parse().map_err(|_| wrong)?;
        let is_code = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if hundredths == 0 || !is_code(&written.currency) {
            return Err(wrong);
        }
        Ok(Self { hundredths, currency: written.currency })
    }
}

impl From<Amount> for Written {
    fn from(amount: Amount) -> Self {
        Self { value: amount.value(), currency: amount.currency }
    }
}
