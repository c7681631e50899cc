//! Exact arithmetic on amounts in minor units. Amounts are never negative.

use std::cmp::Reverse;

/// Returns `amount * part / whole`, rounded half up. `part` is at most `whole`, so the result is at most `amount`.
pub(crate) fn half_up(amount: i64, part: i64, whole: i64) -> i64 {
    let product = i128::from(amount) * i128::from(part);
    narrow((2 * product + i128::from(whole)) / (2 * i128::from(whole)))
}

/// Returns `amount * part / whole`, rounded down. `part` is at most `whole`, so the result is at most `amount`.
pub(crate) fn floor(amount: i64, part: i64, whole: i64) -> i64 {
    narrow(i128::from(amount) * i128::from(part) / i128::from(whole))
}

/// Splits `total` in proportion to `weights`, by largest remainder; of equal remainders the earlier part comes first. The parts add
/// up to `total`. When `total` is at most the sum of the weights, no part exceeds its weight.
pub(crate) fn spread(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().copied().map(i128::from).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: &i64| i128::from(total) * i128::from(*weight);
    let mut parts: Vec<i64> = weights.iter().map(|weight| narrow(exact(weight) / sum)).collect();
    let missing = total - parts.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    // A stable sort: equal remainders stay in the order of the lines.
    order.sort_by_key(|&index| Reverse(exact(&weights[index]) % sum));
    for index in order.into_iter().take(usize::try_from(missing).unwrap_or(0)) {
        parts[index] += 1;
    }
    parts
}

/// The callers' bounds keep every result within an amount.
fn narrow(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves_are_rounded_up() {
        for (amount, part, whole, expected) in
            [(5, 1, 10, 1), (4, 1, 10, 0), (25, 1, 10, 3), (1, 1, 2, 1), (0, 1, 2, 0)]
        {
            assert_eq!(half_up(amount, part, whole), expected, "{amount} * {part} / {whole}");
        }
    }

    #[test]
    fn equal_remainders_go_to_the_first_lines() {
        assert_eq!(spread(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(spread(2, &[5, 5, 5]), [1, 1, 0]);
        assert_eq!(spread(10, &[0, 3, 0]), [0, 10, 0]);
        assert_eq!(spread(0, &[0, 0]), [0, 0]);
    }

    proptest! {
        #[test]
        fn parts_add_up_and_stay_within_their_weights(
            weights in prop::collection::vec(0_i64..=kernel::money::MAX_AMOUNT / 40, 1..40),
            permyriad in 0_i64..=10_000,
        ) {
            let sum: i64 = weights.iter().sum();
            let total = half_up(sum, permyriad, 10_000);
            let parts = spread(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!((0..=*weight).contains(part));
                // No part is a whole unit away from its exact value.
                let distance = i128::from(*part) * i128::from(sum) - i128::from(total) * i128::from(*weight);
                prop_assert!(sum == 0 || distance.abs() < i128::from(sum));
            }
        }

        #[test]
        fn rounding_is_within_half_a_unit(amount in 0..=kernel::money::MAX_AMOUNT, part in 0_i64..=20_000, more in 0_i64..=20_000) {
            let whole = part + more + 1;
            let twice = 2 * i128::from(half_up(amount, part, whole)) * i128::from(whole);
            let exact = 2 * i128::from(amount) * i128::from(part);
            prop_assert!((twice - exact) <= i128::from(whole) && (exact - twice) < i128::from(whole));
        }
    }
}
