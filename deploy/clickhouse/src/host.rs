//! Runs the server in this process until standard input ends.

use std::ffi::CString;
use std::fs::{File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::configuration::{self, sql_text};
use crate::ready::{PORT_FILE, forget_port};
use crate::{Config, Error, engine, library_path};

/// Hosts the server in this process and returns when standard input has ended and the server with it.
///
/// Call it from a process that does nothing else, before it starts any thread: the engine installs signal
/// handlers, keeps global state and may end the process by itself. Start that process with a pipe as its
/// standard input (closing the pipe is how to stop it; nothing is written to it) and in a process group of
/// its own, so that a Ctrl-C meant for its supervisor does not reach it first.
///
/// A port that is taken or a damaged folder may end the server with its reason on standard error only, so a
/// supervisor waits for [`crate::ready_port`] and watches the process.
///
/// # Errors
/// [`Error::NoLibrary`] before anything is touched; [`Error::InUse`] when another server has the folder.
pub fn host(config: &Config) -> Result<(), Error> {
    let library = library_path()?;
    let data = make_folder(&config.data)?;
    let _lock = lock(&data)?;
    forget_port(&data).map_err(|source| Error::File {
        path: data.join(PORT_FILE),
        source,
    })?;
    let file = configuration::write(config, &data)?;
    let arguments = arguments(config, &data, &file)?;
    // After loading, because the linker needs folders that the engine does not.
    engine::run(&library, &arguments, || confine(&data, &library))?;
    // A failed query ends the engine without an error of its own: its reason is on standard error only.
    if !data.join(PORT_FILE).exists() {
        return Err(Error::Engine(
            "it could not open its port; its own words are above".to_owned(),
        ));
    }
    forget_port(&data).map_err(|source| Error::File {
        path: data.join(PORT_FILE),
        source,
    })
}

/// Best effort: a kernel without Landlock still has the rights inside the engine, and is told about.
#[cfg(target_os = "linux")]
fn confine(data: &Path, library: &Path) {
    match crate::confine::confine(data, library) {
        Ok(true) => {}
        Ok(false) => eprintln!("clickhouse: this kernel has no Landlock: SQL can read files this user can read"),
        Err(error) => eprintln!("clickhouse: not confined to its folder, SQL can read files: {error}"),
    }
}

#[cfg(not(target_os = "linux"))]
fn confine(_data: &Path, _library: &Path) {
    eprintln!("clickhouse: not confined to its folder on this system: SQL can read files this user can read");
}

/// Makes the folder for its owner only and returns its absolute path.
fn make_folder(folder: &Path) -> Result<std::path::PathBuf, Error> {
    let named = |source| Error::File {
        path: folder.to_owned(),
        source,
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(named)?;
    folder.canonicalize().map_err(named)
}

/// Keeps a second server away from the folder, before it could overwrite the first one's files.
fn lock(data: &Path) -> Result<File, Error> {
    let path = data.join("lock");
    let file = File::create(&path).map_err(|source| Error::File {
        path: path.clone(),
        source,
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(data.to_owned())),
        Err(TryLockError::Error(source)) => Err(Error::File { path, source }),
    }
}

/// The engine's command line. The first query opens the port, the second leaves its number for the
/// supervisor, the last one reads standard input to its end and so keeps the server alive until then.
fn arguments(config: &Config, data: &Path, file: &Path) -> Result<Vec<CString>, Error> {
    let text = |path: &Path| {
        path.to_str().map(str::to_owned).ok_or(Error::Unusable {
            what: "the data folder",
            why: "it is not UTF-8",
        })
    };
    let port = sql_text(&text(&data.join(PORT_FILE))?);
    let queries = format!(
        "SYSTEM START LISTEN HTTP; \
         SELECT getServerPort('http_port') INTO OUTFILE {port} TRUNCATE FORMAT TSV; \
         SELECT * FROM file('/dev/stdin', 'LineAsString') FORMAT Null"
    );
    let arguments = [
        format!("--config-file={}", text(file)?),
        format!("--path={}", text(data)?),
        "--listen_host=127.0.0.1".to_owned(),
        format!("--http_port={}", config.http_port),
        "--query".to_owned(),
        queries,
    ];
    arguments
        .into_iter()
        .map(|argument| {
            CString::new(argument).map_err(|_| Error::Unusable {
                what: "the data folder",
                why: "it holds a NUL byte",
            })
        })
        .collect()
}
