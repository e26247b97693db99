//! What is written about settings elsewhere: `Leptos.toml`, `Cargo.toml`, `docs/settings.md`, and examples
//! that nobody may use.

use std::{fs, path::Path};

use super::*;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/settings.md"));

#[test]
fn every_setting_is_described_in_the_settings_file_and_on_the_page_of_settings() {
    let comments: Vec<_> = EMBEDDED.lines().filter(|line| line.trim_start().starts_with('#')).collect();
    let rows: Vec<_> = PAGE.lines().filter(|line| line.starts_with("| `")).collect();
    for setting in table::ALL {
        let names =
            |text: &str| text.split(|c: char| !c.is_ascii_uppercase() && c != '_').any(|word| word == setting.variable);
        assert!(comments.iter().any(|line| names(line)), "no comment in Leptos.toml names {}", setting.variable);
        // What only the build decides is no setting that a person looks for.
        let of_the_build =
            setting.key.starts_with("package.") && !["LEPTOS_ENV", "LEPTOS_SITE_ADDR"].contains(&setting.variable);
        assert!(
            of_the_build || rows.iter().any(|row| names(row.split('|').nth(1).unwrap())),
            "docs/settings.md: {}",
            setting.variable
        );
    }
}

#[test]
fn every_setting_has_its_default_in_the_settings_file() {
    for setting in table::ALL.iter().filter(|setting| !setting.key.is_empty()) {
        assert!(Source::from_parts("", HashMap::new()).text(*setting).is_some(), "{}", setting.key);
    }
    assert_eq!(Settings::from_source(&source(EMBEDDED, &[])).err(), None, "the file as it is has no unknown key");
}

/// Whatever looks like a key in a document or in a test is refused in production.
#[test]
fn no_key_of_this_repository_is_accepted_in_production() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in
        ["README.md", "CHANGELOG.md", "Leptos.toml", "docs", "src", "tests", "end2end", "scripts", "crates", "deploy"]
    {
        collect_files(&root.join(folder), &mut files);
    }
    let mut found = 0;
    for file in files {
        // Pictures.
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
        for word in text.split(|c| !is_base64(c)).filter(|word| word.len() == 44) {
            if STANDARD.decode(word).is_ok_and(|key| key.len() == 32) && !IS_NO_SECRET.contains(&word) {
                found += 1;
                let is_accepted = load(&[("SESSION_SECRET", word)]).is_ok();
                assert!(!is_accepted, "{word} in {} is an example that production would accept", file.display());
            }
        }
    }
    assert!(found > 3, "the examples have been found");
}

/// The signature of a webhook in a test.
const IS_NO_SECRET: [&str; 1] = ["g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="];

fn collect_files(path: &Path, files: &mut Vec<std::path::PathBuf>) {
    if path.is_file() {
        files.push(path.to_owned());
    // Redis' copy of sessions in tests/upgrade holds their hashes, which look like keys; the key beside them
    // is the example of all tests.
    } else if !["node_modules", "test-results", "tests/upgrade"].iter().any(|made| path.ends_with(made))
        // A project made from this one may have left a folder out.
        && let Ok(entries) = fs::read_dir(path)
    {
        for entry in entries {
            collect_files(&entry.unwrap().path(), files);
        }
    }
}

#[test]
fn the_runtime_file_and_the_build_file_agree() {
    let table = |text: &str| -> toml::Table {
        let document: toml::Table = text.parse().unwrap();
        document["package"]["metadata"]["leptos"].as_table().unwrap().clone()
    };
    let build = table(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")));
    for (key, value) in table(EMBEDDED) {
        if key != "env" {
            assert_eq!(build.get(&key), Some(&value), "{key}");
        }
    }
}
