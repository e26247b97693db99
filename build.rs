//! Tells cargo that a release of the server holds the built site: a file that appears there is a reason to
//! compile it anew.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is_server = std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|architecture| architecture != "wasm32");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if is_server && is_release {
        println!("cargo:rerun-if-changed=target/site");
    }
}
