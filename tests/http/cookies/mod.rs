//! Cookies in every shape that a browser, a sibling site or an attacker sends: the genuine session works, or is refused by a rule
//! of `server::cookies`; it is never somebody else's. And every cookie that the application gives away.

mod attempts;
mod attributes;
mod fixation;
mod headers;
mod mixed;
mod values;

use reqwest::header::HeaderValue;

use crate::support::App;

/// Who the application says is asking, of a request with these `Cookie` lines.
async fn user_with(app: &App, lines: &[&[u8]]) -> Option<String> {
    let mut browser = app.browser();
    let mut request = browser.call_to_send("/api/current_session", "");
    for line in lines {
        request = request.header("cookie", HeaderValue::from_bytes(line).unwrap());
    }
    let answer = browser.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let state: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    state["session"]["user"]["id"].as_str().map(str::to_owned)
}
