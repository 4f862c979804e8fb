//! The one place of the workspace that calls into foreign code: loads `libchdb.so` and runs the engine's
//! command line in it, on this thread, until the last query of that command line ends.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;

use libloading::{Library, Symbol};

use crate::Error;

/// `chdb_query_cmdline(argc, argv)`: runs `clickhouse local` with these arguments; returns its result, to be
/// read with [`ErrorOf`].
type Run = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut c_void;
/// `chdb_result_error(result)`: the error of a result as a C string owned by it, or null.
type ErrorOf = unsafe extern "C" fn(*mut c_void) -> *const c_char;

/// Loads the engine, calls `ready`, then runs the engine with `arguments` (without the program's name). May be
/// called once per process: the engine keeps global state that it cannot take down.
pub(crate) fn run(library: &Path, arguments: &[CString], ready: impl FnOnce()) -> Result<(), Error> {
    let unloadable = |source| Error::Unloadable {
        path: library.to_owned(),
        source,
    };
    // SAFETY: loading runs the library's initialisers. The file is the engine fetched by checksum, or one its
    // owner named by hand; its initialisers ask nothing of the process. No other thread of this process runs
    // yet, so nothing reads the environment while they may change it.
    let engine = unsafe { Library::new(library) }.map_err(unloadable)?;
    // SAFETY: the names and C signatures are those of chdb.h of the version this crate is pinned to.
    let (start, error_of): (Symbol<'_, Run>, Symbol<'_, ErrorOf>) =
        unsafe { (engine.get(b"chdb_query_cmdline\0"), engine.get(b"chdb_result_error\0")) }
            .both()
            .map_err(unloadable)?;

    ready();

    let name = c"clickhouse".to_owned();
    let mut argv: Vec<*mut c_char> = std::iter::once(&name)
        .chain(arguments)
        .map(|argument| argument.as_ptr().cast_mut())
        .collect();
    let argc = c_int::try_from(argv.len()).map_err(|_| Error::Engine("too many arguments".to_owned()))?;
    argv.push(std::ptr::null_mut());

    // SAFETY: argv holds argc valid C strings and a final null, all alive until the call returns; the engine
    // reads them and does not write through them.
    let result = unsafe { start(argc, argv.as_mut_ptr()) };
    let outcome = if result.is_null() {
        Err(Error::Engine("it returned nothing".to_owned()))
    } else {
        // SAFETY: `result` came from `chdb_query_cmdline`, is not null and was not freed.
        let message = unsafe { error_of(result) };
        if message.is_null() {
            Ok(())
        } else {
            // SAFETY: a non-null error is a C string that lives as long as `result`, which is never freed.
            Err(Error::Engine(
                unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned(),
            ))
        }
    };
    // Threads of the engine may still run: unloading their code would crash them.
    std::mem::forget(engine);
    outcome
}

/// Two results of which both are needed.
trait Both<A, B, E> {
    fn both(self) -> Result<(A, B), E>;
}

impl<A, B, E> Both<A, B, E> for (Result<A, E>, Result<B, E>) {
    fn both(self) -> Result<(A, B), E> {
        Ok((self.0?, self.1?))
    }
}
