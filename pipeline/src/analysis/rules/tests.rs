use parlance_schemas::labels::{Direction, Language};

use super::*;

fn analyse(text: &str, message_type: MessageType) -> Analysis {
    let context = Context {
        direction: Direction::Inbound,
        message_type,
    };
    RuleAnalyser::new().analyse(text, &context)
}

#[test]
fn nothing_written_is_nothing_to_label() {
    assert_eq!(analyse(" \n", MessageType::Text), Analysis::NOTHING);
    assert_eq!(
        analyse("User changed their number", MessageType::System),
        Analysis::NOTHING
    );
}

#[test]
fn a_reaction_is_a_feeling_only() {
    let analysis = analyse("😡", MessageType::Reaction);
    assert_eq!(analysis.sentiment.0, Sentiment::Angry);
    assert_eq!((analysis.intent.0, analysis.language.0), (Intent::None, Language::None));
}

#[test]
fn a_negation_turns_a_good_word_and_spares_the_rest() {
    assert_eq!(
        analyse("the service was good", MessageType::Text).sentiment.0,
        Sentiment::Positive
    );
    assert_eq!(
        analyse("the service was not good", MessageType::Text).sentiment.0,
        Sentiment::Negative
    );
}

#[test]
fn where_nothing_votes_little_is_claimed() {
    let analysis = analyse("blue seven window", MessageType::Text);
    assert_eq!(
        (analysis.intent.0, analysis.sentiment.0),
        (Intent::Other, Sentiment::Neutral)
    );
    assert!(analysis.intent.1 < 0.5);
}

#[test]
fn confidences_are_probabilities_whatever_the_text() {
    for text in [
        "refund ".repeat(5_000),
        "💰🎰".repeat(9_000),
        "\u{0}\u{FFFD}".to_owned(),
    ] {
        let analysis = analyse(&text, MessageType::Text);
        for confidence in [
            analysis.language.1,
            analysis.intent.1,
            analysis.sentiment.1,
            analysis.urgency.1,
        ] {
            assert!((0.0..=1.0).contains(&confidence));
        }
    }
}
