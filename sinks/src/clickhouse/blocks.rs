//! How an interval's rows are cut into blocks and what each block is called.
//!
//! ClickHouse remembers a block by its token and drops a second one of the same name *whatever is in it*. So
//! a name must say everything that decides the content (table, shard, number of shards, interval, part), and
//! the cut must depend on nothing but the rows: the same interval gives the same blocks on any machine, after
//! any restart.

use parlance_schemas::rows::{
    AccountEventRow, ContactRow, ConversationRow, DecisionRow, DeliveryRow, IdentityRow, Interval, MeasureRow,
    MessageRow, MetricRow, OutcomeRow, RawUpdateRow, RuleReportRow, StatusRow, Table, TimerRow, TriggerRow, TurnRow,
    VerdictRow,
};

/// Most rows of one block. The server would cut beyond about a million.
pub(crate) const BLOCK_ROWS_MAX: usize = 100_000;
/// Most bytes of one block, as [`Measured`] counts them, unless a single row is larger.
pub(crate) const BLOCK_BYTES_MAX: usize = 32 << 20;
/// Part of every token. Raise it when the cut below changes, or rows must be written again on purpose.
const GENERATION: &str = "v1";

/// A row whose size can be estimated from its contents alone.
pub(crate) trait Measured {
    /// Bytes of the row, roughly: its texts and a bit for the rest.
    fn bytes(&self) -> usize;
}

/// Numbers, instants and labels of a row together.
const FIXED_BYTES: usize = 256;

impl Measured for MessageRow {
    fn bytes(&self) -> usize {
        // The other texts are pieces of `raw`.
        FIXED_BYTES + 2 * self.raw.len() + self.text.len()
    }
}

impl Measured for StatusRow {
    fn bytes(&self) -> usize {
        FIXED_BYTES + 2 * self.raw.len()
    }
}

impl Measured for ContactRow {
    fn bytes(&self) -> usize {
        FIXED_BYTES
            + [&self.name, &self.username, &self.wa_id, &self.user_id]
                .map(|(_, text)| text.len())
                .iter()
                .sum::<usize>()
    }
}

impl Measured for AccountEventRow {
    fn bytes(&self) -> usize {
        FIXED_BYTES + 2 * self.raw.len()
    }
}

impl Measured for RawUpdateRow {
    fn bytes(&self) -> usize {
        FIXED_BYTES + 2 * self.raw.len() + self.detail.len()
    }
}

impl Measured for VerdictRow {
    fn bytes(&self) -> usize {
        FIXED_BYTES + self.author.len()
    }
}

impl Measured for MetricRow {
    fn bytes(&self) -> usize {
        let maps = [
            &self.by_origin,
            &self.by_type,
            &self.by_intent,
            &self.by_sentiment,
            &self.by_urgency,
            &self.by_language,
        ];
        FIXED_BYTES + maps.iter().map(|map| map.len() * 24).sum::<usize>()
    }
}

impl Measured for MeasureRow {
    fn bytes(&self) -> usize {
        FIXED_BYTES + self.buckets.len() * 10
    }
}

impl Measured for TriggerRow {
    fn bytes(&self) -> usize {
        let texts = self.why.iter().chain(&self.actions);
        2 * FIXED_BYTES + texts.map(String::len).sum::<usize>()
    }
}

impl Measured for OutcomeRow {
    fn bytes(&self) -> usize {
        2 * FIXED_BYTES + self.url.len() + self.error.len()
    }
}

/// Rows of ids, labels and numbers alone.
macro_rules! of_fixed_size {
    ($($row:ident)+) => { $(impl Measured for $row {
        fn bytes(&self) -> usize {
            2 * FIXED_BYTES
        }
    })+ };
}
of_fixed_size!(ConversationRow TurnRow TimerRow DeliveryRow IdentityRow DecisionRow RuleReportRow);

/// Cuts rows, in the order they are in, into blocks within both limits.
pub(crate) fn cut<R: Measured>(rows: &[R]) -> Vec<&[R]> {
    cut_at(rows, BLOCK_ROWS_MAX, BLOCK_BYTES_MAX)
}

fn cut_at<R: Measured>(rows: &[R], rows_max: usize, bytes_max: usize) -> Vec<&[R]> {
    let mut blocks = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (place, row) in rows.iter().enumerate() {
        let size = row.bytes();
        if place > start && (place - start == rows_max || bytes + size > bytes_max) {
            blocks.push(&rows[start..place]);
            (start, bytes) = (place, 0);
        }
        bytes += size;
    }
    if start < rows.len() {
        blocks.push(&rows[start..]);
    }
    blocks
}

/// The name ClickHouse knows a block by.
pub(crate) fn token(table: Table, interval: &Interval, shards: u32, part: usize) -> String {
    let Interval { shard, through, .. } = interval;
    format!("{GENERATION}/{}/{shard}of{shards}/{through}/{part}", table.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sized(usize);

    impl Measured for Sized {
        fn bytes(&self) -> usize {
            self.0
        }
    }

    fn lengths(sizes: &[usize]) -> Vec<usize> {
        let rows: Vec<Sized> = sizes.iter().map(|size| Sized(*size)).collect();
        cut_at(&rows, 3, 100).iter().map(|block| block.len()).collect()
    }

    #[test]
    fn blocks_stay_within_both_limits_and_lose_no_row() {
        assert_eq!(lengths(&[]), Vec::<usize>::new());
        assert_eq!(lengths(&[1]), [1]);
        assert_eq!(lengths(&[1, 1, 1]), [3]);
        assert_eq!(lengths(&[1, 1, 1, 1]), [3, 1]);
        assert_eq!(lengths(&[50, 50, 1]), [2, 1]);
        assert_eq!(lengths(&[60, 60]), [1, 1]);
        // A row above the limit goes alone: it cannot be cut, and must not be lost.
        assert_eq!(lengths(&[1, 500, 1]), [1, 1, 1]);
    }

    #[test]
    fn a_token_says_all_that_decides_the_block() {
        let interval = Interval {
            shard: 2,
            through: 1_767_225_601_000,
            ..Interval::default()
        };
        assert_eq!(
            token(Table::Metrics1m, &interval, 3, 1),
            "v1/metrics_1m/2of3/1767225601000/1"
        );
    }
}
