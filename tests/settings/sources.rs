//! Where settings come from, and which wins.

use std::time::Duration;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, RandomizedNonceKey},
    digest, rand,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use scalekit_sessions::Purpose;

use super::*;

#[test]
fn development_needs_no_scalekit_settings() {
    let scalekit =
        ["SCALEKIT_ENVIRONMENT_URL", "SCALEKIT_CLIENT_ID", "SCALEKIT_CLIENT_SECRET"].map(|name| (name, "(unset)"));
    let settings = load(&[scalekit.as_slice(), &[("LEPTOS_ENV", "DEV"), ("APP_URL", "(unset)")]].concat()).unwrap();
    assert!(matches!(settings.provider, IdentityProvider::Emulator));
    assert_eq!(settings.app_url.as_str(), "http://localhost:3000/");
    assert!(!settings.secure_cookies());
}

#[test]
fn the_environment_overrides_the_file_and_the_file_the_default() {
    let file = "[session]\nidle-minutes = 7\nlifetime-hours = 5\n";
    let settings = load_with_file(file, &[]).unwrap();
    assert_eq!(settings.limits.idle, Duration::from_secs(7 * 60));
    assert_eq!(settings.limits.lifetime, Duration::from_secs(5 * 3600));
    let settings = load_with_file(file, &[("SESSION_IDLE_MINUTES", "9")]).unwrap();
    assert_eq!(settings.limits.idle, Duration::from_secs(9 * 60));
    assert_eq!(settings.limits.lifetime, Duration::from_secs(5 * 3600));
}

#[test]
fn the_platforms_port_is_taken_if_nothing_says_where_to_listen() {
    let listens = |file: &str, changes: &[(&str, &str)]| {
        let source = source(file, changes);
        let (address, _) = listening(&source).unwrap();
        assert_eq!(Settings::from_source(&source).unwrap().leptos.site_addr, address);
        address.to_string()
    };
    let development = [("PORT", "8080"), ("LEPTOS_ENV", "DEV")];
    assert_eq!(listens("", &[("PORT", " 8080 ")]), "0.0.0.0:8080");
    assert_eq!(listens("", &development), "127.0.0.1:8080", "an emulator is not for everybody");
    assert_eq!(listens("", &[("PORT", "")]), "127.0.0.1:3000");
    assert_eq!(listens("", &[("PORT", "8080"), ("LEPTOS_SITE_ADDR", "[::1]:81")]), "[::1]:81");
    assert_eq!(listens("", &[("PORT", "x"), ("LEPTOS_SITE_ADDR", "[::1]:81")]), "[::1]:81", "somebody else's variable");
    let file = "[package.metadata.leptos]\nsite-addr = \"[::1]:82\"";
    assert_eq!(listens(file, &[("PORT", "8080")]), "[::1]:82");
}

#[test]
fn leptos_itself_reads_the_same_file() {
    let options = leptos::config::get_config_from_str(EMBEDDED).unwrap();
    assert_eq!(options.output_name.as_ref(), env!("CARGO_PKG_NAME"));
    assert_eq!(options.site_addr, load(&[]).unwrap().leptos.site_addr);
}

/// What a release sealed that named keys by the application: with the key itself, or with one derived from
/// it.
fn sealed_under(name: &str, key: &[u8; 32], row: &[u8]) -> Vec<u8> {
    let named = digest::digest(&digest::SHA256, &[name.as_bytes(), b" key name", key].concat());
    let mut text = b"text".to_vec();
    let cipher = RandomizedNonceKey::new(&AES_256_GCM, key).unwrap();
    let nonce = cipher.seal_in_place_append_tag(Aad::from([b"session claims\0", row].concat()), &mut text).unwrap();
    [&[1], &named.as_ref()[..4], nonce.as_ref().as_slice(), &text].concat()
}

#[test]
fn what_was_sealed_under_a_name_that_this_project_has_had_opens() {
    let mut key = [0; 32];
    rand::fill(&mut key).unwrap();
    let secret = STANDARD.encode(key);
    let ring = load(&[("SESSION_SECRET", &secret)]).unwrap().key_ring;
    for name in APPLICATION_NAMES {
        let sealed = sealed_under(name, &key, b"row");
        assert_eq!(ring.open(Purpose::SessionClaims, b"row", &sealed).as_deref(), Some(b"text".as_slice()), "{name}");
        assert!(!ring.is_newest(&sealed), "and is sealed anew");
    }
    let foreign = sealed_under("another-project", &key, b"row");
    assert_eq!(ring.open(Purpose::SessionClaims, b"row", &foreign), None);
}
