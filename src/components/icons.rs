//! One family of icons: 24 px grid, one stroke, the text's colour. Always beside text, so hidden from assistive technology.
//!
//! Each constant is the inside of an SVG element; `style/components.css` gives stroke and size.

use leptos::prelude::*;

/// Draws one of this module's icons.
#[component]
pub fn Icon(
    /// One of the constants below.
    shape: &'static str,
) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" inner_html=shape></svg> }
}

/// Forward, as after a call to action.
pub const ARROW: &str = r#"<path d="M5 12h14M13 6l6 6-6 6"/>"#;
/// An organization.
pub const BUILDING: &str = r#"<path d="M5 21V5a1 1 0 0 1 1-1h8a1 1 0 0 1 1 1v16M15 10h3a1 1 0 0 1 1 1v10M3 21h18M8.5 8h3M8.5 12h3M8.5 16h3"/>"#;
/// Done.
pub const CHECK: &str = r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#;
/// A place to be done, not done yet.
pub const CIRCLE: &str = r#"<circle cx="12" cy="12" r="8.5" stroke-dasharray="3 3.4"/>"#;
/// Copies to the clipboard.
pub const COPY: &str = r#"<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15H4.5A1.5 1.5 0 0 1 3 13.5v-9A1.5 1.5 0 0 1 4.5 3h9A1.5 1.5 0 0 1 15 4.5V5"/>"#;
/// The dashboard.
pub const DASHBOARD: &str = r#"<path d="M4 20V11M12 20V4M20 20v-6"/>"#;
/// Opens a menu.
pub const MENU: &str = r#"<path d="M4 7h16M4 12h16M4 17h16"/>"#;
/// The dark scheme.
pub const MOON: &str = r#"<path d="M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z"/>"#;
/// The person.
pub const PERSON: &str = r#"<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5a7.5 7.5 0 0 1 15 0"/>"#;
/// Refreshes or tries again.
pub const REFRESH: &str =
    r#"<path d="M20 11a8 8 0 0 0-14.3-4L3.5 9.5M3.5 4.5v5h5M4 13a8 8 0 0 0 14.3 4l2.2-2.5M20.5 19.5v-5h-5"/>"#;
/// Leaves the session.
pub const SIGN_OUT: &str = r#"<path d="M14 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8M10 12h11M17 8l4 4-4 4"/>"#;
/// The light scheme.
pub const SUN: &str = r#"<circle cx="12" cy="12" r="4"/><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"/>"#;
/// Something needs attention.
pub const WARNING: &str = r#"<path d="M12 4 2.8 19.5h18.4L12 4ZM12 10v4.5M12 17.2v.1"/>"#;
