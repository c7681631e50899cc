//! Pauses between attempts.

use std::time::Duration;

/// A pause before attempt `attempt + 1`: anything from nothing to a limit that doubles from `base` with each attempt and ends at
/// `longest`, so that those who collided do not collide again (full jitter, AWS Architecture Blog, "Exponential Backoff And
/// Jitter").
pub fn full_jitter(base: Duration, longest: Duration, attempt: u32) -> Duration {
    let limit = base.saturating_mul(1 << attempt.min(10)).min(longest);
    let mut noise = [0u8; 4];
    // Without randomness every pause is the longest: slower, and still correct.
    let drawn = getrandom::fill(&mut noise).map_or(u32::MAX, |()| u32::from_le_bytes(noise));
    let millis = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(millis.saturating_mul(u64::from(drawn)) / u64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let (base, longest) = (Duration::from_millis(20), Duration::from_millis(640));
        for attempt in 1..40 {
            assert!(full_jitter(base, longest, attempt) <= longest);
            assert!(full_jitter(base, longest, 1) <= base * 2);
        }
    }
}
