//! The distribution of a warehouse's units over its lanes. Pure.
//!
//! A lane is a shard of one SKU's stock in one warehouse. DynamoDB lets one transaction at a time touch an item, so each lane is a ceiling on the
//! sales of a second, and many lanes are many ceilings. The first so many lanes are *in use*; others were *given up* and can still be sold from,
//! since stock that was taken from them returns to them. Every function here keeps the sum: units that one lane loses others gain.

use serde::{Deserialize, Deserializer, Serialize, de};

/// The most lanes of a SKU in one warehouse. All of them fit one transaction, with the journal and the header.
pub const MAX_LANES: u16 = 64;

/// A number of lanes in use, from 1 to [`MAX_LANES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Lanes(u16);

impl Lanes {
    /// The number with which a SKU starts.
    pub const ONE: Self = Self(1);

    /// `None` when `count` is 0 or above [`MAX_LANES`].
    pub fn new(count: u16) -> Option<Self> {
        (1..=MAX_LANES).contains(&count).then_some(Self(count))
    }

    /// The number of lanes.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Lanes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let count = i64::deserialize(deserializer)?;
        u16::try_from(count)
            .ok()
            .and_then(Self::new)
            .ok_or_else(|| de::Error::custom(format!("must be a whole number from 1 to {MAX_LANES}")))
    }
}

/// Units that leave one lane for others, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    /// The lane that has too many.
    pub(crate) from: u16,
    /// The lanes that have too few, and how many each is given.
    pub(crate) to: Vec<(u16, u64)>,
}

impl Move {
    /// Units that leave.
    pub(crate) fn units(&self) -> u64 {
        self.to.iter().map(|(_, units)| units).sum()
    }
}

/// `units` laid on `lanes` lanes as evenly as whole units can be.
pub(crate) fn spread(units: u64, lanes: Lanes) -> Vec<u64> {
    let (share, rest) = divide(units, lanes.0);
    (0..u64::from(lanes.0)).map(|lane| share + u64::from(lane < rest)).collect()
}

/// The change of every lane that adds `delta` units, or takes them away; `None` when there are not as many to take away.
///
/// Units on lanes that were given up are used first. Then units are added to the lanes in use that have least, and taken from as few of them as
/// possible.
pub(crate) fn adjust(available: &[u64], lanes: Lanes, delta: i64) -> Option<Vec<i64>> {
    let used = usize::from(lanes.0);
    let mut after: Vec<u64> = available.to_vec();
    after.resize(available.len().max(used), 0);
    let left_over: u64 = after[used..].iter().sum();
    after[used..].fill(0);
    match left_over.checked_add_signed(delta) {
        Some(more) => pour(&mut after[..used], more),
        None => drain(&mut after[..used], delta.unsigned_abs() - left_over)?,
    }
    let before = available.iter().copied().chain(std::iter::repeat(0));
    Some(
        after
            .into_iter()
            .zip(before)
            .map(|(after, before)| after.cast_signed() - before.cast_signed())
            .collect(),
    )
}

/// The moves after which the lanes in use have the same, as far as whole units can be, and the others nothing. Lanes that are one unit apart
/// already are left alone.
pub(crate) fn moves(available: &[u64], lanes: Lanes) -> Vec<Move> {
    let used = usize::from(lanes.0);
    let has = |lane: usize| available.get(lane).copied().unwrap_or(0);
    let (share, rest) = divide(available.iter().sum(), lanes.0);
    let mut fullest: Vec<usize> = (0..used).collect();
    fullest.sort_by_key(|&lane| (std::cmp::Reverse(has(lane)), lane));
    let mut wanted = vec![0; available.len().max(used)];
    for (rank, lane) in (0_u64..).zip(fullest) {
        wanted[lane] = share + u64::from(rank < rest);
    }
    let numbered = || (0_u16..).zip(&wanted);
    let mut short = numbered()
        .map(|(lane, wanted)| (lane, wanted.saturating_sub(has(usize::from(lane)))))
        .filter(|(_, units)| *units > 0)
        .peekable();
    let mut moves = Vec::new();
    for (from, wanted) in numbered() {
        let mut spare = has(usize::from(from)).saturating_sub(*wanted);
        let mut to = Vec::new();
        while spare > 0
            && let Some((lane, missing)) = short.peek_mut()
        {
            let units = spare.min(*missing);
            to.push((*lane, units));
            spare -= units;
            *missing -= units;
            if *missing == 0 {
                short.next();
            }
        }
        if !to.is_empty() {
            moves.push(Move { from, to });
        }
    }
    moves
}

/// The even share of `units`, and how many lanes have one more.
fn divide(units: u64, lanes: u16) -> (u64, u64) {
    let lanes = u64::from(lanes.max(1));
    (units / lanes, units % lanes)
}

/// Adds `units` to the lanes that have least, so that they come as close to each other as they can.
fn pour(lanes: &mut [u64], units: u64) {
    let mut lowest: Vec<usize> = (0..lanes.len()).collect();
    lowest.sort_by_key(|&lane| (lanes[lane], lane));
    // The more lanes are filled to one level, the higher the level, until the next lane is above it.
    let level = |count: usize| {
        let filled = &lowest[..count];
        let sum = filled.iter().map(|&lane| lanes[lane]).sum::<u64>() + units;
        divide(sum, u16::try_from(count).unwrap_or(u16::MAX))
    };
    let reaches = |count: &usize| lanes[lowest[count - 1]] <= level(*count).0;
    let count = (1..=lanes.len()).rev().find(reaches).unwrap_or(1);
    let (share, rest) = level(count);
    for (rank, lane) in (0_u64..).zip(lowest.into_iter().take(count)) {
        lanes[lane] = share + u64::from(rank < rest);
    }
}

/// Takes `units` from as few lanes as possible: from the smallest that has enough, or the largest whole and so on. `None` when they have not
/// as many.
fn drain(lanes: &mut [u64], mut units: u64) -> Option<()> {
    while units > 0 {
        let enough = (0..lanes.len()).filter(|&lane| lanes[lane] >= units).min_by_key(|&lane| lanes[lane]);
        let lane = enough.or_else(|| (0..lanes.len()).max_by_key(|&lane| lanes[lane]))?;
        let taken = lanes[lane].min(units);
        if taken == 0 {
            return None;
        }
        lanes[lane] -= taken;
        units -= taken;
    }
    Some(())
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
