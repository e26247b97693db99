//! Cookies in every shape that a browser, a sibling site or an attacker sends: the genuine session works, or
//! is refused by a rule of `server::cookies`; it is never somebody else's. And every cookie that the
//! application gives away.

mod attempts;
mod attributes;
mod fixation;
mod headers;
mod jar;
mod mixed;
mod neighbours;
mod values;

use reqwest::header::HeaderValue;

use crate::support::{App, place_in_names};

/// The same bytes with project and port behind every spelling of `session`, as they stand in the cookie's own
/// name.
fn in_place(app: &App, line: &[u8]) -> Vec<u8> {
    const ENDINGS: [&[u8]; 5] = [b"ession", b"ESSION", b"essio%6e", b"ess%69on", b"%65%73%73%69%6f%6e"];
    let place = place_in_names(&app.url);
    let mut written = Vec::new();
    for (index, byte) in line.iter().enumerate() {
        written.push(*byte);
        if ENDINGS.iter().any(|ending| line[..=index].ends_with(ending)) {
            written.extend_from_slice(place.as_bytes());
        }
    }
    written
}

/// Who the application says is asking, of a request with these `Cookie` lines. The application's own cookie
/// is called `session` in them.
async fn user_with(app: &App, lines: &[&[u8]]) -> Option<String> {
    let mut browser = app.browser();
    let mut request = browser.call_to_send("/api/current_session", "");
    for line in lines {
        request = request.header("cookie", HeaderValue::from_bytes(&in_place(app, line)).unwrap());
    }
    let answer = browser.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let state: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    state["session"]["user"]["id"].as_str().map(str::to_owned)
}
