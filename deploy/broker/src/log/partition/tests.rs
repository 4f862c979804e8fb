use super::super::batch::tests::{by, sample};
use super::*;

const DAY: i64 = 86_400_000;

fn config() -> Config {
    Config::default()
}

fn topic(settings: &[(&str, &str)]) -> TopicConfig {
    let overrides = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    TopicConfig::new(overrides.collect()).unwrap()
}

fn one(value: &str) -> Vec<u8> {
    sample(&[(Some(b"key"), Some(value.as_bytes()))], now())
}

/// Appends and waits until it is durable.
async fn put(partition: &Partition, batch: &[u8], topic: &TopicConfig) -> i64 {
    let appended = partition.append(batch, topic).unwrap();
    partition.commit.reached(appended.next).await.unwrap();
    appended.base
}

/// The offsets of all batches, read through small fetches.
fn offsets(partition: &Partition) -> Vec<i64> {
    let (mut found, mut at) = (Vec::new(), partition.bounds().start);
    loop {
        let bytes = partition.read(at, 100).unwrap().expect("in range");
        let Some(header) = Header::read_checked(&bytes) else {
            return found;
        };
        found.push(header.base);
        at = header.next();
    }
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.retain(|path| path.extension().is_some_and(|found| found == extension));
    found.sort();
    found
}

#[tokio::test]
async fn a_write_torn_at_any_byte_is_cut_and_the_log_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let topic = topic(&[]);
    let partition = Partition::open(dir.path().join("0"), &config()).unwrap();
    let batch = one("a value");
    for _ in 0..3 {
        put(&partition, &batch, &topic).await;
    }
    drop(partition);
    let file = files(&dir.path().join("0"), "log").remove(0);
    let whole = std::fs::read(&file).unwrap();
    for cut in 1..=batch.len() {
        std::fs::write(&file, &whole[..whole.len() - cut]).unwrap();
        let partition = Partition::open(dir.path().join("0"), &config()).unwrap();
        assert_eq!(offsets(&partition), [0, 1], "cut {cut}");
        assert_eq!(put(&partition, &batch, &topic).await, 2);
    }
    // Space that was reserved but never written reads as zeros.
    std::fs::write(&file, [&whole[..], &[0; 5_000]].concat()).unwrap();
    assert_eq!(
        offsets(&Partition::open(dir.path().join("0"), &config()).unwrap()),
        [0, 1, 2]
    );
}

#[tokio::test]
async fn segments_outlive_lost_indexes_and_half_finished_rolls() {
    let dir = tempfile::tempdir().unwrap();
    let topic = topic(&[("segment.bytes", "1000")]);
    let partition = Partition::open(dir.path().to_owned(), &config()).unwrap();
    let mut sequence = 0;
    let mut write = async |partition: &Partition| {
        let batch = by(7, sequence, one(&"x".repeat(300)));
        sequence += 1;
        put(partition, &batch, &topic).await
    };
    for _ in 0..20 {
        write(&partition).await;
    }
    drop(partition);
    let segments = files(dir.path(), "log");
    assert!(segments.len() > 5 && files(dir.path(), "producers").len() == 1);
    for index in files(dir.path(), "index").iter().step_by(2) {
        std::fs::remove_file(index).unwrap();
    }
    std::fs::write(&files(dir.path(), "index")[0], b"{").unwrap();
    std::fs::remove_file(&files(dir.path(), "producers")[0]).unwrap();
    std::fs::write(dir.path().join("unfinished.index.tmp"), b"?").unwrap();
    let partition = Partition::open(dir.path().to_owned(), &config()).unwrap();
    assert_eq!(offsets(&partition), (0..20).collect::<Vec<_>>());
    assert_eq!(
        write(&partition).await,
        20,
        "the producer's sequence numbers were read back from the segments"
    );
    drop(partition);

    // The next segment's file had not been made yet: its predecessor is the last again.
    std::fs::remove_file(files(dir.path(), "log").pop().unwrap()).unwrap();
    let partition = Partition::open(dir.path().to_owned(), &config()).unwrap();
    let left = offsets(&partition);
    assert_eq!(left, (0..left.len() as i64).collect::<Vec<_>>());
}

