//! Embeds the built dashboard (`dashboard/dist`) as a table of files, or an honest page when it was not built.
//!
//! The table is generated rather than walked at run time, so that a debug build serves the same bytes as a release.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    let dist = here.join("dashboard/dist");
    // Cargo treats a missing path as changed, on every build. An empty folder can be watched; where it cannot be
    // made, building more often than needed is all that happens.
    let _ = fs::create_dir_all(&dist);
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=src/page/not_built.html");
    println!("cargo::rerun-if-changed=openapi.json");
    println!("cargo::rustc-env=OPENAPI_HASH={}", hash(&here.join("openapi.json")));

    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        collect(&dist, &mut files);
    }
    files.sort();
    let mut table = String::new();
    if files.is_empty() {
        entry(&mut table, "index.html", &here.join("src/page/not_built.html"));
    }
    for file in &files {
        let name = file
            .strip_prefix(&dist)
            .expect("found below it")
            .to_string_lossy()
            .replace('\\', "/");
        entry(&mut table, &name, file);
    }
    let code = format!(
        "static FILES: &[File] = &[\n{table}];\nconst BUILT: bool = {};\n",
        !files.is_empty()
    );
    fs::write(out.join("dashboard.rs"), code).expect("OUT_DIR can be written");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for item in fs::read_dir(folder).expect("the folder is there") {
        let path = item.expect("the folder can be read").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// A tag only has to change with the content.
fn hash(path: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    fs::read(path)
        .expect("a file of this crate can be read")
        .hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// One line of the table.
fn entry(table: &mut String, name: &str, path: &Path) {
    let tag = format!("\"{}\"", hash(path));
    writeln!(
        table,
        "    File {{ name: {name:?}, tag: {tag:?}, bytes: include_bytes!({path:?}) }},"
    )
    .expect("writing to a string does not fail");
}
