//! Projects that are made of this repository: what they begin with, and how they come to a later release of
//! the engine, both when they carry it and when they have it by tag. A copy of the repository with two
//! releases stands in for the one on the net. That such projects build and pass their tests is proven by
//! `make template-test`.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop with the reason")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

const ENGINE: &str = "https://github.com/leptos-scalekit/leptos-scalekit";

/// Where releases come from, in a folder of the test's own.
struct Template {
    folder: TempDir,
}

/// A project, made with the first release.
struct Project<'a> {
    template: &'a Template,
    root: PathBuf,
}

/// How a program ended, and all that it said.
fn run(command: &mut Command) -> (bool, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

fn git(root: &Path, arguments: &[&str]) -> String {
    let author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"];
    let (well, said) = run(Command::new("git").current_dir(root).args(author).args(arguments));
    assert!(well, "git {arguments:?}: {said}");
    said
}

fn replace(file: &Path, before: &str, after: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(before), "{} has no {before}", file.display());
    fs::write(file, text.replacen(before, after, 1)).unwrap();
}

impl Template {
    /// Two releases: the sources here as 0.1.0, and 0.2.0, in which a crate has changed, needs something more
    /// and says so.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let template = Self { folder };
        let root = template.root();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = git(here, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        for file in files.split_terminator('\0').filter(|file| here.join(file).is_file()) {
            let copy = root.join(file);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(here.join(file), copy).unwrap();
        }
        git(&root, &["init", "--quiet"]);
        git(&root, &["add", "--all"]);
        git(&root, &["commit", "--quiet", "--message", "First release"]);
        git(&root, &["tag", "v0.1.0"]);

        fs::write(root.join("crates/scalekit/src/added.rs"), "//! Something new.\n").unwrap();
        fs::remove_file(root.join("crates/scalekit/src/proxy.rs")).unwrap();
        replace(&root.join("Cargo.toml"), "\nversion = \"0.1.0\"", "\nversion = \"0.2.0\"");
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        fs::write(root.join("Cargo.toml"), manifest.replace("version = \"0.1.0\", path", "version = \"0.2.0\", path"))
            .unwrap();
        replace(&root.join("Cargo.toml"), "\nhttpdate = \"1\"", "\nhttpdate = \"1.0.3\"\nitoa = \"1\"");
        replace(&root.join("crates/scalekit/Cargo.toml"), "\nhttpdate.", "\nitoa.workspace = true\nhttpdate.");
        let news = "## 0.2.0\n\n- Something new, which needs nothing of you.\n\n## 0.1.0";
        replace(&root.join("crates/scalekit/CHANGELOG.md"), "## 0.1.0", news);
        git(&root, &["add", "--all"]);
        git(&root, &["commit", "--quiet", "--message", "Second release"]);
        git(&root, &["tag", "v0.2.0"]);
        template
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("template")
    }

    /// A program that finds the template where the world does, and compiled crates where they are.
    fn command(&self, program: &str, root: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(root)
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", format!("url.{}.insteadOf", self.root().display()))
            .env("GIT_CONFIG_VALUE_0", ENGINE)
            .env("CARGO_NET_GIT_FETCH_WITH_CLI", "true");
        command
    }

    /// Makes a project with the first release, and commits it.
    fn project(&self, arguments: &[&str]) -> Project<'_> {
        let root = self.folder.path().join("project");
        git(self.folder.path(), &["clone", "--quiet", "--branch", "v0.1.0", "template", "project"]);
        let (well, said) = run(self.command("scripts/start-project.sh", &root).args(arguments));
        assert!(well, "{said}");
        git(&root, &["add", "--all"]);
        git(&root, &["commit", "--quiet", "--message", "A project"]);
        Project { template: self, root }
    }
}

impl Project<'_> {
    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    fn upgrade(&self, tag: &str) -> (bool, String) {
        run(self.template.command("scripts/upgrade-engine.sh", &self.root).args([ENGINE, tag]))
    }

    /// Cargo agrees with all manifests and with the lock file.
    fn is_consistent(&self) {
        let mut cargo = self.template.command("cargo", &self.root);
        let (well, said) = run(cargo.args(["metadata", "--quiet", "--locked", "--format-version", "1"]));
        assert!(well, "{said}");
    }

    /// Files that differ from the template's at a tag.
    fn crates_differ_from(&self, tag: &str) -> String {
        let template = self.template.root();
        git(&template, &["checkout", "--quiet", tag]);
        let (_, said) =
            run(Command::new("diff").args(["-rq", "crates"]).arg(template.join("crates")).current_dir(&self.root));
        said
    }
}