#[tokio::test]
async fn damage_inside_a_sealed_segment_is_reported_not_cut() {
    let dir = tempfile::tempdir().unwrap();
    let topic = topic(&[("segment.bytes", "1000")]);
    let partition = Partition::open(dir.path().to_owned(), &config()).unwrap();
    for _ in 0..20 {
        put(&partition, &one(&"x".repeat(300)), &topic).await;
    }
    drop(partition);
    let first = &files(dir.path(), "log")[0];
    let mut bytes = std::fs::read(first).unwrap();
    bytes[500] ^= 1;
    std::fs::write(first, bytes).unwrap();
    std::fs::remove_file(summary_path(first)).unwrap();
    let error = Partition::open(dir.path().to_owned(), &config()).unwrap_err();
    assert!(error.to_string().contains("00000000000000000000-0.log"), "{error}");
}

#[tokio::test]
async fn the_brokers_time_never_steps_back() {
    let dir = tempfile::tempdir().unwrap();
    let topic = topic(&[("message.timestamp.type", "LogAppendTime")]);
    let partition = Partition::open(dir.path().to_owned(), &config()).unwrap();
    // As if the clock had been a day ahead, and was then set right.
    let ahead = now() + DAY;
    partition.lock().newest_stamp = ahead;
    assert_eq!(partition.append(&one("v"), &topic).unwrap().log_append_time, ahead);
    partition.commit.reached(1).await.unwrap();
    drop(partition);
    let partition = Partition::open(dir.path().to_owned(), &config()).unwrap();
    assert_eq!(
        partition.append(&one("v"), &topic).unwrap().log_append_time,
        ahead,
        "also after a restart"
    );
}

#[tokio::test]
async fn the_newer_generation_of_a_compacted_segment_wins() {
    let dir = tempfile::tempdir().unwrap();
    let topic = topic(&[
        ("cleanup.policy", "compact"),
        ("segment.bytes", "1000"),
        ("delete.retention.ms", "0"),
    ]);
    let partition = Partition::open(dir.path().to_owned(), &config()).unwrap();
    for _ in 0..20 {
        put(&partition, &one(&"x".repeat(300)), &topic).await;
    }
    let old = files(dir.path(), "log").remove(0);
    let kept = std::fs::read(&old).unwrap();
    partition.compact(&topic).unwrap();
    let left = offsets(&partition);
    assert!(left.len() < 5 && left.contains(&19), "{left:?}");
    assert_eq!(partition.bounds().start, 0);
    drop(partition);
    // The crash came before the old file was removed.
    std::fs::write(&old, kept).unwrap();
    let partition = Partition::open(dir.path().to_owned(), &config()).unwrap();
    assert_eq!(offsets(&partition), left);
    assert!(!old.exists());
}

#[tokio::test]
async fn a_tombstone_stays_for_its_time_and_then_goes_with_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let partition = Partition::open(dir.path().to_owned(), &config()).unwrap();
    let compacted = |delete_retention: &str| {
        topic(&[
            ("cleanup.policy", "compact"),
            ("segment.bytes", "14"),
            ("delete.retention.ms", delete_retention),
        ])
    };
    let patient = compacted("60000");
    put(&partition, &one("value"), &patient).await;
    put(&partition, &sample(&[(Some(b"key"), None)], now()), &patient).await;
    put(
        &partition,
        &sample(&[(Some(b"other"), Some(b"value"))], now()),
        &patient,
    )
    .await;
    partition.compact(&patient).unwrap();
    assert_eq!(
        offsets(&partition),
        [1, 2],
        "the value has gone, its tombstone tells of it"
    );
    let hasty = compacted("0");
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    put(&partition, &sample(&[(Some(b"third"), Some(b"value"))], now()), &hasty).await;
    partition.compact(&hasty).unwrap();
    assert_eq!(offsets(&partition), [2, 3]);
}

#[tokio::test]
async fn a_batch_that_cannot_be_read_is_kept_whole() {
    let dir = tempfile::tempdir().unwrap();
    let partition = Partition::open(dir.path().to_owned(), &config()).unwrap();
    // Written while the topic was not compacted: its records are not looked at.
    let mut strange = Header::read(&one("v")).unwrap();
    strange.attributes = 4;
    put(
        &partition,
        &batch::rebuild(&strange, 1, 5, b"not zstd"),
        &topic(&[("segment.bytes", "14")]),
    )
    .await;
    let compacted = topic(&[("cleanup.policy", "compact"), ("segment.bytes", "14")]);
    for _ in 0..3 {
        put(&partition, &one("v"), &compacted).await;
    }
    partition.compact(&compacted).unwrap();
    assert_eq!(offsets(&partition), [0, 2, 3]);
}
