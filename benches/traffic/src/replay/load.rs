//! Bodies out of files, folders and `.jsonl`. Bytes are taken as they are: a body need not be JSON to be replayed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;

/// A recorded body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The file, with the line for `.jsonl`.
    pub name: String,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Reads files, and `.json` and `.jsonl` files in folders at any depth, in the order of their names.
pub fn load(paths: &[PathBuf]) -> Result<Vec<Recorded>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    let mut bodies = Vec::new();
    for path in files {
        let bytes = fs::read(&path).map_err(failed(&path))?;
        if has_extension(&path, "jsonl") {
            let lines = bytes.split(|byte| *byte == b'\n').enumerate();
            bodies.extend(
                lines
                    .filter(|(_, line)| !line.trim_ascii().is_empty())
                    .map(|(index, line)| Recorded {
                        name: format!("{}:{}", path.display(), index + 1),
                        body: line.trim_ascii().to_vec(),
                    }),
            );
        } else {
            let name = path.display().to_string();
            bodies.push(Recorded { name, body: bytes });
        }
    }
    if bodies.is_empty() {
        return Err(Error::Option(
            "no .json or .jsonl file with a body in it was given".to_owned(),
        ));
    }
    Ok(bodies)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(failed(folder))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(failed(folder))?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(&path, files)?;
        } else if has_extension(&path, "json") || has_extension(&path, "jsonl") {
            files.push(path);
        }
    }
    Ok(())
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File {
        path: path.clone(),
        source,
    }
}
