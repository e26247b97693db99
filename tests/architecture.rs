//! The shape of the house: which module may use which, that none uses itself by way of others, and which
//! crate knows of which. The compiler can't state it; this reads the sources. And that a clone holds the same
//! sources on every machine.
#![expect(clippy::unwrap_used, reason = "sources that can't be read are a reason to stop")]

#[path = "support/modules.rs"]
mod modules;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use modules::{Modules, Segments};

/// Which parts of `src/` each part may use, beside itself. What is not listed uses nothing of the
/// application.
const MAY_USE: &[(&str, &[&str])] = &[
    ("access", &[]),
    ("error", &[]),
    ("site", &[]),
    ("links", &["access"]),
    // Bodies of server functions are dropped where they would be out of place: in the browser.
    ("api", &["error", "server"]),
    ("browser", &["access", "api"]),
    ("islands", &["access", "api", "browser", "links"]),
    ("components", &["api", "error", "islands", "links"]),
    ("documents", &["access", "components", "error", "site"]),
    ("app", &["api", "browser", "components", "documents", "islands", "site"]),
    ("pages", &["api", "app", "components", "error", "islands", "links", "server"]),
    ("server", &["access", "api", "app", "documents", "error", "pages", "site"]),
    ("traces", &["server"]),
    ("provider", &["server"]),
    ("main", &["process", "provider", "server"]),
    ("process", &["provider", "server", "traces"]),
    ("lib", &["islands"]),
];

/// Other people's crates, and our own, that a part knows nothing of.
const MUST_NOT_KNOW: &[(&str, &[&str])] = &[
    ("access", ONLY_THE_SERVER),
    ("api", ONLY_THE_SERVER),
    ("app", ONLY_THE_SERVER),
    ("browser", ONLY_THE_SERVER),
    ("components", ONLY_THE_SERVER),
    ("documents", ONLY_THE_SERVER),
    ("error", ONLY_THE_SERVER),
    ("islands", ONLY_THE_SERVER),
    ("links", ONLY_THE_SERVER),
    ("site", ONLY_THE_SERVER),
];

const ONLY_THE_SERVER: &[&str] = &[
    "axum",
    "axum_hardening",
    "leptos_axum",
    "scalekit",
    "scalekit_emulator",
    "scalekit_sessions",
    "tower",
    "tower_cookies",
];

/// What each crate may not depend on, by the beginnings of names. Tests and examples of theirs may.
const CRATES: &[(&str, &[&str])] = &[
    ("scalekit", &["axum", "tower", "http-body", "cookie", "leptos", "scalekit-"]),
    ("scalekit-sessions", &["axum", "tower", "http", "hyper", "cookie", "leptos", "scalekit-emulator"]),
    ("axum-hardening", &["scalekit", "leptos", "tower-cookies"]),
    ("scalekit-emulator", &["scalekit", "axum-hardening", "leptos"]),
];

/// Only these may say for which build they are: whole modules are gated, never blocks inside files.
const CONDITIONAL: &[&str] = &["src/lib.rs", "src/provider/mod.rs", "src/traces/mod.rs"];

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

fn read(folder: &str, name: &str) -> Modules {
    Modules::read(&root().join(folder), &name.replace('-', "_"))
}

fn application() -> Modules {
    read("src", env!("CARGO_PKG_NAME"))
}

fn text(path: &[String]) -> String {
    path.join("::")
}

#[test]
fn modules_use_only_what_they_may() {
    let mut broken = Vec::new();
    for (path, module) in &application().0 {
        let part = path.first().map_or("lib", String::as_str);
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == part) else { panic!("{part} has no rule") };
        for used in module.uses.iter().filter(|used| used.path[0] == "crate" && used.path.len() > 1) {
            let target = used.path[1].as_str();
            if target != part && !allowed.contains(&target) {
                broken.push(format!("{} uses {}", module.file.display(), text(&used.path)));
            }
        }
        for (_, unknown) in
            MUST_NOT_KNOW.iter().filter(|(name, _)| (text(path) + "::").starts_with(&format!("{name}::")))
        {
            let uses = module.uses.iter().filter(|used| unknown.contains(&used.path[0].as_str()));
            broken.extend(uses.map(|used| format!("{} uses {}", module.file.display(), text(&used.path))));
        }
    }
    assert!(broken.is_empty(), "forbidden uses:\n{}", broken.join("\n"));
}

/// A server function and its server half use each other: the view model comes from the one, the body from the
/// other.
fn is_api_pair(circle: &BTreeSet<&Segments>) -> bool {
    let [one, other]: [&&Segments; 2] = match circle.iter().collect::<Vec<_>>().try_into() {
        Ok(pair) => pair,
        Err(_) => return false,
    };
    one[0] == "api" && other[0] == "server"
}

