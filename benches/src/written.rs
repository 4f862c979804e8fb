//! A log that stands in files: one for each partition, records one after the other, each behind its log time and length.
//!
//! Written once for each kind of traffic and read as often as it is measured, so that neither the traffic's making nor the
//! memory for it is part of what is measured.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parlance_pipeline::log::{DeadLetter, Fetched, Log, LogReader, LogRecord};
use parlance_pipeline::{Error, History};
use parlance_schemas::record::{Heartbeat, Record, VERSION};
use parlance_schemas::rows::LogTime;
use parlance_schemas::settings::rules::TEMPLATE;
use parlance_schemas::webhook::split;
use parlance_traffic::stream::{Settings, Traffic};

/// Partitions of the log.
pub const PARTITIONS: u32 = 4;

/// A week with evenings and a weekend, so that promises are measured by hours.
const HOURS: &str = r#"{"weekly":[{"days":["mon","tue","wed","thu","fri"],"from":"08:00","to":"18:00"},
    {"days":["sat"],"from":"09:00","to":"13:00"}]}"#;
/// Short enough that timers come due within a run.
const SLA: &str = r#"{"targets":[{"urgencies":["critical","high"],"within":"1m","clock":"calendar"},
    {"within":"2m","clock":"calendar","by":"human"}],"closing_notice":"2h","follow_up_after":"3m"}"#;

/// A log in files, and the settings that its first records put into force.
#[derive(Clone, Debug)]
pub struct Written {
    folder: Arc<Path>,
    /// The tick of the last row.
    pub end: LogTime,
    /// Updates in it, duplicates counted.
    pub updates: usize,
    /// The numbers of the businesses, sorted.
    pub numbers: Vec<String>,
}

impl Written {
    /// The first `updates` updates of such traffic, or a few more. A log that is there already is used again.
    ///
    /// # Errors
    /// When files cannot be written or read.
    pub fn new(folder: &Path, traffic: &Settings, updates: usize) -> io::Result<Self> {
        let name = format!(
            "log-{}-{}-{}-{}-{}-{}-{updates}",
            traffic.seed, traffic.rate, traffic.duplicates, traffic.late, traffic.businesses, traffic.customers
        );
        let folder = folder.join(name);
        if !folder.join("about").exists() {
            write(&folder, traffic, updates)?;
        }
        let about = fs::read_to_string(folder.join("about"))?;
        let mut lines = about.lines();
        let mut number = || lines.next().and_then(|line| line.parse::<u64>().ok());
        let (Some(end), Some(updates)) = (number(), number()) else {
            return Err(io::Error::other("the log was not written to its end"));
        };
        Ok(Self {
            folder: folder.into(),
            end,
            updates: usize::try_from(updates).unwrap_or(usize::MAX),
            numbers: lines.map(str::to_owned).collect(),
        })
    }

    /// Everything that can be in force for every number: its time zone, hours, promises, and the rules of the template.
    pub fn settings(&self) -> History {
        let history = History::default();
        for (offset, (key, value)) in (0..).zip(self.values()) {
            history.take(offset, 1, &key, Some(value.as_bytes()));
        }
        history
    }

    /// How many settings there are.
    pub fn settings_end(&self) -> i64 {
        i64::try_from(self.values().len()).unwrap_or(i64::MAX)
    }

