//! Where snapshots are kept: a folder, or an object store by its URL. Calls wait; they are made from threads that may.

use std::path::Path as FilePath;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Runtime;

/// Larger objects are sent in pieces of this size, in bytes.
const PIECE: usize = 16 * 1024 * 1024;

/// Objects by name. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    objects: Arc<dyn ObjectStore>,
    runtime: Arc<Runtime>,
}

impl Store {
    /// Opens a folder (made when it is not there) or a URL. What a URL needs beside it (keys, a region, an endpoint) comes from
    /// the environment, by the names its own tools use.
    pub(crate) fn open(place: &str) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = Arc::new(runtime.map_err(|error| error.to_string())?);
        let objects: Arc<dyn ObjectStore> = match place.split_once("://") {
            None => folder(FilePath::new(place))?,
            Some(("file", path)) => folder(FilePath::new(path))?,
            Some(_) => {
                let url = place.parse().map_err(|error| format!("{place} is no URL: {error}"))?;
                let environment = std::env::vars().map(|(name, value)| (name.to_ascii_lowercase(), value));
                // Known schemes that this program was built without are refused here too.
                let (objects, prefix) =
                    object_store::parse_url_opts(&url, environment).map_err(|error| error.to_string())?;
                Arc::new(PrefixStore::new(objects, prefix))
            }
        };
        Ok(Self { objects, runtime })
    }

    /// Writes an object, whole or not at all.
    pub(super) fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), String> {
        let mut writer = BufWriter::with_capacity(self.objects.clone(), Path::from(path), PIECE);
        self.runtime.block_on(async {
            let written = async {
                writer.put(bytes.into()).await.map_err(|error| error.to_string())?;
                writer.shutdown().await.map_err(|error| error.to_string())
            }
            .await;
            written.map_err(|error| format!("writing {path}: {error}"))
        })
    }

    /// Makes an object; false when there is one of that name.
    pub(super) fn create(&self, path: &str, bytes: Vec<u8>) -> Result<bool, String> {
        let options = PutOptions::from(PutMode::Create);
        let name = Path::from(path);
        let made = self.objects.put_opts(&name, PutPayload::from(bytes), options);
        match self.runtime.block_on(made) {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(format!("making {path}: {error}")),
        }
    }

    /// An object's bytes; none when there is no such object.
    pub(super) fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let path = Path::from(path);
        let read = async { self.objects.get(&path).await?.bytes().await };
        match self.runtime.block_on(read) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(format!("reading {path}: {error}")),
        }
    }

    /// Ranges of an object's bytes.
    pub(super) fn ranges(&self, path: &str, ranges: &[std::ops::Range<u64>]) -> Result<Vec<bytes::Bytes>, String> {
        let path = Path::from(path);
        let read = self.objects.get_ranges(&path, ranges);
        let bytes = self.runtime.block_on(read);
        bytes.map_err(|error| format!("reading {path}: {error}"))
    }

    /// The names of all objects in a folder, sorted.
    pub(super) fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let found = self.objects.list(Some(&Path::from(folder)));
        let names = found.map_ok(|object| object.location.to_string()).try_collect();
        let mut names: Vec<String> = self
            .runtime
            .block_on(names)
            .map_err(|error| format!("listing {folder}: {error}"))?;
        names.sort_unstable();
        Ok(names)
    }

    /// Deletes objects; one that is not there is deleted.
    pub(super) fn delete(&self, paths: &[String]) -> Result<(), String> {
        let paths: Vec<_> = paths.iter().map(|path| Ok(Path::from(path.as_str()))).collect();
        let mut deleted = self.objects.delete_stream(futures::stream::iter(paths).boxed());
        self.runtime.block_on(async {
            while let Some(outcome) = deleted.next().await {
                match outcome {
                    Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(format!("deleting: {error}")),
                }
            }
            Ok(())
        })
    }
}

fn folder(path: &FilePath) -> Result<Arc<dyn ObjectStore>, String> {
    std::fs::create_dir_all(path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
    let objects = LocalFileSystem::new_with_prefix(path).map_err(|error| error.to_string())?;
    // A manifest must not outlive the parts it names when the power goes.
    Ok(Arc::new(objects.with_fsync(true).with_automatic_cleanup(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_what_is_put_and_creates_a_name_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().join("new").to_str().unwrap()).unwrap();
        store.put("a/1", b"one".to_vec()).unwrap();
        store.put("a/2", vec![7; PIECE + 1]).unwrap();
        assert!(store.create("b/1", b"x".to_vec()).unwrap());
        assert!(!store.create("b/1", b"y".to_vec()).unwrap());
        assert_eq!(store.get("b/1").unwrap().unwrap(), b"x");
        assert_eq!(store.get("b/2").unwrap(), None);
        assert_eq!(store.list("a").unwrap(), ["a/1", "a/2"]);
        assert_eq!(store.list("nowhere").unwrap(), Vec::<String>::new());
        assert_eq!(store.ranges("a/1", &[0..1, 1..3]).unwrap(), ["o", "ne"]);
        assert_eq!(store.get("a/2").unwrap().unwrap().len(), PIECE + 1);
        store.delete(&["a/1".to_owned(), "a/3".to_owned()]).unwrap();
        assert_eq!(store.list("a").unwrap(), ["a/2"]);
    }

    #[test]
    fn an_unknown_scheme_is_refused() {
        assert!(Store::open("gopher://hole/x").is_err());
    }
}
