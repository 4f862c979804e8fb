//! The books are gone over: nothing differs after trouble, what came too late is found and put right, and nothing after that.

use std::process::Output;

use jiff::{SignedDuration, Timestamp};

use crate::effectively_once::wait_until_complete;
use crate::house::House;

/// Runs `parlance reconcile`; what it printed, and whether it ended well.
fn reconcile(house: &House, arguments: &[&str]) -> (String, bool) {
    let arguments: Vec<&str> = ["reconcile"].iter().chain(arguments).copied().collect();
    let output: Output = house.command(&arguments).output().expect("the binary runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty() || output.status.success(), "{errors}");
    (
        String::from_utf8(output.stdout).expect("it prints text"),
        output.status.success(),
    )
}

/// Nothing that is stored differs from what follows from the messages; there is something of each table that is named.
pub(crate) fn assert_nothing_differs(house: &House, span: &[&str], tables: &[&str]) {
    let (printed, well) = reconcile(house, span);
    assert!(well, "{printed}");
    for line in printed.lines().filter(|line| line.contains(" compared ")) {
        assert!(line.ends_with(" 0 differ"), "{printed}");
    }
    for table in tables {
        let line = printed.lines().find(|line| line.starts_with(&format!("{table} ")));
        assert!(
            line.is_some_and(|line| !line.contains(" 0 compared")),
            "{table}: {printed}"
        );
    }
}

fn demo(house: &House, arguments: &[&str]) {
    let fixed = [
        "demo",
        "--rate",
        "60",
        "--for",
        "8s",
        "--duplicates",
        "3%",
        "--late",
        "5%",
    ];
    house.parlance(&[&fixed, arguments].concat());
    wait_until_complete(house);
}

#[test]
fn what_came_too_late_for_its_windows_is_found_and_repaired_once() {
    let house = House::start(&[]);
    demo(&house, &["--seed", "3"]);
    assert_nothing_differs(&house, &[], &["conversations", "turns", "metrics_1m", "measures_1h"]);
    // Everything in it is ten days old: windows are closed, and no conversation takes it.
    let then = Timestamp::now() - SignedDuration::from_hours(10 * 24);
    demo(&house, &["--seed", "4", "--start", &then.to_string()]);
    let count = |table: &str| -> u64 {
        let sql = format!(
            "SELECT count() FROM {table} FINAL WHERE toDate(window_start) = toDate('{}')",
            day(then)
        );
        house.sql(&sql).parse().expect("a number")
    };
    assert_eq!(count("metrics_1h"), 0, "windows of ten days ago are closed");

    // Phones' histories go back months: they are beside the point.
    let before = day(then - SignedDuration::from_hours(24));
    let span = ["--from", before.as_str()];
    let (printed, well) = reconcile(&house, &span);
    assert!(!well, "it ends well though there are differences: {printed}");
    assert!(
        printed.contains("metrics_1h") && printed.contains(": is missing"),
        "{printed}"
    );
    assert_eq!(count("metrics_1h"), 0, "nothing is repaired unasked");

    let (printed, well) = reconcile(&house, &[&span[..], &["--repair"]].concat());
    assert!(well, "{printed}");
    assert!(printed.contains("left 0 to the pipeline"), "{printed}");
    assert!(count("metrics_1h") > 0, "{printed}");
    let messages = "SELECT count() FROM messages FINAL WHERE toDate(sent_at) = toDate('{}')".replace("{}", &day(then));
    let counted = "SELECT sum(messages) FROM metrics_1m FINAL WHERE toDate(window_start) = toDate('{}')";
    assert_eq!(
        house.sql(&counted.replace("{}", &day(then))),
        house.sql(&messages),
        "windows count what there is"
    );
    assert_nothing_differs(&house, &span, &["conversations", "turns", "metrics_1m", "measures_1h"]);
}

/// The day (UTC) of an instant.
fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
