//! What the analysis finds travels with the message to its row.

use parlance_pipeline::testing::MemorySink;

use crate::world::{World, config, last_tick, run_until};

#[test]
fn signals_entities_and_answers_reach_the_row() {
    let world = World::random(21, 2, 200);
    let sink = MemorySink::new(3);
    run_until(config(1), &world.log(), &sink, last_tick(&world)).unwrap();
    let messages = sink.tables().messages;
    let stolen = messages.values().find(|row| row.text.contains("stolen"));
    let row = stolen.expect("some customer's card is stolen in every world of this size");
    assert_eq!(row.signals_task.len(), row.signals_text.len());
    assert_eq!(row.signals_task.len(), row.signals_weight.len());
    assert!(
        row.signals_text.iter().any(|word| row.text.contains(word.as_str())),
        "{row:?}"
    );
    assert!(!row.analyser.is_empty());
    for row in messages.values().filter(|row| row.text.is_empty()) {
        assert!(row.signals_task.is_empty() && row.entities_kind.is_empty() && row.replies.is_empty());
    }
}
