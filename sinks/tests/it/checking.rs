//! What `check` finds, and what it says to do.

use parlance_service::config::Secret;
use parlance_sinks::clickhouse::check;

use crate::server::{config, execute, migrated, shared, wait};

#[test]
fn a_server_that_will_do_has_no_problems() {
    assert_eq!(wait(check(&migrated(shared()))), vec![]);
}

#[test]
fn each_problem_comes_with_what_mends_it() {
    let good = migrated(shared());

    let mut away = good.clone();
    away.url = "http://127.0.0.1:1".to_owned();
    let problems = wait(check(&away));
    assert!(
        problems.len() == 1 && problems[0].mend.contains("CLICKHOUSE_URL"),
        "{problems:?}"
    );

    let mut stranger = good.clone();
    stranger.password = Secret::new("not the password");
    let problems = wait(check(&stranger));
    assert!(
        problems.len() == 1 && problems[0].mend.contains("`user`"),
        "{problems:?}"
    );
    assert!(!format!("{problems:?}").contains("not the password"));

    let mut stranger = good.clone();
    stranger.reader_password = Secret::new("not the password");
    let problems = wait(check(&stranger));
    assert!(
        problems.len() == 1 && problems[0].mend.contains("`reader_user`"),
        "{problems:?}"
    );

    let problems = wait(check(&config(shared())));
    assert!(
        problems.len() == 1 && problems[0].mend.contains("parlance migrate"),
        "{problems:?}"
    );

    execute(
        &good,
        "ALTER TABLE messages MODIFY SETTING non_replicated_deduplication_window = 0",
    );
    execute(&good, "DROP TABLE statuses SYNC");
    let problems = wait(check(&good));
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0]
            .mend
            .contains("MODIFY SETTING non_replicated_deduplication_window"),
        "{problems:?}"
    );
    assert!(problems[1].what.contains("statuses is missing"), "{problems:?}");
    execute(
        &good,
        "ALTER TABLE messages MODIFY SETTING non_replicated_deduplication_window = 10000",
    );
}

/// The reader as a writer, the writer as a reader.
#[test]
fn swapped_users_are_noticed() {
    let good = migrated(shared());
    if good.reader_user == good.user {
        eprintln!("skipped: the given server has no user for reading (CLICKHOUSE_READER_USER)");
        return;
    }
    let mut swapped = good.clone();
    std::mem::swap(&mut swapped.user, &mut swapped.reader_user);
    std::mem::swap(&mut swapped.password, &mut swapped.reader_password);
    let problems = wait(check(&swapped));
    let said = format!("{problems:?}");
    assert!(
        said.contains("lacks the right INSERT") && said.contains("is for reading and may write"),
        "{said}"
    );
}
