//! HTTP behaviour of the whole application: the real router and the real emulator over loopback, and a client
//! that follows no redirects. One file a topic. What a person sees is tested in `end2end/`.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop with the reason")]

mod authorization;
mod callback;
mod cookies;
mod cross_site;
mod dashboard_edits;
mod disconnects;
mod exchanges;
mod exhaustion;
mod framing;
mod headers;
mod health;
mod key_ring;
mod last_resort;
mod limits;
mod log_lines;
mod login_csrf;
mod outage;
mod people;
mod proxies;
mod rate_limits;
mod referer;
mod refresh;
mod refused_refreshes;
mod relying_party;
mod remote_sign_out;
mod return_paths;
mod return_to;
mod serving;
mod session_list;
mod sign_in;
mod sign_out;
mod stalled;
mod store_file; // part: sqlite
mod store_trouble;
mod support;
mod upgrade; // part: template
mod webhooks; // part: webhooks
