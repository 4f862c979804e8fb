//! What rules reacted to is known after a snapshot.

use parlance_pipeline::History;
use parlance_pipeline::testing::{MemoryLog, MemorySink};
use tempfile::TempDir;

use super::{MINUTE, SECOND, Steps, run_under_while, snapshots, with_snapshots};
use crate::judged::{COMPLAINT, message};
use crate::world::{DAWN, run_under, write};

const RULES: &[u8] = br#"{"rules":[
    {"id":"live","mode":"live","on":"message","per":"conversation","when":{"intent":{"in":["complaint"]}},"then":[{"ticket":{}}]},
    {"id":"dry","mode":"dry_run","on":"message","per":"turn","when":{"intent":{"in":["complaint"]}},"then":[{"ticket":{}}]}]}"#;

#[test]
fn a_conversation_that_was_reacted_to_before_a_snapshot_is_not_after_it() {
    for (before, after) in [(1, 2), (2, 1)] {
        let history = || {
            let history = History::default();
            history.take(0, DAWN - MINUTE, "rules/number-1", Some(RULES));
            history
        };
        let (log, sink, dir) = (MemoryLog::new(2), MemorySink::new(3), TempDir::new().unwrap());
        (0..2).for_each(|partition| log.append_mark(partition, DAWN - MINUTE, 1));
        write(&log, &message(2, 10 * SECOND, 5 * SECOND, COMPLAINT));
        let mut now = DAWN + 10 * SECOND;
        log.set_now(now);
        let mut steps = Steps::new();
        run_under_while(
            with_snapshots(before, dir.path()),
            (&log, history()),
            &sink,
            sink.writers(),
            || {
                let there = snapshots(dir.path());
                let taken = there.last().is_some_and(|at| *at > DAWN + 10 * SECOND);
                if !taken && steps.due(there) {
                    now += MINUTE;
                    log.finish(now);
                }
                !taken
            },
        )
        .unwrap();
        let at = *snapshots(dir.path()).last().unwrap();
        log.forget_before(at + 1);
        // The first of them changes what the conversation and the turn begin with.
        let said = now - DAWN + SECOND;
        write(&log, &message(1, said, 0, COMPLAINT));
        write(&log, &message(3, said + SECOND, said, COMPLAINT));
        let end = now + 2 * MINUTE;
        log.finish(end);
        let (writers, progress) = (sink.writers(), sink.progress());
        let config = with_snapshots(after, dir.path());
        run_under(config, (&log, history()), &sink, writers, progress, end - SECOND).unwrap();
        assert_eq!(log.opened_at().last(), Some(&(at + 1)));
        let tables = sink.tables();
        let reacted: Vec<_> = tables
            .triggers
            .values()
            .map(|row| (&*row.rule_id, &*row.message_id))
            .collect();
        assert_eq!(reacted, [("dry", "wamid.2"), ("live", "wamid.2")]);
        let counts = tables.rule_reports.values().map(|row| (row.matched, row.among));
        assert_eq!(counts.collect::<Vec<_>>(), [(1, 3), (1, 3)]);
    }
}
