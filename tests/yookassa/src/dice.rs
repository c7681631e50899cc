//! Seeded chance.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::misbehaviour::Misbehaviour;

/// The whole of which a [`Chance`] is a part.
const WHOLE: u16 = 1000;
/// Keeps the streams of one seed apart: an odd number near 2^64 divided by the golden ratio.
const STRIDE: u64 = 0x9E37_79B9_7F4A_7C15;

/// A probability in thousandths, 0 to 1000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub(crate) struct Chance(u16);

impl TryFrom<u16> for Chance {
    type Error = String;

    fn try_from(thousandths: u16) -> Result<Self, Self::Error> {
        if thousandths <= WHOLE {
            return Ok(Self(thousandths));
        }
        Err(format!("a chance is at most {WHOLE} of {WHOLE}, {thousandths} requested"))
    }
}

impl From<Chance> for u16 {
    fn from(chance: Chance) -> Self {
        chance.0
    }
}

/// The generators of one seed. Each misbehaviour has its own, so that one chance can be changed and the others strike as before.
#[derive(Debug, Default)]
pub(crate) struct Dice {
    seed: u64,
    streams: BTreeMap<Misbehaviour, Rng>,
    choices: Option<Rng>,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Returns whether `misbehaviour` strikes this time.
    pub(crate) fn strikes(&mut self, misbehaviour: Misbehaviour, chance: Chance) -> bool {
        let seed = stream(self.seed, 1 + misbehaviour as u64);
        let rng = self.streams.entry(misbehaviour).or_insert_with(|| Rng::with_seed(seed));
        rng.u16(0..WHOLE) < chance.0
    }

    /// A seed for something that needs dice of its own.
    pub(crate) fn seed(&mut self) -> u64 {
        self.choices().u64(..)
    }

    /// Picks one of `options`, of which there is at least one.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, options: [T; N]) -> T {
        options[self.choices().usize(0..N)]
    }

    /// Picks one of `options` by their chances, or `None` with the chance that is left.
    pub(crate) fn weigh<T: Copy>(&mut self, options: &[(T, Chance)]) -> Option<T> {
        let mut left = self.choices().u16(0..WHOLE);
        for (option, chance) in options {
            if left < chance.0 {
                return Some(*option);
            }
            left -= chance.0;
        }
        None
    }

    /// A duration from nothing to `most`, in whole milliseconds.
    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.choices().u64(0..=most))
    }

    fn choices(&mut self) -> &mut Rng {
        self.choices.get_or_insert_with(|| Rng::with_seed(stream(self.seed, 0)))
    }
}

/// The seed of the stream `number` of `seed`. One draw spreads seeds that differ by little.
fn stream(seed: u64, number: u64) -> u64 {
    Rng::with_seed(seed.wrapping_add(number.wrapping_mul(STRIDE))).u64(..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misbehaviour_strikes_by_its_chance_and_its_seed_alone() {
        let half = Chance::try_from(500).unwrap();
        let strikes = |seed: u64, others: bool| {
            let mut dice = Dice::new(seed);
            let roll = |_| {
                if others {
                    dice.strikes(Misbehaviour::Delay, half);
                }
                dice.strikes(Misbehaviour::Refuse, half)
            };
            (0..1000).map(roll).collect::<Vec<bool>>()
        };
        assert_eq!(strikes(1, false), strikes(1, true));
        assert_ne!(strikes(1, false), strikes(2, false));
        let share = strikes(3, false).into_iter().filter(|hit| *hit).count();
        assert!((400..600).contains(&share), "{share}");
        let mut dice = Dice::new(1);
        let always = Chance::try_from(1000).unwrap();
        assert!((0..1000).all(|_| dice.strikes(Misbehaviour::Refuse, always)));
        assert!((0..1000).all(|_| !dice.strikes(Misbehaviour::Refuse, Chance::default())));
        assert!(Chance::try_from(1001).is_err());
    }
}
