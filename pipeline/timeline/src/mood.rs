//! How a customer's mood moves within a conversation.

use parlance_schemas::labels::Sentiment;

/// The moods of a conversation's messages so far, those that say none left out.
#[derive(Clone, Debug, Default)]
pub struct Mood {
    /// Sums of [`milli`] up to each message: the halves' means are read off them.
    sums: Vec<i64>,
    negative: u32,
}

/// A mood on a scale from -1,000 to 1,000; none when nothing is said.
pub fn milli(sentiment: Sentiment) -> Option<i64> {
    match sentiment {
        Sentiment::Angry => Some(-1_000),
        Sentiment::Frustrated => Some(-700),
        Sentiment::Negative => Some(-500),
        Sentiment::Neutral => Some(0),
        Sentiment::Positive => Some(700),
        Sentiment::Excited => Some(1_000),
        Sentiment::None => None,
    }
}

impl Mood {
    /// Adds a message.
    pub fn hear(&mut self, sentiment: Sentiment) {
        let Some(milli) = milli(sentiment) else { return };
        self.negative = if milli < 0 { self.negative + 1 } else { 0 };
        self.sums.push(self.sums.last().copied().unwrap_or(0) + milli);
    }

    /// Unhappy messages without a break, up to the last.
    pub fn negative(&self) -> u32 {
        self.negative
    }

    /// Mean of the later half less mean of the earlier, each cut to whole thousandths; the earlier half is the smaller when the
    /// number is odd. 0 for fewer than two messages.
    pub fn trend_milli(&self) -> i32 {
        let all = self.sums.len();
        let Some(total) = self.sums.last().filter(|_| all >= 2) else {
            return 0;
        };
        let half = all / 2;
        let earlier = self.sums[half - 1];
        let mean = |sum: i64, of: usize| sum / i64::try_from(of).expect("a thread is bounded");
        i32::try_from(mean(total - earlier, all - half) - mean(earlier, half)).expect("between -2,000 and 2,000")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trend_is_the_later_half_less_the_earlier() {
        let mut mood = Mood::default();
        mood.hear(Sentiment::Positive);
        assert_eq!((mood.trend_milli(), mood.negative()), (0, 0));
        mood.hear(Sentiment::None);
        mood.hear(Sentiment::Frustrated);
        assert_eq!((mood.trend_milli(), mood.negative()), (-1_400, 1));
        mood.hear(Sentiment::Angry);
        assert_eq!((mood.trend_milli(), mood.negative()), (-850 - 700, 2));
        mood.hear(Sentiment::Neutral);
        assert_eq!(mood.negative(), 0);
    }
}
