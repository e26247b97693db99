//! Holds `docs/security.md` to its word: every test that it names is there, in the file that it names.

use std::{fs, path::Path};

/// Links whose text is code: a test, and the file that it stands in.
fn named_tests(text: &str) -> Vec<(&str, &str)> {
    let links = text.split("[`").skip(1).filter_map(|rest| rest.split_once("`](../"));
    links.filter_map(|(name, rest)| Some((name, rest.split_once(')')?.0))).collect()
}

#[test]
fn every_test_that_the_claims_rest_on_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let claims = fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut tests = 0;
    for (name, file) in named_tests(&claims) {
        let Some(kind) = Path::new(file).extension() else { continue };
        let code = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let function = format!("fn {}(", name.rsplit("::").next().unwrap());
        let is_there = if kind == "rs" { code.contains(&function) } else { code.contains(&format!("test(\"{name}\"")) };
        assert!(is_there, "{file} has no test {name}");
        tests += 1;
    }
    assert!(tests > 60, "{tests}");
}
