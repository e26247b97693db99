//! The parts that can be removed: every tag names one and is well-formed, every file is there, and removing a
//! part leaves nothing of it behind. That the rest then builds is proven by `make template-test`.
#![expect(clippy::unwrap_used, reason = "sources that can't be read are a reason to stop")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Not the project's own, or made by it.
const OTHERS: &[&str] = &[".git", "target", "node_modules", ".next", "data", "screenshots", "test-results"];

/// They explain tags, and so show some.
const EXPLAIN: &[&str] = &["docs/removing-parts.md", "scripts/remove-part.sh", "scripts/parts.txt", "tests/parts.rs"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a project, relative to its folder.
fn files(project: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![project.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if OTHERS.contains(&entry.file_name().to_str().unwrap()) {
                continue;
            }
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path().strip_prefix(project).unwrap().to_owned());
            }
        }
    }
    found
}

/// Each part with its own files.
fn parts() -> BTreeMap<String, Vec<String>> {
    let mut parts = BTreeMap::<String, Vec<String>>::new();
    let mut current = String::new();
    for line in fs::read_to_string(root().join("scripts/parts.txt")).unwrap().lines() {
        if let Some(path) = line.strip_prefix(' ') {
            parts.get_mut(&current).unwrap().push(path.trim().to_owned());
        } else if let Some((name, _)) = line.split_once(": ").filter(|_| !line.starts_with('#')) {
            name.clone_into(&mut current);
            parts.insert(current.clone(), Vec::new());
        }
    }
    assert!(!parts.is_empty());
    parts
}

/// What a line's tag says, without comment signs: `part: redis`, `part: redis {`, `without redis: text`.
fn tag(line: &str) -> Option<&str> {
    let (_, tag) = ["// ", "# ", "<!-- "].iter().find_map(|sign| {
        ["part: ", "without "].iter().find_map(|word| {
            let at = line.rfind(&format!("{sign}{word}"))?;
            Some((at, &line[at + sign.len()..]))
        })
    })?;
    Some(tag.trim_end_matches(" |").trim_end_matches(" -->"))
}

#[test]
fn every_tag_names_a_known_part_and_every_region_is_closed() {
    let parts = parts();
    let mut wrong = Vec::new();
    for file in files(root()) {
        let name = file.to_str().unwrap().replace('\\', "/");
        let Ok(text) = fs::read_to_string(root().join(&file)) else { continue };
        if EXPLAIN.contains(&name.as_str()) {
            continue;
        }
        let mut open = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let Some(tag) = tag(line) else { continue };
            let mut complain = |what: &str| wrong.push(format!("{name}:{}: {what}: {line}", number + 1));
            if let Some(rest) = tag.strip_prefix("without ") {
                if let Some((part, _)) = rest.split_once(": ")
                    && !parts.contains_key(part)
                {
                    complain("no such part");
                }
                continue;
            }
            let mut words = tag.split(' ').skip(1);
            let (part, brace) = (words.next().unwrap_or_default(), words.next());
            let alone = ["//", "#", "<!--"].iter().any(|sign| line.trim_start().starts_with(&format!("{sign} part: ")));
            match brace {
                _ if words.next().is_some() => complain("more than a tag"),
                _ if !parts.contains_key(part) => complain("no such part"),
                Some("{") if alone => open.push(part.to_owned()),
                Some("}") if alone && open.last().is_some_and(|last| last == part) => drop(open.pop()),
                None if !alone => {}
                _ => complain("neither at the end of a line nor a region's border"),
            }
        }
        if !open.is_empty() {
            wrong.push(format!("{name}: not closed: {open:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is left out by a feature of a crate needs no tags, and whoever reads a file is spared them: see "A
/// part of your own" of `docs/removing-parts.md`.
#[test]
fn tags_are_few_and_none_stands_in_a_crate() {
    let parts = parts();
    let mut tags = 0;
    for file in files(root()) {
        let name = file.to_str().unwrap().replace('\\', "/");
        let Ok(text) = fs::read_to_string(root().join(&file)) else { continue };
        let names_part = |tag: &str| tag.split([' ', ':']).any(|word| parts.contains_key(word));
        let found = text.lines().filter(|line| tag(line).is_some_and(names_part)).count();
        assert!(found == 0 || !name.starts_with("crates/"), "{name} has tags");
        tags += if EXPLAIN.contains(&name.as_str()) { 0 } else { found };
    }
    assert!(tags <= 120, "{tags} tags");
}

#[test]
fn every_file_of_a_part_is_there() {
    for (part, paths) in parts() {
        for path in paths {
            assert!(root().join(&path).exists(), "{part}: {path}");
        }
    }
}

#[test]
fn removing_a_part_takes_its_files_and_leaves_no_tag_of_it() {
    let all = parts();
    for (part, paths) in &all {
        let project = tempfile::tempdir().unwrap();
        for file in files(root()) {
            let copy = project.path().join(&file);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(root().join(&file), copy).unwrap();
        }
        let output = Command::new("scripts/remove-part.sh").arg(part).current_dir(project.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let last_store = ["redis", "sqlite"].contains(&part.as_str())
            && ["redis", "sqlite"].iter().filter(|store| all.contains_key(**store)).count() == 1;
        assert_eq!(output.status.success(), !last_store, "{part}: {said}");
        if last_store {
            assert!(said.contains("One of sqlite and redis must stay"), "{said}");
            continue;
        }
        assert!(paths.iter().all(|path| !project.path().join(path).exists()), "{part}");
        for file in files(project.path()) {
            let name = file.to_str().unwrap().replace('\\', "/");
            let Ok(text) = fs::read_to_string(project.path().join(&file)) else { continue };
            for line in text.lines().filter(|_| !EXPLAIN.contains(&name.as_str())) {
                let about = tag(line).is_some_and(|tag| {
                    tag.starts_with(&format!("part: {part}")) || tag.starts_with(&format!("without {part}:"))
                });
                assert!(!about, "{part}: {name}: {line}");
            }
        }
        let manifest = fs::read_to_string(project.path().join("scripts/parts.txt")).unwrap();
        assert!(!manifest.lines().any(|line| line.starts_with(&format!("{part}:"))), "{part} is still listed");
    }
}
