//! Names and attributes of the application's cookies, without a server.

use std::time::Duration;

use leptos_scalekit::server::cookies::{CookieJar, SessionCookie};
use scalekit_sessions::SessionId;
use tower_cookies::Cookies;

const PROJECT: &str = env!("CARGO_PKG_NAME");

#[test]
fn cookies_are_host_only_and_secure_unless_served_over_plain_http() {
    let cookies = Cookies::default();
    let jar = CookieJar::of(&"https://app.example.com".parse().unwrap());
    let id = SessionId::generate().unwrap();
    jar.set_session(&cookies, &id, Duration::from_secs(60));
    let text = cookies.get("__Host-session").unwrap().to_string();
    for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=60"] {
        assert!(text.contains(attribute), "{text}");
    }
    assert!(!text.contains("Domain"), "{text}");
    let plain = CookieJar::of(&"http://localhost:3000".parse().unwrap());
    assert_eq!(jar.session(&cookies), SessionCookie::Valid(id.clone()));
    plain.set_session(&cookies, &id, Duration::from_secs(60));
    assert!(!cookies.get(&plain.session_name()).unwrap().to_string().contains("Secure"));
}

#[test]
fn over_http_each_port_has_cookies_of_its_own() {
    let jar = |url: &str| CookieJar::of(&url.parse().unwrap());
    assert_eq!(jar("http://localhost:3000").session_name(), format!("session.{PROJECT}.3000"));
    assert_eq!(jar("http://localhost").attempt_prefix(), format!("login.{PROJECT}.80."));
    assert_eq!(jar("https://localhost:8443").session_name(), "__Host-session");
    let cookies = Cookies::default();
    jar("http://localhost:3000").set_session(&cookies, &SessionId::generate().unwrap(), Duration::ZERO);
    assert_eq!(jar("http://localhost:4000").session(&cookies), SessionCookie::Absent);
}
