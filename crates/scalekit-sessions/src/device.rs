//! What a browser's `User-Agent` header says of a device: enough to recognise one's own in a list, and no
//! more.
//!
//! A dozen names, in an order that undoes the imitation in these headers (Edge calls itself Chrome, Chrome
//! calls itself Safari). What is not known stays unknown. Only the result is kept, never the header.

use scalekit::ProviderDevice;
use serde::{Deserialize, Serialize};

/// A device as it gave itself away at sign-in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What kind of device it is.
    pub kind: DeviceKind,
    /// The browser's name.
    pub browser: Option<String>,
    /// The operating system's name.
    pub system: Option<String>,
}

/// Kinds of devices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceKind {
    /// A desktop or laptop computer.
    Computer,
    /// A phone.
    Phone,
    /// A tablet.
    Tablet,
    /// It did not say.
    #[default]
    Unknown,
}

/// What a header contains, and the browser that it means; the first match counts.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// What a header contains, and the system and kind of device that it means; the first match counts.
const SYSTEMS: &[(&str, &str, DeviceKind)] = &[
    ("iPhone", "iOS", DeviceKind::Phone),
    ("iPad", "iPadOS", DeviceKind::Tablet),
    ("CrOS", "ChromeOS", DeviceKind::Computer),
    ("Windows", "Windows", DeviceKind::Computer),
    ("Macintosh", "macOS", DeviceKind::Computer),
    ("Linux", "Linux", DeviceKind::Computer),
];

/// What the provider knows of a device.
impl From<&ProviderDevice> for Device {
    fn from(device: &ProviderDevice) -> Self {
        let kind = match device.device_type.as_deref().map(str::to_lowercase).as_deref() {
            Some("desktop" | "computer" | "laptop") => DeviceKind::Computer,
            Some("mobile" | "phone" | "smartphone") => DeviceKind::Phone,
            Some("tablet") => DeviceKind::Tablet,
            _ => DeviceKind::Unknown,
        };
        Self { kind, browser: device.browser.clone(), system: device.os.clone() }
    }
}

impl Device {
    /// Reads a `User-Agent` header.
    #[must_use]
    pub fn from_user_agent(header: &str) -> Self {
        let browser = BROWSERS.iter().find(|(sign, _)| header.contains(sign)).map(|(_, name)| (*name).to_owned());
        if header.contains("Android") {
            // Phones say "Mobile", tablets don't.
            let kind = if header.contains("Mobile") { DeviceKind::Phone } else { DeviceKind::Tablet };
            return Self { kind, browser, system: Some("Android".to_owned()) };
        }
        match SYSTEMS.iter().find(|(sign, ..)| header.contains(sign)) {
            Some((_, system, kind)) => Self { kind: *kind, browser, system: Some((*system).to_owned()) },
            None => Self { kind: DeviceKind::Unknown, browser, system: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(header: &str) -> String {
        let device = Device::from_user_agent(header);
        format!(
            "{:?} {} {}",
            device.kind,
            device.browser.as_deref().unwrap_or("-"),
            device.system.as_deref().unwrap_or("-")
        )
    }

    #[test]
    fn common_browsers_are_recognised_in_spite_of_their_imitations() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(words(chrome), "Computer Chrome Windows");
        assert_eq!(words(&format!("{chrome} Edg/140.0.0.0")), "Computer Edge Windows");
        assert_eq!(words(&format!("{chrome} OPR/120.0.0.0")), "Computer Opera Windows");
        assert_eq!(
            words(
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"
            ),
            "Computer Safari macOS"
        );
        assert_eq!(
            words("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            "Computer Firefox Linux"
        );
        assert_eq!(
            words(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
            ),
            "Phone Safari iOS"
        );
        assert_eq!(
            words(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1"
            ),
            "Phone Chrome iOS"
        );
        assert_eq!(
            words(
                "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
            ),
            "Phone Chrome Android"
        );
        assert_eq!(
            words(
                "Mozilla/5.0 (Linux; Android 15; Tab) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0 Safari/537.36"
            ),
            "Tablet Samsung Internet Android"
        );
    }

    #[test]
    fn what_is_not_known_stays_unknown() {
        assert_eq!(words(""), "Unknown - -");
        assert_eq!(words("curl/8.0"), "Unknown - -");
        assert_eq!(words("<script>alert(1)</script>"), "Unknown - -");
    }
}
