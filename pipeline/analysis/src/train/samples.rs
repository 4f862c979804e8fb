//! What is learned from and measured on: the corpus of this crate, and labelled messages of public sources.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use parlance_schemas::labels::{Intent, Language, Sentiment, UnknownLabel, Urgency};
use serde::Deserialize;

use crate::weights::Task;

/// A text with the labels that are known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// The message.
    pub text: String,
    /// Who wrote it: `parlance/` and the author's letter, or a public source's name.
    pub source: String,
    /// Language the source says it is in, whether or not `language` is to be learned from it.
    pub spoken: Option<Language>,
    /// Label of the task `language`.
    pub language: Option<Language>,
    /// Label of the task `intent`.
    pub intent: Option<Intent>,
    /// Label of the task `sentiment`.
    pub sentiment: Option<Sentiment>,
    /// Label of the task `urgency`.
    pub urgency: Option<Urgency>,
}

impl Sample {
    /// The class the sample has of a task, if that is known.
    pub(crate) fn class(&self, task: Task) -> Option<usize> {
        match task {
            Task::Intent => self.intent.map(|label| label as usize),
            Task::Sentiment => self.sentiment.map(|label| label as usize),
            Task::Urgency => self.urgency.map(|label| label as usize),
            Task::Language => self.language.map(|label| label as usize),
        }
    }
}

/// Why samples could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder that cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line that is not what it should be.
    #[error("{path}:{line}: {problem}")]
    Line {
        /// In which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// Reads the corpus: `FOLDER/LANGUAGE/AUTHOR-NUMBER.txt`. A file has sections, each a line `[intent sentiment urgency]`
/// and messages, one a line; `\n` in a message is a line break; lines that begin with `#` are comments. A message
/// that begins with either sign has a backslash before it.
///
/// # Errors
/// [`Error`], naming file and line, when a folder is no language, a label unknown, or a message before the first section.
pub fn corpus(folder: &Path) -> Result<Vec<Sample>, Error> {
    let mut samples = Vec::new();
    for language_folder in sorted(folder)? {
        let name = file_name(&language_folder);
        let language: Language = name.parse().map_err(|error| Error::Line {
            path: language_folder.clone(),
            line: 0,
            problem: format!("the folder's name is no language: {error}"),
        })?;
        for path in sorted(&language_folder)? {
            let text = read(&path)?;
            let author = file_name(&path).chars().next().unwrap_or('?');
            let mut section = None;
            for (number, line) in text.lines().map(str::trim).enumerate() {
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                let problem = |problem: String| Error::Line {
                    path: path.clone(),
                    line: number + 1,
                    problem,
                };
                if let Some(header) = line.strip_prefix('[') {
                    section = Some(labels(header).map_err(problem)?);
                    continue;
                }
                let (intent, sentiment, urgency) =
                    section.ok_or_else(|| problem("a message before the first section".to_owned()))?;
                samples.push(Sample {
                    text: unescaped(line),
                    source: format!("parlance/{author}"),
                    spoken: Some(language),
                    language: Some(language),
                    intent: Some(intent),
                    sentiment: Some(sentiment),
                    urgency: Some(urgency),
                });
            }
        }
    }
    Ok(samples)
}

/// The message in a line of the corpus, unless it is another line.
pub(crate) fn message(line: &str) -> Option<String> {
    let line = line.trim();
    (!line.is_empty() && !line.starts_with(['#', '['])).then(|| unescaped(line))
}

fn unescaped(line: &str) -> String {
    let text = line
        .strip_prefix('\\')
        .filter(|rest| rest.starts_with(['[', '#']))
        .unwrap_or(line);
    text.replace("\\n", "\n")
}

fn labels(header: &str) -> Result<(Intent, Sentiment, Urgency), String> {
    let inner = header.strip_suffix(']').ok_or("a section's line must end with ]")?;
    let mut words = inner.split_whitespace();
    let (Some(intent), Some(sentiment), Some(urgency), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err("a section is [intent sentiment urgency]".to_owned());
    };
    let say = |error: UnknownLabel| error.to_string();
    Ok((
        intent.parse().map_err(say)?,
        sentiment.parse().map_err(say)?,
        urgency.parse().map_err(say)?,
    ))
}

/// A line of public data.
#[derive(Deserialize)]
struct Line {
    text: String,
    label: String,
    #[serde(default)]
    lang: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    lic: String,
}

/// Licence classes of public data from whose lines a shipped model may learn.
const LEARNABLE: [&str; 3] = ["permissive", "authored", "sharealike-ok-models"];

/// Reads labelled lines; each that is not empty is a JSON object with `text` and `label`, and maybe `lang`, `source` and `lic`. With each sample comes
/// whether its licence lets a shipped model learn from it. `name` stands for the input in errors.
///
/// # Errors
/// [`Error`] when the input cannot be read, a line is no such object, or a label is not one of the task's.
pub fn labelled(input: impl BufRead, name: &Path, task: Task) -> Result<Vec<(Sample, bool)>, Error> {
    let mut samples = Vec::new();
    for (number, line) in input.lines().enumerate() {
        let line = line.map_err(|error| Error::Io {
            path: name.to_owned(),
            error,
        })?;
        let problem = |problem: String| Error::Line {
            path: name.to_owned(),
            line: number + 1,
            problem,
        };
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line).map_err(|error| problem(error.to_string()))?;
        let mut sample = Sample {
            text: line.text,
            source: line.source,
            spoken: line.lang.parse().ok(),
            ..Sample::default()
        };
        let unknown = |error: UnknownLabel| problem(error.to_string());
        match task {
            Task::Intent => sample.intent = Some(line.label.parse().map_err(unknown)?),
            Task::Sentiment => sample.sentiment = Some(line.label.parse().map_err(unknown)?),
            Task::Urgency => sample.urgency = Some(line.label.parse().map_err(unknown)?),
            Task::Language => sample.language = Some(line.label.parse().map_err(unknown)?),
        }
        samples.push((sample, LEARNABLE.contains(&line.lic.as_str())));
    }
    Ok(samples)
}

/// As [`labelled`], from a file.
///
/// # Errors
/// As [`labelled`].
pub fn labelled_file(path: &Path, task: Task) -> Result<Vec<(Sample, bool)>, Error> {
    let file = fs::File::open(path).map_err(|error| Error::Io {
        path: path.to_owned(),
        error,
    })?;
    labelled(BufReader::new(file), path, task)
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| Error::Io {
        path: path.to_owned(),
        error,
    })
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let say = |error| Error::Io {
        path: folder.to_owned(),
        error,
    };
    let entries = fs::read_dir(folder).map_err(say)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(say)?;
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
