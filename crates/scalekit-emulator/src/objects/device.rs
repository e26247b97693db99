//! The browser a session was begun in.
//!
//! What for: `device` of a session object, read from the header `User-Agent`. It names what it recognizes and
//! leaves the rest empty; it is no list of all browsers. Not here: the header (`world::sessions::Browser`).
//! Called by: `objects::session`.

use serde_json::{Value, json};

/// The object of scalekit-api §13.2. Every app is on this machine, so the address is the loopback address;
/// the location is invented.
pub(super) fn device(user_agent: &str) -> Value {
    let (browser, browser_version) = browser(user_agent);
    let (os, os_version) = operating_system(user_agent);
    json!({
        "browser": browser,
        "browser_version": browser_version,
        "os": os,
        "os_version": os_version,
        "device_type": device_type(user_agent, os),
        "ip": "127.0.0.1",
        "user_agent": user_agent,
        "location": {
            "city": "London",
            "region": "GB",
            "region_subdivision": "ENG",
            "latitude": "51.5074",
            "longitude": "-0.1278",
        },
    })
}

/// In this order: nearly every browser also calls itself Chrome or Safari.
fn browser(user_agent: &str) -> (&'static str, String) {
    for (token, name) in [
        ("Edg/", "Edge"),
        ("EdgA/", "Edge"),
        ("EdgiOS/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
    ] {
        if let Some(version) = version_after(user_agent, token) {
            return (name, version);
        }
    }
    match version_after(user_agent, "Version/") {
        Some(version) if user_agent.contains("Safari/") => ("Safari", version),
        _ => ("", String::new()),
    }
}

/// Versions as the header states them: Windows 11 says "Windows NT 10.0", a Mac has said 10.15.7 for years.
fn operating_system(user_agent: &str) -> (&'static str, String) {
    for (token, name) in [
        ("Windows NT ", "Windows"),
        ("iPhone OS ", "iOS"),
        ("CPU OS ", "iOS"),
        ("Mac OS X ", "macOS"),
        ("Android ", "Android"),
    ] {
        if let Some(version) = version_after(user_agent, token) {
            return (name, version);
        }
    }
    if user_agent.contains("CrOS ") {
        ("ChromeOS", String::new())
    } else if user_agent.contains("Linux") {
        ("Linux", String::new())
    } else {
        ("", String::new())
    }
}

fn device_type(user_agent: &str, os: &str) -> &'static str {
    match os {
        "Windows" | "macOS" | "Linux" | "ChromeOS" => "desktop",
        "iOS" if user_agent.contains("iPad") => "tablet",
        "Android" if !user_agent.contains("Mobile") => "tablet",
        "iOS" | "Android" => "mobile",
        _ => "",
    }
}

fn version_after(user_agent: &str, token: &str) -> Option<String> {
    let (_, rest) = user_agent.split_once(token)?;
    let version = rest.split(|character: char| !character.is_ascii_digit() && character != '.' && character != '_');
    version.take(1).find(|text| !text.is_empty()).map(|text| text.replace('_', "."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_are_recognized() {
        for (user_agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
                ["Chrome", "131.0.0.0", "Linux", "", "desktop"],
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 \
                 Safari/537.36 Edg/131.0.2903.51",
                ["Edge", "131.0.2903.51", "Windows", "10.0", "desktop"],
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0",
                ["Firefox", "133.0", "macOS", "10.15", "desktop"],
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/17.2 Mobile/15E148 Safari/604.1",
                ["Safari", "17.2", "iOS", "17.2", "mobile"],
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 \
                 Mobile Safari/537.36",
                ["Chrome", "131.0.0.0", "Android", "14", "mobile"],
            ),
        ] {
            let device = device(user_agent);
            let found = ["browser", "browser_version", "os", "os_version", "device_type"].map(|name| &device[name]);
            assert_eq!(found, expected.map(Value::from).each_ref(), "{user_agent}");
        }
    }

    #[test]
    fn what_is_not_recognized_stays_empty() {
        for user_agent in ["", "curl/8.5.0", "Chrome/", "Windows NT x"] {
            let device = device(user_agent);
            for name in ["browser", "browser_version", "os", "os_version", "device_type"] {
                assert_eq!(device[name], "", "{user_agent}: {name}");
            }
            assert_eq!(device["user_agent"], user_agent);
        }
    }
}
