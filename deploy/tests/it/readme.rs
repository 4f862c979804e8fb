//! The README's commands do what it says: each shell block marked `<!-- tested -->` runs against a fresh house.

use std::path::Path;

use crate::house::House;

fn tested_blocks(readme: &str) -> Vec<String> {
    let blocks = readme.split("<!-- tested -->").skip(1);
    blocks
        .map(|rest| {
            let block = rest.split("```sh\n").nth(1).expect("a marked block is a shell block");
            block.split("```").next().expect("a block has an end").to_owned()
        })
        .collect()
}

#[test]
fn the_commands_of_the_readme_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("there is a README");
    let blocks = tested_blocks(&readme);
    assert!(blocks.len() >= 2, "the README marks its commands as tested");

    let house = House::start(&[]);
    let binary = Path::new(env!("CARGO_BIN_EXE_parlance"))
        .parent()
        .expect("a binary is in a folder");
    let path = format!(
        "{}:{}",
        binary.display(),
        std::env::var("PATH").expect("there is a PATH")
    );
    for block in blocks {
        // The README names the default addresses; this house has its own.
        let run = house.run();
        let script = block
            .replace("http://127.0.0.1:8081", &run.ingest)
            .replace("http://127.0.0.1:8080", &run.api);
        let mut shell = house.shell();
        let output = shell
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(&root)
            .env("PATH", &path)
            .output()
            .expect("bash runs");
        assert!(
            output.status.success(),
            "{script}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
