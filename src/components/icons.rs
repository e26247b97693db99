//! One family of icons: 24 px grid, one stroke, the text's colour; marks of product and sign-in providers.
//!
//! The drawings stand once in the document, put there by the shell, and are used as `<svg class="icon"
//! aria-hidden="true"><use href="#icon-arrow"></use></svg>`, by pages and islands alike. They stand beside
//! text, so they are hidden from assistive technology.
//! `style/components/icons.css` gives stroke and size.

use leptos::prelude::*;

/// All drawings. Only documents use it: it stays on the server.
#[component]
pub fn Drawings() -> impl IntoView {
    view! { <svg class="drawings" aria-hidden="true" inner_html=SYMBOLS></svg> }
}

const SYMBOLS: &str = concat!(
    r##"<symbol id="icon-arrow" viewBox="0 0 24 24"><path d="M5 12h14M13 6l6 6-6 6"/></symbol>"##,
    r##"<symbol id="icon-building" viewBox="0 0 24 24"><path d="M5 21V5a1 1 0 0 1 1-1h8a1 1 0 0 1 1 1v16M15 10h3a1 1 0 0 1 1 1v10M3 21h18M8.5 8h3M8.5 12h3M8.5 16h3"/></symbol>"##,
    r##"<symbol id="icon-check" viewBox="0 0 24 24"><path d="m5 12.5 4.5 4.5L19 7.5"/></symbol>"##,
    r##"<symbol id="icon-computer" viewBox="0 0 24 24"><rect x="4.5" y="5" width="15" height="10.5" rx="1.5"/><path d="M2.5 19.5h19"/></symbol>"##,
    r##"<symbol id="icon-copy" viewBox="0 0 24 24"><rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15h-.5A1.5 1.5 0 0 1 3 13.5v-9A1.5 1.5 0 0 1 4.5 3h9A1.5 1.5 0 0 1 15 4.5V5"/></symbol>"##,
    r##"<symbol id="icon-dashboard" viewBox="0 0 24 24"><path d="M4 20v-9M12 20V4M20 20v-6"/></symbol>"##,
    r##"<symbol id="icon-device" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9"/><path d="M9.3 9.3a2.7 2.7 0 1 1 4 2.4c-.9.5-1.3 1-1.3 2M12 16.8v.1"/></symbol>"##,
    r##"<symbol id="icon-devices" viewBox="0 0 24 24"><path d="M3 17.5h8M5 14V7a1.5 1.5 0 0 1 1.5-1.5H19"/><rect x="14" y="9" width="7" height="11" rx="1.5"/></symbol>"##,
    r##"<symbol id="icon-menu" viewBox="0 0 24 24"><path d="M4 7h16M4 12h16M4 17h16"/></symbol>"##,
    r##"<symbol id="icon-moon" viewBox="0 0 24 24"><path d="M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z"/></symbol>"##,
    r##"<symbol id="icon-person" viewBox="0 0 24 24"><circle cx="12" cy="8" r="4"/><path d="M4.5 20.5a7.5 7.5 0 0 1 15 0"/></symbol>"##,
    r##"<symbol id="icon-phone" viewBox="0 0 24 24"><rect x="7" y="2.5" width="10" height="19" rx="2"/><path d="M11 18h2"/></symbol>"##,
    r##"<symbol id="icon-refresh" viewBox="0 0 24 24"><path d="M20 11a8 8 0 0 0-14.3-4L3.5 9.5M3.5 4.5v5h5M4 13a8 8 0 0 0 14.3 4l2.2-2.5M20.5 19.5v-5h-5"/></symbol>"##,
    r##"<symbol id="icon-sign-out" viewBox="0 0 24 24"><path d="M14 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8M10 12h11M17 8l4 4-4 4"/></symbol>"##,
    r##"<symbol id="icon-sun" viewBox="0 0 24 24"><circle cx="12" cy="12" r="4"/><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"/></symbol>"##,
    r##"<symbol id="icon-tablet" viewBox="0 0 24 24"><rect x="4" y="3" width="16" height="18" rx="2"/><path d="M10.5 17.5h3"/></symbol>"##,
    r##"<symbol id="icon-to-do" viewBox="0 0 24 24"><circle cx="12" cy="12" r="8.5" stroke-dasharray="3 3.4"/></symbol>"##,
    r##"<symbol id="icon-warning" viewBox="0 0 24 24"><path d="M12 4 2.8 19.5h18.4L12 4ZM12 10v4.5M12 17.2v.1"/></symbol>"##,
    r##"<symbol id="mark" viewBox="0 0 32 32"><rect class="mark-ground" width="32" height="32" rx="9"/>"##,
    r##"<path class="mark-line" d="M11 24V9.5A1.5 1.5 0 0 1 12.5 8H21a1 1 0 0 1 1 1v15"/>"##,
    r##"<path class="mark-door" d="M11 9.2 17.2 11a1 1 0 0 1 .8 1v11a1 1 0 0 1-.8 1L11 25.6Z"/></symbol>"##,
    r##"<symbol id="logo-google" viewBox="0 0 24 24"><path fill="#4285f4" d="M21.6 12.23c0-.7-.06-1.37-.18-2.02H12v3.83h5.38a4.6 4.6 0 0 1-2 3.02v2.5h3.23c1.9-1.74 2.99-4.31 2.99-7.33Z"/>"##,
    r##"<path fill="#34a853" d="M12 22c2.7 0 4.97-.9 6.62-2.44l-3.23-2.5c-.9.6-2.04.95-3.39.95-2.6 0-4.81-1.76-5.6-4.12H3.07v2.58A10 10 0 0 0 12 22Z"/>"##,
    r##"<path fill="#fbbc05" d="M6.4 13.89a6 6 0 0 1 0-3.79V7.52H3.07a10 10 0 0 0 0 8.95l3.33-2.58Z"/>"##,
    r##"<path fill="#ea4335" d="M12 5.98c1.47 0 2.79.5 3.83 1.5l2.86-2.87A9.6 9.6 0 0 0 12 2a10 10 0 0 0-8.93 5.52L6.4 10.1C7.19 7.74 9.4 5.98 12 5.98Z"/></symbol>"##,
    r##"<symbol id="logo-microsoft" viewBox="0 0 24 24"><path fill="#f25022" d="M3 3h8.5v8.5H3z"/><path fill="#7fba00" d="M12.5 3H21v8.5h-8.5z"/>"##,
    r##"<path fill="#00a4ef" d="M3 12.5h8.5V21H3z"/><path fill="#ffb900" d="M12.5 12.5H21V21h-8.5z"/></symbol>"##,
    r##"<symbol id="logo-github" viewBox="0 0 24 24"><path fill="currentColor" d="M12 2a10 10 0 0 0-3.16 19.49c.5.09.68-.22.68-.48v-1.7c-2.78.6-3.37-1.34-3.37-1.34-.45-1.16-1.1-1.46-1.1-1.46-.91-.63.07-.61.07-.61 1 .07 1.53 1.03 1.53 1.03.9 1.53 2.34 1.09 2.91.83.1-.65.35-1.09.64-1.34-2.22-.25-4.56-1.11-4.56-4.94 0-1.1.39-1.99 1.03-2.69-.1-.25-.45-1.27.1-2.64 0 0 .84-.27 2.75 1.02a9.6 9.6 0 0 1 5 0c1.91-1.29 2.75-1.02 2.75-1.02.55 1.37.2 2.39.1 2.64.64.7 1.03 1.6 1.03 2.69 0 3.84-2.34 4.69-4.57 4.93.36.31.68.92.68 1.85V21c0 .27.18.58.69.48A10 10 0 0 0 12 2Z"/></symbol>"##,
);