    fn values(&self) -> Vec<(String, &'static str)> {
        let of_number = |number: &String| {
            [
                (format!("integration/{number}"), r#"{"time_zone":"Europe/Berlin"}"#),
                (format!("hours/{number}"), HOURS),
                (format!("sla/{number}"), SLA),
                (format!("rules/{number}"), TEMPLATE),
            ]
        };
        self.numbers.iter().flat_map(of_number).collect()
    }
}

fn write(folder: &Path, traffic: &Settings, updates: usize) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let files = (0..PARTITIONS).map(|partition| File::create(path(folder, partition)).map(BufWriter::new));
    let mut files: Vec<BufWriter<File>> = files.collect::<io::Result<_>>()?;
    let (mut count, mut end, mut numbers) = (0, 0, BTreeSet::new());
    let mut bytes = Vec::new();
    let mut posts = Traffic::new(traffic.clone());
    // What is in force is said first: as many settings as a world of these numbers has.
    let all = posts.world().businesses.iter().flat_map(|business| &business.numbers);
    numbers.extend(all.map(|number| number.phone_number_id.clone()));
    let settings = i64::try_from(numbers.len() * 4).unwrap_or(i64::MAX);
    let beat = |settings| {
        let beat = Heartbeat { v: VERSION, settings };
        serde_json::to_vec(&Record::Heartbeat(beat)).map_err(io::Error::from)
    };
    let start = u64::try_from(traffic.start_ms).expect("after 1970");
    for file in &mut files {
        put(file, start, &beat(settings)?)?;
    }
    while count < updates {
        let post = posts.next_post();
        let received_at = traffic.start_ms + i64::try_from(post.due.as_millis()).expect("hours fit");
        let log_time = LogTime::try_from(received_at).expect("after 1970");
        for keyed in split(&post.body, "0193a4f2-0000-7000-8000-000000000000", received_at).expect("bodies are JSON") {
            let hash = |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte));
            let partition = keyed.key.bytes().fold(0, hash) % PARTITIONS;
            bytes.clear();
            serde_json::to_writer(&mut bytes, &Record::Update(keyed.update))?;
            put(&mut files[partition as usize], log_time, &bytes)?;
            count += 1;
        }
        end = log_time;
    }
    let end = end.div_ceil(1_000) * 1_000;
    for file in &mut files {
        put(file, end + 1_000, &beat(settings)?)?;
        file.flush()?;
    }
    let numbers: Vec<String> = numbers.into_iter().collect();
    fs::write(folder.join("about"), format!("{end}\n{count}\n{}\n", numbers.join("\n")))
}

fn path(folder: &Path, partition: u32) -> PathBuf {
    folder.join(partition.to_string())
}

fn put(file: &mut impl Write, log_time: LogTime, payload: &[u8]) -> io::Result<()> {
    file.write_all(&log_time.to_le_bytes())?;
    file.write_all(&(payload.len() as u64).to_le_bytes())?;
    file.write_all(payload)
}

fn unread(error: &io::Error) -> Error {
    Error::Log {
        doing: "reading a file of the log".to_owned(),
        reason: error.to_string(),
    }
}

impl Log for Written {
    type Reader = Reader;

    fn partitions(&self) -> Result<u32, Error> {
        Ok(PARTITIONS)
    }

    fn open(&self, partitions: &[u32], _from: u64, _progress: u64) -> Result<Reader, Error> {
        let lane = |partition: &u32| {
            let file = File::open(path(&self.folder, *partition)).map_err(|error| unread(&error))?;
            let lane = Lane {
                file: BufReader::with_capacity(1 << 18, file),
                offset: 0,
            };
            Ok((*partition, lane))
        };
        Ok(Reader(partitions.iter().map(lane).collect::<Result<_, Error>>()?))
    }

    fn end(&self, partition: u32) -> Result<i64, Error> {
        // Asked only by those who look whether the log grows.
        let mut file = File::open(path(&self.folder, partition)).map_err(|error| unread(&error))?;
        let end = file.seek(io::SeekFrom::End(0)).map_err(|error| unread(&error))?;
        Ok(i64::try_from(end).unwrap_or(i64::MAX))
    }

    /// Files do not grow; at their end stands a heartbeat already.
    fn heartbeat(&self, _partition: u32, _settings: i64) {}

    fn put_aside(&self, letter: &DeadLetter) -> Result<(), Error> {
        panic!("every record of the log can be read: {}", letter.reason)
    }

    fn now(&self) -> u64 {
        self.end + 1_000
    }
}

/// Reads the files of some partitions.
#[derive(Debug)]
pub struct Reader(HashMap<u32, Lane>);

/// One partition.
#[derive(Debug)]
struct Lane {
    file: BufReader<File>,
    offset: i64,
}

impl LogReader for Reader {
    fn fetch(&mut self, partition: u32) -> Result<Fetched, Error> {
        let lane = self.0.get_mut(&partition).expect("asked for what was opened");
        let mut head = [0; 16];
        match lane.file.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Fetched::End),
            Err(error) => return Err(unread(&error)),
        }
        let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("eight bytes"));
        let mut payload = vec![0; usize::try_from(number(8)).expect("it was in memory once")];
        lane.file.read_exact(&mut payload).map_err(|error| unread(&error))?;
        lane.offset += 1;
        Ok(Fetched::Record(LogRecord {
            offset: lane.offset - 1,
            log_time: number(0),
            key: None,
            payload,
        }))
    }

    fn wait(&mut self, at_most: Duration) -> Result<(), Error> {
        std::thread::sleep(at_most);
        Ok(())
    }
}
