//! The trained weights: a table of hashed features, and what turns sums into probabilities.
//!
//! ```text
//! file    "PARLANCE", a header, rows: see `file`
//! row     weight of each class as i8: intent 9 · sentiment 6 · urgency 5 · language 11 · tag (u8)    32 bytes
//! ```
//!
//! A feature's hash names a cache line of two rows; the row whose tag equals the hash's lowest byte is its own. A feature
//! that was not learned finds a foreign tag, all but once in 128 times, and counts for nothing.

use std::fmt;

use parlance_schemas::labels::{Intent, Language, Sentiment, Urgency};
use serde::{Deserialize, Serialize};

use crate::features::Feature;
use crate::file;

/// What a row's hash and tag were made by; to be raised when `text` or `features` change, as old weights would then mean nothing.
pub(crate) const FEATURES_VERSION: u32 = 1;

const MAGIC: &[u8; 8] = b"PARLANCE";
/// Bytes of a row.
pub(crate) const ROW: usize = 32;
/// Classes of all tasks together.
pub(crate) const CLASSES: usize = ROW - 1;
/// More rows than this are not ours.
const MOST_ROWS_LOG2: u32 = 22;

/// A task of the classifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// What the sender wants done: [`Intent`].
    Intent,
    /// How the sender feels: [`Sentiment`].
    Sentiment,
    /// How soon someone must act: [`Urgency`].
    Urgency,
    /// The language: [`Language`].
    Language,
}

impl Task {
    /// Every task, in the order of a row.
    pub const ALL: [Self; 4] = [Self::Intent, Self::Sentiment, Self::Urgency, Self::Language];

    /// How many classes it has (`none` is not one: it is never learned).
    pub const fn classes(self) -> usize {
        match self {
            Self::Intent => Intent::ALL.len() - 1,
            Self::Sentiment => Sentiment::ALL.len() - 1,
            Self::Urgency => Urgency::ALL.len() - 1,
            Self::Language => Language::ALL.len() - 1,
        }
    }

    /// The class's label as it stands in rows.
    ///
    /// # Panics
    /// When the task has no such class.
    pub fn label(self, class: usize) -> &'static str {
        match self {
            Self::Intent => Intent::ALL[class].as_str(),
            Self::Sentiment => Sentiment::ALL[class].as_str(),
            Self::Urgency => Urgency::ALL[class].as_str(),
            Self::Language => Language::ALL[class].as_str(),
        }
    }

    /// Where its classes stand in a row.
    pub(crate) const fn place(self) -> std::ops::Range<usize> {
        let start = match self {
            Self::Intent => 0,
            Self::Sentiment => Self::Intent.place().end,
            Self::Urgency => Self::Sentiment.place().end,
            Self::Language => Self::Urgency.place().end,
        };
        start..start + self.classes()
    }
}

const _: () = assert!(Task::Language.place().end == CLASSES, "a row has room for every class");

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Intent => "intent",
            Self::Sentiment => "sentiment",
            Self::Urgency => "urgency",
            Self::Language => "language",
        })
    }
}

/// What makes a task's sums probabilities: softmax(`bias` + `scale` · sum ÷ √features).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) task: Task,
    pub(crate) scale: f32,
    pub(crate) bias: Vec<f32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: String,
    features: u32,
    rows_log2: u32,
    heads: Vec<Head>,
}

/// Why a file of weights was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not one, or was cut or changed on its way.
    #[error("not a file of weights: {0}")]
    Damaged(&'static str),
    /// It cannot be decompressed.
    #[error("not a file of weights: {0}")]
    Compressed(#[from] std::io::Error),
    /// Its header is not what this program reads.
    #[error("weights' header: {0}")]
    Header(#[from] serde_json::Error),
    /// It was trained for another way of reading texts.
    #[error(
        "the weights were trained for features of version {found}, this program has version {FEATURES_VERSION}: train again"
    )]
    Features {
        /// Version in the file.
        found: u32,
    },
    /// It is an adaptation, of other weights than these.
    #[error("the adaptation was learned on top of the weights {found}, not of {expected}: learn it again")]
    Base {
        /// Version of the weights it was learned on.
        found: String,
        /// Version of the weights it was to be used with.
        expected: String,
    },
}