#[test]
fn no_module_uses_itself_by_way_of_others() {
    let application = application();
    let circles = application.circles().into_iter().filter(|circle| !is_api_pair(circle));
    let circles: Vec<String> = circles.map(|circle| shown(&application, &circle)).collect();
    assert!(circles.is_empty(), "circles:\n{}", circles.join("\n"));
    for name in crates() {
        let modules = read(&format!("crates/{name}/src"), &name);
        let circles: Vec<String> = modules.circles().iter().map(|circle| shown(&modules, circle)).collect();
        assert!(circles.is_empty(), "circles of {name}:\n{}", circles.join("\n"));
    }
}

fn shown(modules: &Modules, circle: &BTreeSet<&Segments>) -> String {
    let edges = modules.edges();
    let line = |module: &&Segments| {
        let used = edges[*module].iter().filter(|used| circle.contains(*used));
        format!("  {} uses {}", text(module), used.map(|used| text(used)).collect::<Vec<_>>().join(", "))
    };
    circle.iter().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn crates() -> Vec<String> {
    // A project that takes them by their address has none.
    let folders = fs::read_dir(root().join("crates")).into_iter().flatten().map(|entry| entry.unwrap().path());
    let crates = folders.filter(|folder| folder.join("Cargo.toml").exists());
    crates.map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The names of what a manifest depends on outside of tests; with `and_tests`, of everything.
fn dependencies(manifest: &toml::Table, and_tests: bool) -> BTreeSet<String> {
    let kinds = ["dependencies", "build-dependencies", "dev-dependencies"];
    let kinds = if and_tests { &kinds[..] } else { &kinds[..2] };
    let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values);
    let tables = std::iter::once(manifest).chain(targets.filter_map(toml::Value::as_table));
    let dependencies = tables.flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()));
    let name = |(name, value): (&String, &toml::Value)| {
        value.get("package").and_then(toml::Value::as_str).unwrap_or(name).to_owned()
    };
    dependencies.flat_map(|table| table.iter().map(name)).collect()
}

#[test]
fn crates_know_only_of_those_below_them() {
    let application = env!("CARGO_PKG_NAME");
    let in_code = application.replace('-', "_");
    for name in crates() {
        let Some((_, forbidden)) = CRATES.iter().find(|(known, _)| *known == name) else {
            panic!("{name} has no rule")
        };
        let folder = format!("crates/{name}");
        let manifest = fs::read_to_string(root().join(&folder).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        for dependency in dependencies(&manifest, false) {
            let is_forbidden = forbidden.iter().any(|forbidden| dependency.starts_with(forbidden));
            assert!(!is_forbidden, "{name} depends on {dependency}");
        }
        assert!(!dependencies(&manifest, true).contains(application), "{name} depends on the application");
        for (file, text) in sources(&folder) {
            let names_it = code(&text).any(|line| line.contains(application) || line.contains(&in_code));
            assert!(!names_it, "{} names the application", file.display());
        }
    }
}

#[test]
fn uses_are_read_from_trees_code_and_macros() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("modules");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("a")).unwrap();
    for (file, text) in [
        ("lib.rs", "pub mod a; mod b; mod c; mod d;"),
        ("a/mod.rs", "pub mod x; pub use x::X; #[cfg(test)] mod tests { use crate::b::B; }"),
        (
            "a/x.rs",
            "use super::Y; use {crate::b::{self as other, C}, product::d}; fn f() -> d::D { view! { {other::call()} } }",
        ),
        ("b.rs", "pub(in crate::d) struct B; fn f() { println!(\"{}\", crate::c::TEXT) }"),
        ("c.rs", "use product::a; fn f() { a::x::f(); std::mem::drop(1) }"),
        ("d.rs", "#[cfg(test)] fn only_in_tests() { crate::a::f() } fn f() { serde_json::json!(1); }"),
    ] {
        fs::write(folder.join(file), text).unwrap();
    }
    let modules = Modules::read(&folder, "product");
    let edges: Vec<(String, Vec<String>)> =
        modules.edges().iter().map(|(from, to)| (text(from), to.iter().map(|to| text(to)).collect())).collect();
    let edge = |from: &str, to: &[&str]| (from.to_owned(), to.iter().map(|to| (*to).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        edges,
        [
            edge("", &[]),
            edge("a", &["a::x"]),
            edge("a::x", &["a", "b", "d"]),
            edge("b", &["c"]),
            edge("c", &["a", "a::x"]),
            edge("d", &[])
        ]
    );
    let circles: Vec<Vec<String>> =
        modules.circles().iter().map(|circle| circle.iter().map(|module| text(module)).collect()).collect();
    assert_eq!(circles, [["a", "a::x", "b", "c"]]);
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

/// Rows of the page look like `` | `part` | `one`, `other` | … | ``.
#[test]
fn the_page_about_the_architecture_has_the_same_rules() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    for (part, allowed) in MAY_USE {
        let start = format!("| `{part}` | ");
        let row = page.lines().find_map(|line| line.strip_prefix(&start)?.split(" |").next());
        let row = row.unwrap_or_else(|| panic!("docs/architecture.md has no row of {part}"));
        let said: BTreeSet<&str> = row.split('`').skip(1).step_by(2).collect();
        assert_eq!(said, allowed.iter().copied().collect(), "docs/architecture.md on {part}");
    }
}
