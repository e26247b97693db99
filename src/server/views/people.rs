//! How pages name people and organizations. Nothing here is secret: all of it may stand in the HTML.

use scalekit_sessions::{Person, Session};

/// What a person is called: full name, else the e-mail address, else the identifier.
#[must_use]
pub fn display_name(session: &Session) -> String {
    let Session { identity, person, .. } = session;
    person.name.clone().or_else(|| person.email.clone()).unwrap_or_else(|| identity.user_id.clone())
}

/// What an organization is called: its name, else this application's own identifier.
#[must_use]
pub fn organization_name(session: &Session) -> Option<&str> {
    session.organization_name.as_deref().or(session.organization_external_id.as_deref())
}

/// First letters of the first and the last word of the name, else the first letter of what is shown.
#[must_use]
pub fn initials(person: &Person, display_name: &str) -> String {
    let mut words = person.name.as_deref().unwrap_or_default().split_whitespace();
    let letters: String = match (words.next(), words.next_back()) {
        (Some(first), Some(last)) => first.chars().take(1).chain(last.chars().take(1)).collect(),
        _ => display_name.chars().take(1).collect(),
    };
    letters.to_uppercase()
}

/// What somebody of this name is greeted with.
#[must_use]
pub fn first_word(name: Option<&str>) -> Option<String> {
    name?.split_whitespace().next().map(str::to_owned)
}

/// Pictures come from https, or from this machine in development; nothing else is offered to the browser.
#[must_use]
pub fn is_showable(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| match url.scheme() {
        "https" => true,
        "http" => matches!(url.host_str(), Some("localhost" | "127.0.0.1")),
        _ => false,
    })
}