#[test]
fn a_project_carries_the_engine_and_comes_to_a_later_release_of_it() {
    let template = Template::new();
    let project = template.project(&["acme-shop", "redis"]);
    assert_eq!(project.crates_differ_from("v0.1.0"), "", "crates are the same in every project");

    let manifest = project.read("Cargo.toml").replace("\nhttpdate = \"1\"", "\nhttpdate = \"1\"\nitertools = \"0.14\"");
    fs::write(
        project.root.join("Cargo.toml"),
        manifest.replace("\nversion = \"0.1.0\"\nedition.", "\nversion = \"7.0.0\"\nedition."),
    )
    .unwrap();
    replace(&project.root.join("crates/scalekit/src/lib.rs"), "//!", "//! Edited here.\n//!");
    assert!(!project.upgrade("v0.2.0").0, "not over what is not committed");
    git(&project.root, &["commit", "--quiet", "--all", "--message", "Ours"]);
    assert!(!project.upgrade("v9.9.9").0, "no such release");
    assert_eq!(git(&project.root, &["status", "--porcelain"]), "");

    let (well, said) = project.upgrade("v0.2.0");
    assert!(well, "{said}");
    assert_eq!(project.crates_differ_from("v0.2.0"), "", "whole: what is gone is gone, what is new is there");
    assert!(said.contains("Something new, which needs nothing of you.") && !said.contains("## 0.1.0"), "{said}");
    assert!(said.contains("edited in this project") && said.contains("scalekit/src/lib.rs"), "{said}");
    let manifest = project.read("Cargo.toml");
    for line in
        ["version = \"0.2.0\"", "version = \"7.0.0\"", "httpdate = \"1.0.3\"", "itoa = \"1\"", "itertools = \"0.14\""]
    {
        assert_eq!(manifest.lines().filter(|found| *found == line).count(), 1, "{line}: {manifest}");
    }
    project.is_consistent();
    assert!(!project.upgrade("v0.2.0").0, "there already");
}

#[test]
fn a_project_has_the_engine_by_tag_and_comes_to_a_later_release_of_it() {
    let template = Template::new();
    let project = template.project(&["--engine-by-tag", "acme-shop"]);
    assert!(!project.root.join("crates").exists());
    for manifest in ["Cargo.toml", "fuzz/Cargo.toml"] {
        let line = format!("scalekit = {{ git = \"{ENGINE}\", tag = \"v0.1.0\" }}");
        assert!(project.read(manifest).contains(&line), "{manifest}");
    }
    project.is_consistent();

    let (well, said) = project.upgrade("v0.2.0");
    assert!(well, "{said}");
    assert!(said.contains("Something new, which needs nothing of you.") && !said.contains("## 0.1.0"), "{said}");
    for file in ["Cargo.toml", "fuzz/Cargo.toml", "Cargo.lock", "docs/architecture.md"] {
        let text = project.read(file);
        assert!(text.contains("v0.2.0") && !text.contains("v0.1.0"), "{file}");
    }
    project.is_consistent();
}

#[test]
fn a_projects_own_documents_are_about_the_project_and_ask_to_be_filled_in() {
    let template = Template::new();
    let project = template.project(&["acme-shop", "redis", "webhooks"]);
    let readme = project.read("README.md");
    assert!(
        readme.starts_with("# acme-shop\n") && readme.contains("Left out when the project was made: redis, webhooks.")
    );
    assert!(readme.split_whitespace().count() < 350, "{readme}");
    for document in ["README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md"] {
        let text = project.read(document);
        assert!(text.contains("Fill in:"), "{document}");
        assert!(
            text.lines().all(|line| !line.contains("leptos-scalekit") || line.contains(ENGINE)),
            "{document}: {text}"
        );
    }
    assert!(!project.root.join("docs/template").exists());
    let notice = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("LICENSE")).unwrap();
    assert_eq!(project.read("licenses/template/LICENSE"), notice, "what came from here keeps its notice");
    let package = project.read("Cargo.toml");
    let package = package.split("\n[package]\n").nth(1).unwrap().split("\n[").next().unwrap();
    assert!(package.contains("name = \"acme-shop\"") && !package.contains("license"), "{package}");
    let (well, said) = run(Command::new("node").arg("scripts/lint-links.mjs").current_dir(&project.root));
    assert!(well, "{said}");
}
