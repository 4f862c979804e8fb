//! Which errors may pass by themselves.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// What would be refused again, for the same record and the same rights. Everything else is tried again: giving up by mistake
/// costs an outage, and trying again costs a log line.
const HALTS: &[RDKafkaErrorCode] = &[
    // The producer lost its place in the topic and would not know what is there twice: start again.
    RDKafkaErrorCode::Fatal,
    RDKafkaErrorCode::MessageSizeTooLarge,
    RDKafkaErrorCode::InvalidMessageSize,
    RDKafkaErrorCode::InvalidRecord,
    RDKafkaErrorCode::InvalidTopic,
    RDKafkaErrorCode::TopicAuthorizationFailed,
    RDKafkaErrorCode::ClusterAuthorizationFailed,
    RDKafkaErrorCode::PolicyViolation,
];

/// Whether it would be refused again.
pub(super) fn is_final(error: &KafkaError) -> bool {
    error.rdkafka_error_code().is_some_and(|code| HALTS.contains(&code))
}

/// A word for the metric.
pub(super) fn word(error: &KafkaError) -> String {
    error
        .rdkafka_error_code()
        .map_or_else(|| "other".to_owned(), |code| format!("{code:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_tried_again_and_what_repeats_is_not() {
        let of = KafkaError::MessageProduction;
        for code in [
            RDKafkaErrorCode::QueueFull,
            RDKafkaErrorCode::MessageTimedOut,
            RDKafkaErrorCode::AllBrokersDown,
            RDKafkaErrorCode::NotEnoughReplicas,
            RDKafkaErrorCode::UnknownTopicOrPartition,
        ] {
            assert!(!is_final(&of(code)), "{code:?}");
        }
        assert!(!is_final(&KafkaError::Canceled));
        assert!(is_final(&of(RDKafkaErrorCode::MessageSizeTooLarge)));
        assert!(is_final(&of(RDKafkaErrorCode::Fatal)));
        assert_eq!(word(&of(RDKafkaErrorCode::QueueFull)), "QueueFull");
        assert_eq!(word(&KafkaError::Canceled), "other");
    }
}
