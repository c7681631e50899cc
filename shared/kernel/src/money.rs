//! Money in minor units. There is no way to make it from a float.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::problem::Problem;
use crate::quantity::Quantity;

/// An ISO 4217 currency, known by its alphabetic code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, JsonSchema)]
#[schemars(extend("pattern" = "^[A-Z]{3}$"))]
pub struct Currency(#[schemars(with = "String")] iso_currency::Currency);

impl Currency {
    /// From the alphabetic code in upper case, such as `RUB`. A currency that was withdrawn or that
    /// is no money (funds, metals, testing codes) is refused.
    pub fn from_code(code: &str) -> Option<Self> {
        let currency = iso_currency::Currency::from_code(code)?;
        let is_money = !currency.is_fund() && !currency.is_special() && currency.is_superseded().is_none();
        is_money.then_some(Self(currency))
    }

    /// The alphabetic code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The number of decimals of the minor unit: 2 for roubles, 0 for yen.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code)
            .ok_or_else(|| de::Error::custom("is not an ISO 4217 currency code such as RUB"))
    }
}

/// The most that one amount can be, in minor units: 10^15, which a JSON number carries exactly and which
/// leaves room to add up a whole order in 64 bits.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

/// An amount of one currency in its minor unit; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: i64,
    currency: Currency,
}

impl Money {
    /// `amount` minor units of `currency`; `None` when negative or above [`MAX_AMOUNT`].
    pub fn new(amount: i64, currency: Currency) -> Option<Self> {
        (0..=MAX_AMOUNT).contains(&amount).then_some(Self { amount, currency })
    }

    /// Nothing, in `currency`.
    pub fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// Minor units.
    pub fn amount(self) -> i64 {
        self.amount
    }

    /// The currency that the amount is in.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The price of `quantity` pieces at this price each; `None` above [`MAX_AMOUNT`].
    pub fn times(self, quantity: Quantity) -> Option<Self> {
        Self::new(self.amount.checked_mul(i64::from(quantity.get()))?, self.currency)
    }

    /// The sum; `None` when the currencies differ or the sum is above [`MAX_AMOUNT`].
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Self::new(self.amount.checked_add(other.amount)?, self.currency)
    }

    /// Major units with exactly as many decimals as the currency has: `75.05` for roubles, `300` for yen. As providers write amounts, and
    /// exact, since no float is on the way.
    pub fn decimal(self) -> String {
        let exponent = self.currency.exponent();
        if exponent == 0 {
            return self.amount.to_string();
        }
        let scale = 10_i64.pow(exponent);
        let (major, minor) = (self.amount / scale, self.amount % scale);
        format!("{major}.{minor:0width$}", width = exponent as usize)
    }

    /// Reads what [`Self::decimal`] writes, and what means the same: decimals may be missing, and further ones may stand there when they
    /// are zeros. `None` for anything else: a sign, an exponent, a fraction of the minor unit, more than [`MAX_AMOUNT`].
    pub fn from_decimal(text: &str, currency: Currency) -> Option<Self> {
        let (major, fraction) =
            text.split_once('.').map_or((text, None), |(major, rest)| (major, Some(rest)));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(major) || !fraction.is_none_or(digits) {
            return None;
        }
        let decimals = currency.exponent() as usize;
        let fraction = fraction.unwrap_or_default();
        let (minor, beyond) = fraction.split_at(fraction.len().min(decimals));
        if beyond.bytes().any(|byte| byte != b'0') {
            return None;
        }
        let major: i64 = major.parse().ok()?;
        let minor: i64 = if decimals == 0 { 0 } else { format!("{minor:0<decimals$}").parse().ok()? };
        let amount = major.checked_mul(10_i64.pow(currency.exponent()))?.checked_add(minor)?;
        Self::new(amount, currency)
    }

    /// Reads an amount and a currency as they stand beside each other in a request, naming the member at fault.
    pub fn parse(amount: i64, amount_pointer: &str, currency: Currency) -> Result<Self, Problem> {
        Self::new(amount, currency).ok_or_else(|| {
            Problem::invalid(
                amount_pointer,
                format!("must be an amount in minor units from 0 to {MAX_AMOUNT}"),
            )
        })
    }
}

