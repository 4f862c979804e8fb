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

/// Time zone, hours, promises, rules.
const SETTINGS_OF_A_NUMBER: usize = 4;

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
        Self::by(&folder.join(name), |writing| write(writing, traffic, updates))
    }

    /// The log of a folder; `write` writes it when it is not there.
    ///
    /// # Errors
    /// When files cannot be written or read.
    pub fn by(folder: &Path, write: impl FnOnce(&mut Writing) -> io::Result<()>) -> io::Result<Self> {
        if !folder.join("about").exists() {
            let mut writing = Writing::new(folder)?;
            write(&mut writing)?;
            writing.finish()?;
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

    fn values(&self) -> Vec<(String, &'static str)> {
        let of_number = |number: &String| -> [_; SETTINGS_OF_A_NUMBER] {
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

/// A log that is being written.
pub struct Writing {
    folder: PathBuf,
    files: Vec<BufWriter<File>>,
    bytes: Vec<u8>,
    updates: usize,
    end: LogTime,
    numbers: BTreeSet<String>,
}

impl Writing {
    fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let files = (0..PARTITIONS).map(|partition| File::create(path(folder, partition)).map(BufWriter::new));
        Ok(Self {
            folder: folder.to_owned(),
            files: files.collect::<io::Result<_>>()?,
            bytes: Vec::new(),
            updates: 0,
            end: 0,
            numbers: BTreeSet::new(),
        })
    }

    /// Adds the updates of a webhook's body; returns how many.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn body(&mut self, log_time: LogTime, body: &[u8]) -> io::Result<usize> {
        let received_at = i64::try_from(log_time).expect("before year 292 million");
        let keyed = split(body, "0193a4f2-0000-7000-8000-000000000000", received_at).expect("bodies are JSON");
        let count = keyed.len();
        for keyed in keyed {
            let hash = |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte));
            let partition = keyed.key.bytes().fold(0, hash) % PARTITIONS;
            self.bytes.clear();
            serde_json::to_writer(&mut self.bytes, &Record::Update(keyed.update))?;
            put(&mut self.files[partition as usize], log_time, &self.bytes)?;
        }
        self.updates += count;
        self.end = self.end.max(log_time);
        Ok(count)
    }

    /// Says in every partition that so many settings are in force from here on.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn mark(&mut self, log_time: LogTime, settings: usize) -> io::Result<()> {
        let settings = i64::try_from(settings).unwrap_or(i64::MAX);
        let beat = serde_json::to_vec(&Record::Heartbeat(Heartbeat { v: VERSION, settings }))?;
        self.files.iter_mut().try_for_each(|file| put(file, log_time, &beat))
    }

    fn finish(mut self) -> io::Result<()> {
        let end = self.end.div_ceil(1_000) * 1_000;
        self.mark(end + 1_000, 0)?;
        self.files.iter_mut().try_for_each(Write::flush)?;
        let numbers: Vec<String> = self.numbers.into_iter().collect();
        let about = format!("{end}\n{}\n{}\n", self.updates, numbers.join("\n"));
        fs::write(self.folder.join("about"), about)
    }
}

fn write(writing: &mut Writing, traffic: &Settings, updates: usize) -> io::Result<()> {
    let mut posts = Traffic::new(traffic.clone());
    let all = posts.world().businesses.iter().flat_map(|business| &business.numbers);
    writing.numbers = all.map(|number| number.phone_number_id.clone()).collect();
    let start = u64::try_from(traffic.start_ms).expect("after 1970");
    writing.mark(start, writing.numbers.len() * SETTINGS_OF_A_NUMBER)?;
    while writing.updates < updates {
        let post = posts.next_post();
        writing.body(
            start + u64::try_from(post.due.as_millis()).expect("hours fit"),
            &post.body,
        )?;
    }
    Ok(())
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
        std::thread::park_timeout(at_most);
        Ok(())
    }
}
