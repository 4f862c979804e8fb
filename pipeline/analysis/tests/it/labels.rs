//! The shipped weights, on messages written for these tests: plain cases that must never be lost, in every language.

use std::sync::Arc;

use jiff::Timestamp;
use parlance_analysis::{Analyser, Analysis, Context, Task, Trained, region_of};
use parlance_schemas::labels::{Direction, Intent, Language, MessageType, Sentiment, Urgency};

fn context() -> Context {
    Context {
        direction: Direction::Inbound,
        message_type: MessageType::Text,
        sent_at: Timestamp::UNIX_EPOCH,
        custom: Arc::default(),
        region: region_of("+4930901820"),
    }
}

fn said(text: &str) -> Analysis {
    Trained::shipped().analyse(text, &context())
}

#[test]
fn plain_messages_are_understood_in_every_language() {
    let plain = [
        (
            Language::En,
            Intent::OrderInquiry,
            "Hi, where is my parcel? I ordered it ten days ago",
        ),
        (
            Language::Es,
            Intent::AppointmentRequest,
            "Buenas, quería pedir cita para el jueves por la tarde",
        ),
        (
            Language::Fr,
            Intent::SupportTicket,
            "Bonjour, je n'arrive plus à me connecter à mon compte",
        ),
        (
            Language::De,
            Intent::AppointmentRequest,
            "Guten Tag, ich möchte meinen Termin am Freitag verschieben",
        ),
        (
            Language::It,
            Intent::PaymentInquiry,
            "Salve, mi avete addebitato due volte la stessa fattura",
        ),
        (
            Language::Pt,
            Intent::LeadInquiry,
            "Boa tarde, quanto custa o plano anual?",
        ),
        (
            Language::Ar,
            Intent::OrderInquiry,
            "السلام عليكم، متى يوصل طلبي؟ طلبته قبل أسبوع",
        ),
        (Language::Zh, Intent::OrderInquiry, "你好，我的包裹怎么还没到？"),
        (
            Language::Ja,
            Intent::AppointmentRequest,
            "来週の土曜日に2名で予約したいのですが",
        ),
        (
            Language::Ko,
            Intent::OrderInquiry,
            "주문한 상품이 아직 안 왔는데 언제 배송되나요?",
        ),
    ];
    for (language, intent, text) in plain {
        let analysis = said(text);
        assert_eq!(
            (analysis.labels.language.0, analysis.labels.intent.0),
            (language, intent),
            "{text}"
        );
        assert!(analysis.labels.intent.1 > 0.5, "{text}: {analysis:?}");
        assert!(!analysis.signals.is_empty(), "{text}");
        assert!(!analysis.replies.is_empty(), "{text}");
    }
}

#[test]
fn what_is_at_stake_decides_urgency_and_not_the_tone() {
    for (text, urgency) in [
        ("someone is using my card right now, please stop it", Urgency::Critical),
        ("there is a strong smell of gas in the kitchen", Urgency::Critical),
        ("what colours does it come in?", Urgency::Low),
        ("WORST FILM EVER!!! I HATE IT", Urgency::Low),
    ] {
        assert_eq!(said(text).labels.urgency.0, urgency, "{text}");
    }
}

#[test]
fn thanks_and_anger_are_told_apart() {
    assert_eq!(
        said("thank you so much, you were really helpful").labels.sentiment.0,
        Sentiment::Positive
    );
    assert_eq!(
        said("you are liars and thieves, give me my money back you scum")
            .labels
            .sentiment
            .0,
        Sentiment::Angry
    );
}

#[test]
fn nothing_is_said_of_nothing() {
    assert_eq!(said(""), Analysis::NOTHING);
    assert_eq!(said(" \n\t"), Analysis::NOTHING);
    let mut context = context();
    context.message_type = MessageType::System;
    assert_eq!(
        Trained::shipped().analyse("Ada changed her number", &context),
        Analysis::NOTHING
    );
}

#[test]
fn a_reaction_is_a_feeling_only() {
    let mut context = context();
    context.message_type = MessageType::Reaction;
    let analysis = Trained::shipped().analyse("😡", &context);
    assert_eq!(
        (analysis.labels.intent.0, analysis.labels.language.0),
        (Intent::None, Language::None)
    );
    assert_ne!(analysis.labels.sentiment.0, Sentiment::None);
}

#[test]
fn nobody_is_told_what_to_answer_to_himself() {
    let mut context = context();
    context.direction = Direction::Outbound;
    assert!(
        Trained::shipped()
            .analyse("Where is my order?", &context)
            .replies
            .is_empty()
    );
}

#[test]
fn every_score_is_a_probability_and_each_tasks_add_up() {
    for text in ["hello", "?", "🤷", "zxqj", &"a".repeat(5_000), "مرحبا hello 你好"] {
        for (task, scores) in Task::ALL.into_iter().zip(Trained::shipped().scores(text, None)) {
            let sum: f32 = scores.iter().map(|(_, score)| score).sum();
            assert!((sum - 1.0).abs() < 1e-3, "{task} of {text}: {sum}");
            assert!(scores.iter().all(|(_, score)| (0.0..=1.0).contains(score)));
        }
    }
}

#[test]
fn the_same_text_gets_the_same_answer_whatever_was_read_before() {
    let analyser = Trained::shipped();
    let first = analyser.analyse("where is my order #12345?", &context());
    analyser.analyse(&"完全に違うテキスト".repeat(500), &context());
    assert_eq!(analyser.analyse("where is my order #12345?", &context()), first);
}

#[test]
fn scores_that_come_with_an_analysis_are_those_of_the_text() {
    let analyser = Trained::shipped();
    for text in ["where is my order #12345?", "配送が遅い", "", " \n"] {
        let both = analyser.analyse_with_scores(text, &context());
        assert_eq!(
            both,
            (analyser.analyse(text, &context()), analyser.scores(text, None)),
            "{text}"
        );
    }
}
