//! Who may do what.

use std::thread;
use std::time::{Duration, Instant};

use crate::http::{ask, reader, run, writer};
use crate::server;

/// Asserts that the statement is refused with the error `code`.
fn refused(who: (&str, &str), settings: &str, sql: &str, code: &str) {
    let (status, body) = ask(&server().url, who, settings, sql);
    assert!(status >= 400, "{sql} was allowed: {body}");
    assert!(body.contains(code), "{sql}: expected {code}, got {body}");
}

fn table() -> String {
    let database = server().database();
    let (url, writer) = (&server().url, writer(server()));
    run(url, writer, &format!("CREATE DATABASE {database} ENGINE = Atomic"));
    run(
        url,
        writer,
        &format!("CREATE TABLE {database}.t (a UInt32) ENGINE = MergeTree ORDER BY a"),
    );
    run(url, writer, &format!("INSERT INTO {database}.t VALUES (7)"));
    format!("{database}.t")
}

#[test]
fn the_reader_reads_and_cannot_write() {
    let table = table();
    let reader = reader(server());
    assert_eq!(run(&server().url, reader, &format!("SELECT a FROM {table}")), "7");
    for sql in [
        format!("INSERT INTO {table} VALUES (8)"),
        format!("ALTER TABLE {table} DELETE WHERE 1"),
        format!("TRUNCATE TABLE {table}"),
        format!("DROP TABLE {table}"),
        format!("OPTIMIZE TABLE {table} FINAL"),
        "CREATE DATABASE more".to_owned(),
        "CREATE USER more".to_owned(),
        "SYSTEM SHUTDOWN".to_owned(),
        format!("SYSTEM STOP MERGES {table}"),
    ] {
        let (status, body) = ask(&server().url, reader, "", &sql);
        assert!(
            status >= 400 && (body.contains("READONLY") || body.contains("ACCESS_DENIED")),
            "{sql}: {body}"
        );
    }
    assert_eq!(run(&server().url, reader, &format!("SELECT a FROM {table}")), "7");
}

#[test]
fn nobody_reaches_files_or_other_servers() {
    let table = table();
    for who in [reader(server()), writer(server())] {
        for sql in [
            "SELECT * FROM file('/etc/passwd', 'LineAsString')",
            "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
            "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'LineAsString')",
            "SELECT * FROM remote('127.0.0.1:1', system.one)",
            "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
            "SELECT * FROM executable('id', 'LineAsString', 'a String')",
            "INSERT INTO FUNCTION file('/tmp/parlance-should-not-be', 'LineAsString') SELECT 'a'",
        ] {
            let (status, body) = ask(&server().url, who, "", sql);
            assert!(status >= 400 && !body.contains("root:"), "{sql}: {body}");
            assert!(
                ["ACCESS_DENIED", "READONLY", "does not exist inside user scripts"]
                    .iter()
                    .any(|code| body.contains(code)),
                "{sql}: {body}"
            );
        }
    }
    let (database, _) = table.split_once('.').unwrap();
    for engine in [
        "File(TSV, '/etc/passwd')",
        "URL('http://127.0.0.1:1/', TSV)",
        "Distributed(a, b, c)",
    ] {
        refused(
            writer(server()),
            "",
            &format!("CREATE TABLE {database}.more (a String) ENGINE = {engine}"),
            "ACCESS_DENIED",
        );
    }
}

/// The scalar function `file` asks for no right of the engine's, so it is the kernel that must refuse it.
#[test]
#[cfg(target_os = "linux")]
fn the_file_function_sees_nothing_outside_the_data_folder() {
    for path in [
        "/etc/passwd",
        "/proc/self/environ",
        "/proc/1/environ",
        env!("CARGO_MANIFEST_DIR"),
    ] {
        for who in [reader(server()), writer(server())] {
            let (status, body) = ask(&server().url, who, "", &format!("SELECT file('{path}')"));
            assert!(
                status >= 400 && body.contains("Permission denied"),
                "{path}: {status} {body}"
            );
        }
    }
}

#[test]
fn nobody_kills_queries_of_others() {
    let slow = "SELECT sleepEachRow(1) FROM numbers(3) FORMAT Null SETTINGS log_comment = 'not yours'";
    let asked = thread::spawn(move || ask(&server().url, writer(server()), "", slow));
    let seen = "SELECT count() FROM system.processes WHERE query LIKE '%not yours%' AND user = 'parlance'";
    let started = Instant::now();
    while run(&server().url, writer(server()), seen) == "0" {
        assert!(started.elapsed() < Duration::from_secs(10), "the slow query never ran");
        thread::sleep(Duration::from_millis(10));
    }
    ask(
        &server().url,
        reader(server()),
        "",
        "KILL QUERY WHERE user = 'parlance' SYNC",
    );
    assert_eq!(asked.join().unwrap(), (200, String::new()));
}

#[test]
fn into_outfile_does_not_reach_the_servers_disk() {
    let path = std::env::temp_dir().join(format!("outfile-{}", std::process::id()));
    let sql = format!("SELECT 1 INTO OUTFILE '{}'", path.display());
    for who in [reader(server()), writer(server())] {
        let (status, body) = ask(&server().url, who, "", &sql);
        assert!(status >= 400, "{body}");
        assert!(!path.exists());
    }
}

#[test]
fn the_engines_own_user_is_nobody_elses() {
    for settings in ["", "max_sessions_for_user=100", "session_id=a", "user=default"] {
        let (status, body) = ask(&server().url, ("default", ""), settings, "SELECT 1");
        assert!(status >= 400, "{settings}: {body}");
    }
    refused((&server().user, "wrong"), "", "SELECT 1", "AUTHENTICATION_FAILED");
    refused((&server().reader_user, ""), "", "SELECT 1", "AUTHENTICATION_FAILED");
}

#[test]
fn the_reader_is_bounded_and_may_only_lower_its_bounds() {
    let reader = reader(server());
    let endless = "SELECT count() FROM numbers(1000000000000000) WHERE NOT ignore(number, rand())";
    refused(reader, "max_execution_time=0.5", endless, "TIMEOUT_EXCEEDED");
    refused(
        reader,
        "max_memory_usage=10000000",
        "SELECT groupArray(number) FROM numbers(50000000)",
        "MEMORY_LIMIT",
    );
    refused(
        reader,
        "max_result_bytes=1000",
        "SELECT number FROM numbers(100000)",
        "TOO_MANY_ROWS_OR_BYTES",
    );
    for settings in [
        "readonly=0",
        "max_execution_time=0",
        "max_execution_time=3600",
        "max_memory_usage=0",
        "max_memory_usage=100000000000",
        "max_result_bytes=0",
        "timeout_overflow_mode=break",
    ] {
        let (status, body) = ask(&server().url, reader, settings, "SELECT 1");
        assert!(status >= 400, "{settings}: {body}");
    }
}

#[test]
fn settings_that_effectively_once_needs_are_the_users_defaults() {
    let sql = "SELECT value FROM system.settings WHERE name = 'async_insert'";
    assert_eq!(run(&server().url, writer(server()), sql), "0");
    let sql =
        "SELECT value FROM system.merge_tree_settings WHERE name IN ('fsync_after_insert', 'fsync_part_directory')";
    assert_eq!(run(&server().url, writer(server()), sql), "1\n1");
}