impl fmt::Display for Money {
    /// As people write it: major units, a point, the decimals of the currency, and its code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn roubles(amount: i64) -> Money {
        Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
    }

    #[test]
    fn is_written_with_the_decimals_of_its_currency() {
        assert_eq!(roubles(7_505).to_string(), "75.05 RUB");
        let yen = Currency::from_code("JPY").unwrap();
        assert_eq!(Money::new(300, yen).unwrap().to_string(), "300 JPY");
    }

    #[test]
    fn only_living_currencies_are_money() {
        for code in ["XAU", "XTS", "XXX", "rub", "RUR", "DEM", "", "ROUBLE"] {
            assert_eq!(Currency::from_code(code), None, "{code}");
        }
    }

    #[test]
    fn different_currencies_do_not_add_up() {
        let dollars = Money::new(1, Currency::from_code("USD").unwrap()).unwrap();
        assert_eq!(roubles(1).plus(dollars), None);
    }

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        let currency = |code| Currency::from_code(code).unwrap();
        let cases = [
            ("RUB", "100.00", Some(10_000)),
            ("RUB", "100", Some(10_000)),
            ("RUB", "0.1", Some(10)),
            ("RUB", "0.010", Some(1)),
            ("RUB", "0.011", None),
            ("JPY", "300", Some(300)),
            ("JPY", "300.00", Some(300)),
            ("JPY", "300.50", None),
            ("KWD", "1.234", Some(1_234)),
            ("RUB", "10000000000000.00", Some(MAX_AMOUNT)),
            ("RUB", "10000000000000.01", None),
            ("RUB", "99999999999999999999999.00", None),
        ];
        for (code, text, amount) in cases {
            let read = Money::from_decimal(text, currency(code));
            assert_eq!(read.map(Money::amount), amount, "{text} {code}");
        }
        for text in
            ["", ".", "1.", ".5", "-1.00", "+1.00", "1e2", "1,00", " 1", "1.0 ", "1_0", "0x1", "٣", "1.٣"]
        {
            assert_eq!(Money::from_decimal(text, currency("RUB")), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_decimal_is_read_back_as_it_was_written(
            amount in 0_i64..=MAX_AMOUNT,
            code in prop::sample::select(vec!["RUB", "USD", "JPY", "KWD", "CLF", "UYW"]),
        ) {
            let Some(currency) = Currency::from_code(code) else { return Ok(()) };
            let money = Money::new(amount, currency).unwrap();
            prop_assert_eq!(Money::from_decimal(&money.decimal(), currency), Some(money));
        }

        #[test]
        fn what_is_read_is_what_stands_there(text in r"[0-9]{1,16}(\.[0-9]{1,4})?|\PC{0,8}") {
            let roubles = Currency::from_code("RUB").unwrap();
            if let Some(money) = Money::from_decimal(&text, roubles) {
                let (major, fraction) = text.split_once('.').unwrap_or((&text, "0"));
                let shown = money.decimal();
                let (shown_major, shown_fraction) = shown.split_once('.').unwrap();
                prop_assert_eq!(shown_major.trim_start_matches('0'), major.trim_start_matches('0'));
                prop_assert_eq!(shown_fraction.trim_end_matches('0'), fraction.trim_end_matches('0'));
            }
        }

        #[test]
        fn a_line_costs_what_its_pieces_cost(price in 0_i64..1_000_000_000, count in 1_u32..50) {
            let quantity = Quantity::new(count).unwrap();
            let mut sum = roubles(0);
            for _ in 0..count {
                sum = sum.plus(roubles(price)).unwrap();
            }
            prop_assert_eq!(roubles(price).times(quantity), Some(sum));
        }
    }
}
