//! Every shipped document is right, and what it would send is what was looked at: `snapshots/NAME.txt`. After a change that is
//! meant, `PARLANCE_WRITE_SNAPSHOTS=1` writes them anew.

use std::fmt::Write;
use std::path::Path;

use parlance_connectors::{Ability, Connector, Context, Fields, Idempotency, Request, requests_of, shipped};

fn snapshot(connector: &Connector) -> String {
    let mut text = String::new();
    let fields = Fields::examples(connector);
    for (ability, idempotency) in connector.abilities() {
        for (known, context) in [
            ("everything", Context::sample()),
            ("nearly nothing", Context::bare_sample()),
        ] {
            let mut context = context;
            context.action = ability.as_str().to_owned();
            let (name, how) = (ability.as_str(), idempotency.as_str());
            writeln!(text, "=== {name} ({how}), {known} known ===\n").unwrap();
            match requests_of(connector, ability, &fields, &context) {
                Ok((requests, outcome)) => {
                    for request in requests {
                        writeln!(text, "{}", request.describe()).unwrap();
                    }
                    writeln!(text, "-> {}\n", serde_json::to_string(&outcome).unwrap()).unwrap();
                }
                Err(failure) => writeln!(text, "-> {failure}\n").unwrap(),
            }
        }
    }
    text
}

#[test]
fn every_shipped_document_is_right_and_sends_what_was_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    let mut wrong = Vec::new();
    for (name, document) in shipped::DOCUMENTS {
        let connector = match Connector::from_toml(document) {
            Ok(connector) => connector,
            Err(problems) => {
                wrong.push(format!("{name}:\n{problems}"));
                continue;
            }
        };
        assert_eq!(connector.name, *name);
        let path = folder.join(format!("{name}.txt"));
        let now = snapshot(&connector);
        if std::env::var_os("PARLANCE_WRITE_SNAPSHOTS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &now).unwrap();
        } else if std::fs::read_to_string(&path).ok().as_deref() != Some(now.as_str()) {
            wrong.push(format!("{} differs; now it would be:\n{now}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_folder_holds_the_documents_that_are_shipped_and_no_others() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("documents");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    let names: Vec<_> = shipped::DOCUMENTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, names);
    assert!(shipped::connector("none_such").is_none());
}

#[test]
fn what_is_asked_for_by_rules_is_shipped_and_done_once_or_says_when_not() {
    let all: Vec<_> = shipped::DOCUMENTS
        .iter()
        .map(|(_, document)| Connector::from_toml(document).unwrap())
        .collect();
    for ability in Ability::ALL {
        let able = all
            .iter()
            .filter(|connector| connector.abilities().any(|(one, _)| one == *ability))
            .count();
        assert!(able > 0, "{}", ability.as_str());
    }
    for connector in &all {
        for (ability, idempotency) in connector.abilities() {
            let is_told = connector.doubles(ability).is_some();
            assert!(
                is_told || idempotency != Idempotency::None,
                "{} {}",
                connector.name,
                ability.as_str()
            );
        }
    }
}

#[test]
fn a_dry_run_shows_no_secret() {
    for (_, document) in shipped::DOCUMENTS {
        let connector = Connector::from_toml(document).unwrap();
        let secret = |kind| match kind {
            parlance_connectors::FieldKind::Text => "aHVzaGh1c2g=".to_owned(),
            parlance_connectors::FieldKind::Url => "https://aHVzaGh1c2g.example/aHVzaGh1c2g".to_owned(),
        };
        let given = connector.fields.iter().map(|field| match field.secret {
            true => (field.name.clone(), secret(field.kind)),
            false => (field.name.clone(), field.example.clone()),
        });
        let fields = Fields::new(&connector, given.collect()).unwrap();
        assert!(!format!("{fields:?}").contains("aHVzaGh1c2g"));
        for (ability, _) in connector.abilities() {
            let (requests, _) = requests_of(&connector, ability, &fields, &Context::sample()).unwrap();
            for request in requests {
                let shown = request.describe();
                // Nor as Basic encodes it: base64 of any end of it has one of these within.
                for form in ["aHVzaGh1c2g", "YUhWemFHaDFjMmc9", "hIVnphR2gxYzJn", "FIVnphR2gxYzJnP"] {
                    assert!(!shown.contains(form), "{shown}");
                }
            }
        }
    }
}

#[test]
fn the_readmes_example_is_right() {
    let readme = include_str!("../../README.md");
    let (_, example) = readme.split_once("```toml\n").unwrap();
    let (example, rest) = example.split_once("```").unwrap();
    let connector = Connector::from_toml(example).unwrap();
    let fields = Fields::examples(&connector);
    let (requests, outcome) = requests_of(&connector, Ability::Ticket, &fields, &Context::sample()).unwrap();
    let shown: Vec<_> = requests.iter().map(Request::describe).collect();
    let (_, text) = rest.split_once("```text\n").unwrap();
    let (text, _) = text.split_once("```").unwrap();
    assert_eq!(shown.join("\n"), text);
    assert_eq!(outcome.number, "4711");
}
