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
    let document = fs::read(here.join("openapi.json")).expect("the document is part of this crate");
    println!("cargo::rustc-env=OPENAPI_HASH={}", hash(&document));

    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        collect(&dist, &mut files);
    }
    files.sort();
    // Copies, so that what was listed is what is compiled in, also when the page is built anew meanwhile.
    let copies = out.join("dashboard");
    let _ = fs::remove_dir_all(&copies);
    fs::create_dir_all(&copies).expect("OUT_DIR can be written");
    let mut table = String::new();
    let mut embed = |name: &str, path: &Path| {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let copy = table.lines().count().to_string();
        fs::write(copies.join(&copy), &bytes).expect("OUT_DIR can be written");
        let tag = format!("\"{}\"", hash(&bytes));
        writeln!(
            table,
            "    File {{ name: {name:?}, tag: {tag:?}, bytes: include_bytes!(\"dashboard/{copy}\") }},"
        )
        .expect("writing to a string does not fail");
    };
    if files.is_empty() {
        embed("index.html", &here.join("src/page/not_built.html"));
    }
    for file in &files {
        let name = file.strip_prefix(&dist).expect("found below it");
        embed(&name.to_string_lossy().replace('\\', "/"), file);
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
fn hash(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