/// Trained weights.
#[derive(Clone)]
pub struct Weights {
    version: String,
    heads: [Head; 4],
    rows_log2: u32,
    lines: Box<[Line]>,
}

/// The two rows that a feature may have, in one cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([[i8; ROW]; 2]);

impl fmt::Debug for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Weights({}, 2^{} rows)", self.version, self.rows_log2)
    }
}

impl Weights {
    pub(crate) fn new(version: String, heads: [Head; 4], rows: &[[i8; ROW]]) -> Self {
        assert!(
            rows.len().is_power_of_two() && rows.len() >= 2,
            "rows are addressed by bits"
        );
        let (lines, _) = rows.as_chunks();
        Self {
            version,
            heads,
            rows_log2: rows.len().ilog2(),
            lines: lines.iter().copied().map(Line).collect(),
        }
    }

    /// Name and date of the training that made them.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The same with each task's logits divided by a temperature.
    pub(crate) fn cooled(mut self, temperatures: [f32; 4]) -> Self {
        for (head, temperature) in self.heads.iter_mut().zip(temperatures) {
            head.scale /= temperature;
            head.bias.iter_mut().for_each(|bias| *bias /= temperature);
        }
        self
    }

    pub(crate) fn heads(&self) -> &[Head; 4] {
        &self.heads
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`Error`] when they are not such a file, are damaged, or were trained for other features than this program's.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (header, rows): (Header, _) = file::read(MAGIC, bytes, ROW << MOST_ROWS_LOG2)?;
        if header.features != FEATURES_VERSION {
            return Err(Error::Features { found: header.features });
        }
        if !(1..=MOST_ROWS_LOG2).contains(&header.rows_log2) || rows.len() != ROW << header.rows_log2 {
            return Err(Error::Damaged("it has not as many rows as it says"));
        }
        let heads: [Head; 4] = header
            .heads
            .try_into()
            .map_err(|_| Error::Damaged("it has not four tasks"))?;
        let in_order = heads
            .iter()
            .zip(Task::ALL)
            .all(|(head, task)| head.task == task && head.bias.len() == task.classes());
        if !in_order {
            return Err(Error::Damaged("its tasks are not this program's"));
        }
        let (rows, _) = rows.as_chunks::<ROW>();
        let rows: Vec<_> = rows.iter().map(|row| row.map(|byte| byte as i8)).collect();
        Ok(Self::new(header.version, heads, &rows))
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = Header {
            version: self.version.clone(),
            features: FEATURES_VERSION,
            rows_log2: self.rows_log2,
            heads: self.heads.to_vec(),
        };
        let weights = self.lines.iter().flat_map(|line| line.0).flatten();
        file::write(MAGIC, &header, weights.map(|weight| weight as u8))
    }

    /// The number of a feature's row, and whether it was learned: if not, the row is another's.
    pub(crate) fn find(&self, feature: Feature) -> (u32, bool) {
        let line = line_of(feature, self.rows_log2);
        let tag = tag_of(feature);
        let Line([first, second]) = &self.lines[line / 2];
        let (first, second) = (first[CLASSES] == tag, second[CLASSES] == tag);
        (line as u32 + u32::from(!first), first | second)
    }

    /// Brings near what [`Weights::find`] will look at. The table is larger than the near caches; a processor waits for
    /// as many far lines side by side as it sees ahead, and so short a loop shows it the most.
    pub(crate) fn fetch(&self, features: impl Iterator<Item = Feature>) {
        let touched = features.fold(0, |touched, feature| {
            touched ^ self.lines[line_of(feature, self.rows_log2) / 2].0[0][CLASSES]
        });
        std::hint::black_box(touched);
    }

    pub(crate) fn row(&self, number: u32) -> &[i8; ROW] {
        &self.lines[number as usize / 2].0[number as usize % 2]
    }
}

/// First of the two rows a feature may have.
pub(crate) fn line_of(feature: Feature, rows_log2: u32) -> usize {
    ((feature >> (64 - rows_log2)) as usize) & !1
}

/// What tells a feature from others of its line.
pub(crate) fn tag_of(feature: Feature) -> i8 {
    // Rows without an owner have tag 0.
    (feature as u8).max(1) as i8
}
