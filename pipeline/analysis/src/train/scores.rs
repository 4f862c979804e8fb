//! How good predictions are: accuracy, macro-F1, calibration error.

/// A prediction beside the truth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) truth: usize,
    pub(crate) said: usize,
    /// Probability it gave to what it said.
    pub(crate) confidence: f32,
}

/// Share that is right.
pub(crate) fn accuracy(outcomes: &[Outcome]) -> f64 {
    let right = outcomes.iter().filter(|outcome| outcome.truth == outcome.said).count();
    right as f64 / outcomes.len().max(1) as f64
}

/// Precision, recall and F1 of one class, and how many are truly of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClassScore {
    pub(crate) precision: f64,
    pub(crate) recall: f64,
    pub(crate) f1: f64,
    pub(crate) truly: usize,
}

/// The scores of each class.
pub(crate) fn by_class(outcomes: &[Outcome], classes: usize) -> Vec<ClassScore> {
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    (0..classes)
        .map(|class| {
            let truly = outcomes.iter().filter(|outcome| outcome.truth == class).count();
            let said = outcomes.iter().filter(|outcome| outcome.said == class).count();
            let both = outcomes
                .iter()
                .filter(|outcome| outcome.said == class && outcome.truth == class)
                .count();
            ClassScore {
                precision: share(both, said),
                recall: share(both, truly),
                f1: share(2 * both, truly + said),
                truly,
            }
        })
        .collect()
}

/// Mean F1 of the classes that occur.
pub(crate) fn macro_f1(outcomes: &[Outcome], classes: usize) -> f64 {
    let occurring: Vec<_> = by_class(outcomes, classes)
        .into_iter()
        .filter(|score| score.truly > 0)
        .collect();
    occurring.iter().map(|score| score.f1).sum::<f64>() / occurring.len().max(1) as f64
}

/// Expected calibration error over ten equal bins of confidence (Naeini, Cooper, Hauskrecht 2015).
pub(crate) fn calibration_error(outcomes: &[Outcome]) -> f64 {
    const BINS: usize = 10;
    let mut bins = [(0usize, 0usize, 0.0f64); BINS];
    for outcome in outcomes {
        let bin = &mut bins[((outcome.confidence * BINS as f32) as usize).min(BINS - 1)];
        bin.0 += 1;
        bin.1 += usize::from(outcome.truth == outcome.said);
        bin.2 += f64::from(outcome.confidence);
    }
    let gaps = bins
        .iter()
        .map(|(_, right, confidence)| (*right as f64 - confidence).abs());
    gaps.sum::<f64>() / outcomes.len().max(1) as f64
}

/// Accuracy of the more confident half.
pub(crate) fn top_half(outcomes: &[Outcome]) -> f64 {
    let mut sorted = outcomes.to_vec();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    accuracy(&sorted[..sorted.len().div_ceil(2)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(pairs: &[(usize, usize, f32)]) -> Vec<Outcome> {
        let outcomes = pairs.iter().map(|(truth, said, confidence)| Outcome {
            truth: *truth,
            said: *said,
            confidence: *confidence,
        });
        outcomes.collect()
    }

    #[test]
    fn macro_f1_weighs_classes_alike_and_leaves_out_those_that_do_not_occur() {
        // Class 0: precision 1, recall 3/4. Class 1: precision 1/2, recall 1. Class 2 does not occur.
        let outcomes = outcomes(&[(0, 0, 0.9), (0, 0, 0.9), (0, 0, 0.9), (0, 1, 0.6), (1, 1, 0.6)]);
        assert_eq!(accuracy(&outcomes), 0.8);
        assert!((macro_f1(&outcomes, 3) - (6.0 / 7.0 + 2.0 / 3.0) / 2.0).abs() < 1e-9);
        let scores = by_class(&outcomes, 3);
        assert_eq!((scores[1].precision, scores[1].recall, scores[2].truly), (0.5, 1.0, 0));
    }

    #[test]
    fn calibration_error_is_the_gap_between_what_is_claimed_and_what_is_so() {
        let claimed = outcomes(&[(0, 0, 0.75), (0, 0, 0.75), (0, 0, 0.75), (0, 1, 0.75)]);
        assert!(calibration_error(&claimed) < 1e-6);
        let boasted = outcomes(&[(0, 1, 1.0), (0, 0, 1.0)]);
        assert!((calibration_error(&boasted) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn the_surer_half_is_taken_by_confidence() {
        assert_eq!(
            top_half(&outcomes(&[(0, 1, 0.2), (0, 0, 0.9), (0, 1, 0.3), (0, 0, 0.8)])),
            1.0
        );
        assert_eq!(top_half(&[]), 0.0);
    }
}
