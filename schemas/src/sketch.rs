//! Buckets for durations: integers only, so that the same durations make the same buckets on every machine, and so that
//! buckets of any windows add up and can be taken back.
//!
//! ```text
//! bucket    0  1 …  15 | 16 17 … 31 | 32 …  47 | 48 …
//! from ms   0  1 …  15 | 16 17 … 31 | 32 34 …  | 64 68 …
//! ```
//!
//! Sixteen to each doubling, as in HdrHistogram (<https://hdrhistogram.org>): a bucket is at most 1/16 of its lower end wide, so
//! that its middle is within 3.2 % of anything in it. A bucket `b` of 32 or more begins at `(16 + b % 16) << (b / 16 - 1)`.

/// Buckets to each doubling, as a power of two.
const BITS: u32 = 4;
/// Below this, a millisecond has a bucket of its own.
const EXACT: u64 = 1 << (BITS + 1);

/// Up to these many milliseconds (1, 5, 15, 60 minutes, 24 hours) answers are counted exactly: the headline shares must not
/// depend on where a bucket ends.
pub const WITHIN_MS: [i64; 5] = [60_000, 300_000, 900_000, 3_600_000, 86_400_000];

/// The bucket of a duration in milliseconds; what is negative counts as 0.
pub fn bucket(ms: i64) -> i16 {
    let ms = u64::try_from(ms).unwrap_or(0);
    if ms < EXACT {
        return i16::try_from(ms).expect("below 32");
    }
    let shift = ms.ilog2() - BITS;
    let bucket = (u64::from(shift) << BITS) + (ms >> shift);
    i16::try_from(bucket).expect("64 doublings of 16 buckets are 1,024")
}

/// Where a bucket begins, in milliseconds; it ends where the next begins.
pub fn begin(bucket: i16) -> i64 {
    let bucket = u64::try_from(bucket).unwrap_or(0);
    if bucket < EXACT {
        return i64::try_from(bucket).expect("below 32");
    }
    let shift = (bucket >> BITS) - 1;
    let begin = ((bucket & ((1 << BITS) - 1)) | (1 << BITS))
        .checked_shl(u32::try_from(shift).unwrap_or(u32::MAX))
        .unwrap_or(u64::MAX);
    i64::try_from(begin).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_gaps_and_none_is_wide() {
        for b in 0..600 {
            let (from, to) = (begin(b), begin(b + 1));
            assert!(from < to, "{b}");
            assert_eq!([bucket(from), bucket(to - 1), bucket(to)], [b, b, b + 1]);
            assert!(to - from <= (from / 16).max(1), "{b}");
        }
        assert_eq!(
            [bucket(-5), bucket(0), bucket(16), bucket(31), bucket(32)],
            [0, 0, 16, 31, 32]
        );
        assert_eq!(begin(bucket(86_400_000)), 83_886_080);
        assert!(begin(bucket(i64::MAX)) > 0);
    }
}
