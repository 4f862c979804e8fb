//! The same log, read by one worker, by several, and by a cluster of processes: the same tables, to the byte.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::house::{House, PATIENCE};

const TABLES: &[&str] = &[
    "messages",
    "statuses",
    "contacts",
    "account_events",
    "raw_updates",
    "verdicts",
    "metrics_1m",
    "metrics_1h",
    "metrics_1d",
];

/// Another pipeline on the house's log, into a database of its own.
struct Reader<'a> {
    house: &'a House,
    database: &'a str,
    processes: Vec<Child>,
}

impl<'a> Reader<'a> {
    fn start(house: &'a House, database: &'a str, shapes: &[&[&str]]) -> Self {
        let reader = Reader {
            house,
            database,
            processes: Vec::new(),
        };
        let migrated = reader.command(&["migrate"]).status().expect("the binary runs");
        assert!(migrated.success());
        let processes = shapes.iter().enumerate().map(|(process, shape)| {
            let arguments: Vec<&str> = ["pipeline"].into_iter().chain(shape.iter().copied()).collect();
            let log = std::fs::File::create(reader.log(process)).expect("ours");
            reader.command(&arguments).stderr(log).spawn().expect("the binary runs")
        });
        let processes = processes.collect();
        Self { processes, ..reader }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let run = self.house.run();
        let mut command = self.house.command(arguments);
        command
            .env("KAFKA_BROKERS", &run.kafka)
            .env("CLICKHOUSE_URL", &run.clickhouse)
            .env("CLICKHOUSE_USER", "parlance")
            .env("CLICKHOUSE_PASSWORD", self.house.clickhouse_password())
            .env("CLICKHOUSE_DATABASE", self.database)
            .env("PARLANCE_PIPELINE_METRICS_LISTEN", "127.0.0.1:0")
            .env("PARLANCE_PIPELINE_SHARDS", "3")
            .stdout(Stdio::null());
        command
    }

    fn log(&self, process: usize) -> PathBuf {
        self.house.scratch(&format!("{}-{process}.log", self.database))
    }

    /// What its processes logged, for a failing test's message.
    fn logged(&self) -> String {
        let read = |process| std::fs::read_to_string(self.log(process)).expect("ours");
        (0..self.processes.len()).map(read).collect()
    }

    fn wait_until_complete_through(&self, target: u64) {
        let deadline = Instant::now() + PATIENCE;
        let query = format!(
            "SELECT if(count() = 3, min(through), 0) FROM (SELECT shard, max(complete_through) AS through \
             FROM {}.sink_progress GROUP BY shard)",
            self.database
        );
        loop {
            let through: u64 = self.house.sql(&query).parse().expect("a number");
            if through >= target {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{} is complete through {through}, not {target}:\n{}",
                self.database,
                self.logged()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn fingerprint(&self) -> Vec<(String, String)> {
        let print = |table: &&str| {
            let target = format!(
                "SELECT count(), sum(cityHash64(toString(tuple(*)))) FROM {}.{table} FINAL",
                self.database
            );
            ((*table).to_owned(), self.house.sql(&target))
        };
        TABLES.iter().map(print).collect()
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        for process in &mut self.processes {
            if let Err(error) = process.kill().and_then(|()| process.wait()) {
                eprintln!("cannot end a pipeline: {error}");
            }
        }
    }
}

#[test]
fn one_two_four_workers_and_two_processes_write_the_same_tables() {
    let house = House::start(&[]);
    house.parlance(&[
        "demo",
        "--rate",
        "200",
        "--for",
        "20s",
        "--duplicates",
        "5%",
        "--late",
        "10%",
        "--seed",
        "11",
    ]);
    crate::effectively_once::wait_until_complete(&house);
    let target: u64 = house
        .sql("SELECT max(version) FROM messages")
        .parse()
        .expect("a number");

    let hosts = house.scratch("hosts");
    let free = || {
        std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|l| l.local_addr())
            .expect("a free port")
    };
    std::fs::write(&hosts, format!("{}\n{}\n", free(), free())).expect("the folder is ours");
    let hosts = hosts.to_str().expect("a plain name");
    let cluster = |process: &'static str| {
        [
            "--workers",
            "1",
            "--processes",
            "2",
            "--process",
            process,
            "--hosts",
            hosts,
        ]
    };
    let (first, second) = (cluster("0"), cluster("1"));
    let shapes: [(&str, Vec<&[&str]>); 4] = [
        ("one_worker", vec![&["--workers", "1"]]),
        ("two_workers", vec![&["--workers", "2"]]),
        ("four_workers", vec![&["--workers", "4"]]),
        ("two_processes", vec![&first, &second]),
    ];
    let mut prints = Vec::new();
    for (database, shape) in &shapes {
        let reader = Reader::start(&house, database, shape);
        reader.wait_until_complete_through(target);
        prints.push((database, reader.fingerprint()));
    }
    let (_, expected) = &prints[0];
    assert!(
        expected
            .iter()
            .any(|(table, print)| table == "messages" && !print.starts_with("0\t"))
    );
    for (database, print) in &prints[1..] {
        assert_eq!(print, expected, "{database}");
    }
}
