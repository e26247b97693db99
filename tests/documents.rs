//! Holds the documents to their word: every test they name is there, every path and command of AGENTS.md too;
//! the README's pictures are of one size. That links lead somewhere is for
//! scripts/lint-links.mjs; what pages say of settings and routes is compared beside those.
#![expect(clippy::unwrap_used, reason = "documents that can't be read are a reason to stop")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Markdown files of `docs/`, relative to the repository.
fn documents() -> Vec<PathBuf> {
    files("docs", "md")
}

/// The files below a folder whose names end so, relative to the repository.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found
}

/// Links whose text is code: `` [`name`](target) ``.
fn links_in_code(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let links = text.split("[`").skip(1).filter_map(|rest| rest.split_once("`]("));
    links.filter_map(|(name, rest)| Some((name, rest.split_once(')')?.0)))
}

/// Names of tests in a Rust source: a function with `#[test]`, `#[tokio::test(…)]` or the like above it.
fn rust_tests(code: &str) -> BTreeSet<&str> {
    let mut is_test = false;
    let mut tests = BTreeSet::new();
    for line in code.lines().map(str::trim) {
        let attribute = line.strip_prefix("#[").and_then(|rest| rest.split(['(', ']']).next());
        if attribute.is_some_and(|attribute| attribute == "test" || attribute.ends_with("::test")) {
            is_test = true;
        } else if let Some((before, after)) = line.split_once("fn ") {
            if is_test && ["", "async "].contains(&before) {
                tests.insert(after.split(['(', '<']).next().unwrap());
            }
            is_test = false;
        }
    }
    tests
}

#[test]
fn every_test_that_the_documents_rest_on_is_there() {
    let mut named = BTreeSet::new();
    let mut wrong = Vec::new();
    for document in documents() {
        let text = read(document.to_str().unwrap());
        // Documents of the projects that are made of this one are moved to the root there.
        let folder = if document.starts_with("docs/template") { Path::new("") } else { document.parent().unwrap() };
        for (name, target) in links_in_code(&text) {
            let file = folder.join(target);
            let Some(kind @ ("rs" | "ts")) = file.extension().and_then(|kind| kind.to_str()) else { continue };
            // A file, not a test: `[`src/lib.rs`](../src/lib.rs)`. Or a test of a crate that the project has
            // by tag.
            if target.ends_with(name) || target.contains("://") {
                continue;
            }
            let Ok(code) = fs::read_to_string(root().join(&file)) else {
                wrong.push(format!("{}: there is no {target}", document.display()));
                continue;
            };
            let is_there = if kind == "rs" {
                rust_tests(&code).contains(name.rsplit("::").next().unwrap())
            } else {
                code.contains(&format!("test(\"{name}\""))
            };
            if !is_there {
                wrong.push(format!("{}: {target} has no test {name}", document.display()));
            }
            named.insert((name.to_owned(), file));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(named.len() > 100, "only {} tests are named", named.len());
}

/// What stands in backticks.
fn in_backticks(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The paths of a numbered list of files.
fn numbered_files(text: &str) -> Vec<&str> {
    let items =
        text.lines().filter_map(|line| line.split_once(". ").filter(|(number, _)| number.parse::<u8>().is_ok()));
    items.filter_map(|(_, item)| item.split('`').nth(1)).collect()
}

#[test]
fn every_path_and_command_that_assistants_are_told_of_is_there() {
    let guide = read("AGENTS.md");
    let lines = guide.lines().count();
    assert!(lines <= 80, "AGENTS.md has {lines} lines");
    let targets = read("Makefile");
    let (mut paths, mut commands) = (0, 0);
    for code in in_backticks(&guide) {
        let mut words = code.split(' ');
        let first = words.next().unwrap();
        if first == "make" {
            let target = format!("\n{}:", words.next().unwrap());
            assert!(targets.contains(&target), "AGENTS.md: there is no `{code}`");
            commands += 1;
        } else if first == "cargo" {
            let test = code.split("--test ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
            let is_there = [format!("tests/{test}.rs"), format!("tests/{test}/main.rs")]
                .iter()
                .any(|file| root().join(file).exists());
            assert!(is_there, "AGENTS.md: there is no test of `{code}`");
            commands += 1;
        } else if first.contains('/') && !first.starts_with('/') {
            // A project may have the crates by git tag.
            let is_elsewhere = first.starts_with("crates/") && !root().join("crates").exists();
            assert!(is_elsewhere || root().join(first).exists(), "AGENTS.md: there is no {first}");
            paths += 1;
        }
    }
    assert!(paths > 20 && commands > 4, "{paths} paths and {commands} commands");
}

// part: template {
/// In a project, parts may have gone that documents still speak of.
#[test]
fn every_path_that_the_documents_name_is_there() {
    let folders = ["crates", "deploy", "docs", "end2end", "fuzz", "scripts", "src", "style", "tests"];
    let is_made = |path: &str| path == "deploy/.env";
    let mut missing = Vec::new();
    for document in documents().into_iter().chain(["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(PathBuf::from)) {
        let text = read(document.to_str().unwrap());
        for code in in_backticks(&text) {
            let path = code.split([' ', '#']).next().unwrap();
            let is_path = path.split_once('/').is_some_and(|(folder, _)| folders.contains(&folder));
            if is_path && !is_made(path) && !root().join(path).exists() {
                missing.push(format!("{}: there is no {path}", document.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_readme_has_at_most_900_words() {
    let words = read("README.md").split_whitespace().count();
    assert!(words <= 900, "{words} words");
}

#[test]
fn what_a_team_owns_has_at_most_11000_lines() {
    let lines: usize = files("src", "rs").iter().map(|file| read(file.to_str().unwrap()).lines().count()).sum();
    assert!(lines <= 11_000, "src/ has {lines} lines");
}

#[test]
fn comments_end_by_column_110() {
    for file in ["src", "crates", "tests"].into_iter().flat_map(|folder| files(folder, "rs")) {
        for (number, line) in (1..).zip(read(file.to_str().unwrap()).lines()) {
            let is_long = line.trim_start().starts_with("//") && line.chars().count() > 110 && !line.contains("http");
            assert!(!is_long, "{}:{number}: comments end by column 110", file.display());
        }
    }
}
// part: template }

#[test]
fn readme_and_assistants_guide_name_the_same_twelve_files_to_read_first() {
    let guide = read("AGENTS.md");
    let files = numbered_files(&guide);
    assert_eq!(files.len(), 12, "{files:?}");
    // part: template {
    let readme = read("README.md");
    assert_eq!(numbered_files(&readme), files);
    let lines: usize = files.iter().map(|file| read(file).lines().count()).sum();
    assert!(lines <= 1700, "the twelve files of README.md have {lines} lines");
    // part: template }
}

/// What a PNG file says of its size: width and height stand behind its signature and the head of its first
/// chunk.
#[test]
fn pictures_of_the_readme_are_1280_by_720() {
    let readme = read("README.md");
    let pictures = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for picture in pictures.filter(|target| Path::new(target).extension().is_some_and(|kind| kind == "png")) {
        let bytes = fs::read(root().join(picture)).unwrap_or_else(|error| panic!("{picture}: {error}"));
        let size = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((size(16), size(20)), (1280, 720), "{picture}: `make screenshots` takes it anew");
    }
}
