//! The import rules of the house: which module may use which. The compiler can't state them; this reads the sources. And that a clone
//! holds the same sources on every machine.
#![expect(clippy::unwrap_used, reason = "sources that can't be read are a reason to stop")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A folder or file, and what must not be named in it.
const RULES: &[(&str, &[&str])] = &[
    ("crates/axum-hardening/src", &["leptos", "scalekit", "scalekit_sessions", "tower_cookies"]),
    ("crates/scalekit/src", &["axum", "leptos", "tower_cookies"]),
    ("crates/scalekit-emulator/src", &["scalekit::", "leptos_scalekit", "leptos::"]),
    ("crates/scalekit-sessions/src", &["axum", "leptos", "tower", "http::", "tower_cookies"]),
    ("src/server", &["crate::pages", "crate::components"]),
    ("src/api", &["crate::pages", "crate::components", "crate::app", "scalekit::"]),
    ("src/error.rs", &["crate::server", "crate::pages", "crate::components", "scalekit::"]),
    ("src/pages", &["crate::server", "scalekit::"]),
    ("src/components", &["crate::server", "scalekit::", "crate::pages"]),
    ("src/access.rs", &["crate::"]),
    ("src/app.rs", &["crate::server", "scalekit::"]),
    ("src/documents", &["crate::server", "scalekit::", "crate::pages", "crate::app", "crate::api"]),
];

/// Only these may say for which build they are: whole modules are gated, never blocks inside files.
const CONDITIONAL: &[&str] = &["src/lib.rs", "src/main.rs"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a path, with its text.
fn sources(path: &str) -> Vec<(PathBuf, String)> {
    let path = root().join(path);
    if path.is_file() {
        let text = fs::read_to_string(&path).unwrap();
        return vec![(path, text)];
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(sources(path.strip_prefix(root()).unwrap().to_str().unwrap()));
        }
    }
    found
}

/// Code lines: comments may name anything.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.starts_with("//"))
}

#[test]
fn modules_use_only_what_they_may() {
    let mut broken = Vec::new();
    for (place, forbidden) in RULES {
        let files = sources(place);
        assert!(!files.is_empty(), "{place} has no sources");
        for (file, text) in files {
            for line in code(&text) {
                for name in *forbidden {
                    let uses = line.match_indices(name).any(|(at, _)| {
                        // `leptos_scalekit::` and `crates/scalekit` contain `scalekit::` without using the crate.
                        let before = line[..at].chars().next_back();
                        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-')
                    });
                    if uses {
                        broken.push(format!("{}: {line}", file.strip_prefix(root()).unwrap().display()));
                    }
                }
            }
        }
    }
    assert!(broken.is_empty(), "forbidden uses:\n{}", broken.join("\n"));
}

#[test]
fn only_the_two_roots_say_for_which_build_they_are() {
    for (file, text) in sources("src") {
        let name = file.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
        let conditional = code(&text)
            .any(|line| line.contains("cfg(feature") || line.contains("cfg!(feature") || line.contains("target_arch"));
        assert!(!conditional || CONDITIONAL.contains(&name.as_str()), "{name} has conditional lines");
    }
}

/// Runs git on a repository in `folder` that has this project's files as its own.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let ran = Command::new("git")
        .arg("--git-dir")
        .arg(folder.join("repository"))
        .arg("--work-tree")
        .arg(root())
        .args(["-c", "core.autocrlf=true", "-c", "core.safecrlf=false", "-c", "core.attributesFile="])
        .args(arguments)
        .current_dir(root())
        // Set where a hook of git runs the tests.
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap();
    assert!(ran.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn a_clone_on_windows_holds_the_same_bytes() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clone");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "--all"]);
    let copy = folder.join("clone").display().to_string();
    git(&folder, &["checkout-index", "--all", &format!("--prefix={copy}/")]);
    let files = git(&folder, &["ls-files", "-z"]);
    assert!(files.split('\0').any(|file| file == "scripts/setup.sh"), "{files}");
    let read = |place: &Path, file: &str| fs::read(place.join(file)).unwrap();
    // A link to a folder has no bytes.
    let files = files.split_terminator('\0').filter(|file| root().join(file).is_file());
    let changed: Vec<&str> = files.filter(|file| read(root(), file) != read(Path::new(&copy), file)).collect();
    assert!(
        changed.is_empty(),
        "git changes line ends; .gitattributes should say what these are:\n{}",
        changed.join("\n")
    );
}
