//! Replays every seed of the fuzzer through the very property that the fuzzer checks, and every seed
//! shortened and changed a little. Not here: the properties (`fuzz/src`), and searching for inputs that break
//! them: `make fuzz`.
#![expect(clippy::unwrap_used, reason = "seeds that can't be read are a reason to stop")]

#[path = "../fuzz/src/lib.rs"]
pub mod properties;

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

/// Fewer tell the fuzzer too little about what an input looks like.
const FEWEST: usize = 4;

fn fuzz(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn names(folder: &str) -> BTreeSet<String> {
    files(&fuzz(folder)).iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_property_has_a_target_and_seeds() {
    let properties: BTreeSet<String> = properties::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), properties);
    assert_eq!(names("seeds"), properties);
    let manifest: toml::Table = fs::read_to_string(fuzz("Cargo.toml")).unwrap().parse().unwrap();
    let programs = manifest["bin"].as_array().unwrap().iter();
    assert_eq!(
        programs.map(|program| program["name"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(),
        properties
    );
    for name in properties {
        assert!(files(&fuzz("seeds").join(&name)).len() >= FEWEST, "{name} has too few seeds");
    }
}

#[test]
fn every_seed_keeps_its_property() {
    let mut broken = Vec::new();
    for (name, check) in properties::ALL {
        for file in files(&fuzz("seeds").join(name)) {
            let seed = fs::read(&file).unwrap();
            let shortened = (0..8).map(|eighths| seed[..seed.len() * eighths / 8].to_vec());
            let changed = (0..8).filter(|_| !seed.is_empty()).map(|eighths| {
                let mut bytes = seed.clone();
                bytes[seed.len() * eighths / 8] ^= 1 << eighths;
                bytes
            });
            for input in [seed.clone()].into_iter().chain(shortened).chain(changed) {
                // What is broken prints itself.
                if catch_unwind(AssertUnwindSafe(|| check(&input))).is_err() {
                    broken.push(format!("{}: {:?}", file.display(), String::from_utf8_lossy(&input)));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
