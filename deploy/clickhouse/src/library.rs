//! Where the engine's library is: beside nothing of ours, because it is fetched, not built.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::Error;

/// Version of the engine this crate was tested with; `fetch.sh` fetches the same one.
pub const VERSION: &str = "26.7.3-stable.1";

/// Path of `libchdb.so`: `PARLANCE_CHDB_LIB` (the file, or the folder it is in), else the user's cache folder.
///
/// # Errors
/// [`Error::NoLibrary`] when there is no such file, with the command that fetches it.
pub fn library_path() -> Result<PathBuf, Error> {
    let path = locate(|name| env::var_os(name).filter(|value| !value.is_empty()))?;
    if path.is_file() {
        Ok(path)
    } else {
        Err(Error::NoLibrary(path))
    }
}

fn locate(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, Error> {
    if let Some(given) = variable("PARLANCE_CHDB_LIB").map(PathBuf::from) {
        return Ok(if given.extension().is_some_and(|extension| extension == "so") {
            given
        } else {
            given.join("libchdb.so")
        });
    }
    let cache = variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .ok_or(Error::NoCacheFolder)?;
    Ok(cache
        .join("parlance")
        .join(format!("chdb-{VERSION}"))
        .join("libchdb.so"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<PathBuf, Error> {
        locate(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_library_is_looked_for_where_the_script_puts_it() {
        let cached = format!("parlance/chdb-{VERSION}/libchdb.so");
        assert_eq!(
            with(&[("HOME", "/h")]).unwrap(),
            PathBuf::from("/h/.cache").join(&cached)
        );
        assert_eq!(
            with(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")]).unwrap(),
            PathBuf::from("/c").join(&cached)
        );
        assert_eq!(
            with(&[("PARLANCE_CHDB_LIB", "/x/my.so")]).unwrap(),
            PathBuf::from("/x/my.so")
        );
        assert_eq!(
            with(&[("PARLANCE_CHDB_LIB", "/x")]).unwrap(),
            PathBuf::from("/x/libchdb.so")
        );
        assert!(matches!(with(&[]), Err(Error::NoCacheFolder)));
    }

    #[test]
    fn the_script_fetches_the_version_that_is_looked_for() {
        assert!(include_str!("../fetch.sh").contains(&format!("\nversion={VERSION}\n")));
    }
}
