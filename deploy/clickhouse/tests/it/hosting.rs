//! Starting, stopping, and what survives.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use parlance_clickhouse::testing::Server;
use parlance_clickhouse::{PORT_FILE, READER, WRITER, ready_port};

use crate::http::{run, writer};

const PROGRAM: &str = env!("CARGO_BIN_EXE_parlance-clickhouse");

fn command(data: &std::path::Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .arg("--data")
        .arg(data)
        .env("PARLANCE_CLICKHOUSE_PASSWORD", "long enough")
        .env("PARLANCE_CLICKHOUSE_READER_PASSWORD", "long enough too")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn within<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < limit, "{what} did not happen within {limit:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

const SOON: Duration = Duration::from_secs(60);

#[test]
fn it_ends_when_its_standard_input_ends_and_keeps_its_data() {
    // A name with everything that could leave its place in XML or SQL.
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("it's <a> & \"b\"");
    let who = (WRITER, "long enough");
    for round in 0..2 {
        let mut child = command(&data).stderr(Stdio::inherit()).spawn().unwrap();
        let port = within(SOON, "an answer", || {
            assert_eq!(child.try_wait().unwrap(), None, "it ended");
            ready_port(&data)
        });
        let url = format!("http://127.0.0.1:{port}");
        if round == 0 {
            run(&url, who, "CREATE DATABASE kept ENGINE = Atomic");
            run(
                &url,
                who,
                "CREATE TABLE kept.t (a UInt32) ENGINE = MergeTree ORDER BY a",
            );
            run(&url, who, "INSERT INTO kept.t VALUES (7)");
        }
        assert_eq!(run(&url, (READER, "long enough too"), "SELECT a FROM kept.t"), "7");
        drop(child.stdin.take());
        let status = within(SOON, "its end", || child.try_wait().unwrap());
        assert!(status.success(), "{status}");
    }
    for file in ["config.xml", "users.xml"] {
        let mode = data.join(file).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
        assert!(
            !std::fs::read_to_string(data.join(file))
                .unwrap()
                .contains("long enough"),
            "{file}"
        );
    }
    assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = command(folder.path()).stderr(Stdio::inherit()).spawn().unwrap();
    let port = within(SOON, "an answer", || ready_port(folder.path()));
    let second = command(folder.path()).output().unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("another server uses"), "{said}");
    assert_eq!(ready_port(folder.path()), Some(port));
    drop(first.stdin.take());
    within(SOON, "its end", || first.try_wait().unwrap());
}

#[test]
fn a_taken_port_never_looks_ready() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(folder.path())
        .arg("--http-port")
        .arg(port.to_string())
        .spawn()
        .unwrap();
    let status = within(SOON, "its end", || child.try_wait().unwrap());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(!status.success(), "it ended well: {said}");
    assert!(!said.is_empty());
    assert!(!folder.path().join(PORT_FILE).exists());
}

#[test]
fn what_cannot_work_is_said_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let no_library = command(folder.path())
        .env("PARLANCE_CHDB_LIB", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&no_library.stderr).into_owned();
    assert!(
        said.contains("fetch.sh") && said.contains("PARLANCE_CHDB_LIB"),
        "{said}"
    );
    let short = command(folder.path())
        .env("PARLANCE_CLICKHOUSE_READER_PASSWORD", "short")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&short.stderr).into_owned();
    assert!(
        !short.status.success() && said.contains("reader's password") && !said.contains("`short`"),
        "{said}"
    );
}

#[test]
fn acknowledged_rows_survive_kill_9() {
    let mut server = Server::own();
    let url = server.url.clone();
    run(&url, writer(&server), "CREATE DATABASE kept ENGINE = Atomic");
    run(
        &url,
        writer(&server),
        "CREATE TABLE kept.t (a UInt32) ENGINE = MergeTree ORDER BY a",
    );
    for round in 0..10 {
        run(&url, writer(&server), &format!("INSERT INTO kept.t VALUES ({round})"));
        server.kill();
        server.restart();
        let rows = run(&url, writer(&server), "SELECT count(), uniqExact(a) FROM kept.t");
        assert_eq!(rows, format!("{}\t{}", round + 1, round + 1));
    }
}

#[test]
fn a_temporary_server_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(folder.path())
        .arg("--temporary")
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    within(SOON, "an answer", || ready_port(folder.path()));
    drop(child.stdin.take());
    within(SOON, "its end", || child.try_wait().unwrap());
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
