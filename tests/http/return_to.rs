//! Return paths as they are read, without a server: judged by the `url` crate, which reads addresses as
//! browsers do, and by the spellings in `tests/corpus`. At every door of the application: `return_paths`.

use axum_hardening::return_to::ReturnTo;
use proptest::prelude::*;

use leptos_scalekit::{access::LONGEST_RETURN_PATH, server::return_to::paths};
use url::Url;

use crate::support::corpus;

/// The steps of sign-in, and what pages call.
const REFUSED: [&str; 5] = ["/auth", "/api", "/login", "/logout", "/logged-out"];

/// An address as developers have it, and one as users do.
const APP_URLS: [&str; 2] = ["https://app.example.com", "http://localhost:3000"];

fn parse(text: &str) -> Option<String> {
    paths(&Url::parse(APP_URLS[0]).unwrap()).parse(text).map(|path| path.to_string())
}

/// What has to hold for everything that is accepted.
fn check_accepted(path: &ReturnTo, app_url: &Url) -> Result<(), TestCaseError> {
    let landed = app_url.join(path.as_str()).unwrap();
    prop_assert_eq!(landed.origin(), app_url.origin());
    prop_assert_eq!(&landed[url::Position::BeforePath..], path.as_str(), "browsers go where the text says");
    prop_assert!(path.as_str().starts_with('/') && !path.as_str().starts_with("//"));
    prop_assert!(path.as_str().bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'));
    let first = landed.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    let first = percent_encoding::percent_decode_str(first).decode_utf8_lossy().to_lowercase();
    prop_assert!(!REFUSED.contains(&&*format!("/{first}")), "{} is a step of sign-in", landed);
    prop_assert!(axum::http::HeaderValue::from_str(path.as_str()).is_ok());
    let again = paths(app_url).parse(path.as_str());
    prop_assert_eq!(again.as_ref(), Some(path), "a second reading changes nothing");
    Ok(())
}

fn check(text: &str) -> Result<(), TestCaseError> {
    for app_url in APP_URLS.map(|url| Url::parse(url).unwrap()) {
        if let Some(path) = paths(&app_url).parse(text) {
            check_accepted(&path, &app_url)?;
        } else {
            prop_assert_eq!(paths(&app_url).parse_or_default(Some(text)), paths(&app_url).default_page());
        }
    }
    Ok(())
}

#[test]
fn every_spelling_of_the_corpus_leads_to_the_default_page() {
    let refused = corpus::refused();
    assert!(refused.len() >= 300, "{}", refused.len());
    for text in refused {
        assert_eq!(parse(&text), None, "{text:?}");
    }
}

#[test]
fn every_deep_link_of_the_corpus_survives() {
    for (sent, becomes) in corpus::deep_links() {
        assert_eq!(parse(&sent).as_deref(), Some(becomes.as_str()), "{sent:?}");
        let app_url = Url::parse(APP_URLS[0]).unwrap();
        let judged = app_url.join(&sent).unwrap();
        assert_eq!(&judged[url::Position::BeforePath..url::Position::AfterQuery], becomes, "the url crate says so too");
        check(&sent).unwrap();
    }
}

#[test]
fn the_longest_path_is_kept_and_a_longer_one_refused() {
    let longest = format!("/{}", "a".repeat(LONGEST_RETURN_PATH - 1));
    assert_eq!(parse(&longest).as_deref(), Some(longest.as_str()));
    assert_eq!(parse(&format!("{longest}a")), None);
}

#[test]
fn what_becomes_too_long_by_being_written_out_is_refused() {
    assert_eq!(parse(&format!("/{}", "\u{e9}".repeat(400))), None, "six bytes each in an address");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn characters_that_mean_something_in_addresses(text in "[/\\\\\\t\\n\\r a-z@:.%?#0-9A-F;=&-]{0,40}") {
        check(&text)?;
    }

    #[test]
    fn any_text_behind_a_slash(text in any::<String>()) {
        check(&text)?;
        check(&format!("/{text}"))?;
    }

    #[test]
    fn pieces_of_attacks_in_any_order(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..8)) {
        check(&pieces.concat())?;
        check(&format!("/{}", pieces.concat()))?;
    }

    #[test]
    fn one_encoding_more_or_less(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..6), times in 1..4_usize) {
        let encoded = (0..times).fold(pieces.concat(), |text, _| {
            percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string()
        });
        check(&encoded)?;
        check(&format!("/{encoded}"))?;
    }

    #[test]
    fn long_texts(piece in prop::sample::select(PIECES), times in 0..400_usize) {
        check(&format!("/{}", piece.repeat(times)))?;
    }
}

const PIECES: &[&str] = &[
    "/",
    "//",
    "\\",
    "..",
    ".",
    "%2e",
    "%2E%2e",
    "%2f",
    "%5c",
    "\t",
    "\n",
    "\r",
    "\0",
    " ",
    "@",
    ":",
    "?",
    "#",
    "&",
    ";",
    "%",
    "%0d%0a",
    "https:",
    "javascript:",
    "evil.example",
    "app.example.com",
    "localhost:3000",
    "dashboard",
    "auth",
    "login",
    "api",
    "AUTH",
    "%61pi",
    "\u{ff0f}",
    "\u{2044}",
    "\u{3002}",
    "\u{200b}",
    "\u{feff}",
    "\u{a0}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{1f980}",
    "\u{212a}",
    "\u{130}",
];
