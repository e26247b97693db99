//! What this is, how a sign-in travels, what is inside. Replace it with your product's own front page.

use leptos::prelude::*;

use crate::components::{
    frame::PublicFrame,
    icons::{ARROW, Icon},
};

/// `/`
#[component]
pub fn Landing() -> impl IntoView {
    view! {
        <PublicFrame title="Sign-in that is already right">
            <section class="hero">
                <h1>"Sign-in that is already right"</h1>
                <p class="hero-text">
                    "A full-stack Rust starter on Leptos and Axum. Your users sign up and sign in through Scalekit; sessions, refresh and sign-out are done, tested and yours to build on."
                </p>
                <p class="actions">
                    <a class="button primary large" href="/login">
                        "Sign in"
                        <Icon shape=ARROW/>
                    </a>
                    <a class="button large" rel="external" href="/auth/login?prompt=create">
                        "Create account"
                    </a>
                </p>
            </section>
            <Sequence/>
            <section class="inside" aria-labelledby="inside-title">
                <h2 id="inside-title">"What is inside"</h2>
                <ul class="cells">
                    {CELLS
                        .iter()
                        .map(|(figure, title, text)| {
                            view! {
                                <li class="cell">
                                    <p class="cell-figure">{*figure}</p>
                                    <h3>{*title}</h3>
                                    <p>{*text}</p>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </section>
        </PublicFrame>
    }
}

/// The sign-in as it really travels. The steps are radio buttons, so that pointer, touch and arrow keys light them up
/// without scripts; `style/landing.css` does the rest.
#[component]
fn Sequence() -> impl IntoView {
    view! {
        <section class="sequence card" aria-labelledby="sequence-title">
            <div class="sequence-text">
                <h2 id="sequence-title">"How a sign-in travels"</h2>
                <fieldset class="sequence-steps">
                    <legend class="visually-hidden">"Steps of the sign-in"</legend>
                    {STEPS
                        .iter()
                        .zip(1_u8..)
                        .map(|((title, text), number)| {
                            view! {
                                <label class="sequence-step">
                                    <input type="radio" name="step" value=number.to_string() checked=number == 1/>
                                    <span class="sequence-number" aria-hidden="true">
                                        {number}
                                    </span>
                                    <span>
                                        <strong>{*title}</strong>
                                        <span class="sequence-detail">{*text}</span>
                                    </span>
                                </label>
                            }
                        })
                        .collect_view()}
                </fieldset>
            </div>
            <svg class="sequence-figure" viewBox="0 0 340 440" aria-hidden="true" inner_html=FIGURE></svg>
        </section>
    }
}

const STEPS: [(&str, &str); 6] = [
    (
        "You ask to sign in",
        "The app makes state, nonce and a PKCE verifier, and seals them in a cookie that lives ten minutes.",
    ),
    ("Scalekit asks who you are", "Password, passkey, social or your company's SSO: on its page, never on ours."),
    ("You come back with a code", "State and cookie must match. A code that was stolen or replayed ends here."),
    (
        "The app trades the code, once",
        "Server to server, with the verifier. The tokens never pass through the browser.",
    ),
    ("Every token is verified", "Signature, issuer, audience, nonce and lifetime, before anything is stored."),
    ("You are in", "The browser holds an opaque session cookie. The record stays on the server, encrypted."),
];

/// Three lanes and a mark per step; `s1` to `s6` are lit by the stylesheet.
const FIGURE: &str = concat!(
    r#"<path class="lane" d="M50 52V428M170 52V428M290 52V428"/>"#,
    r#"<g class="actor"><rect x="8" y="12" width="84" height="36" rx="10"/><text x="50" y="35">Browser</text></g>"#,
    r#"<g class="actor"><rect x="128" y="12" width="84" height="36" rx="10"/><text x="170" y="35">App</text></g>"#,
    r#"<g class="actor"><rect x="248" y="12" width="84" height="36" rx="10"/><text x="290" y="35">Scalekit</text></g>"#,
    r#"<g class="s1"><path d="M50 84H160M154 78l7 6-7 6M170 112H60M66 106l-7 6 7 6"/><circle cx="110" cy="98" r="12"/><text x="110" y="102.500">1</text></g>"#,
    r#"<g class="s2"><path d="M50 150H280M274 144l7 6-7 6"/><circle cx="230" cy="150" r="12"/><text x="230" y="154.500">2</text></g>"#,
    r#"<g class="s3"><path d="M290 194H60M66 188l-7 6 7 6M50 222H160M154 216l7 6-7 6"/><circle cx="110" cy="208" r="12"/><text x="110" y="212.500">3</text></g>"#,
    r#"<g class="s4"><path d="M170 262H280M274 256l7 6-7 6M290 290H180M186 284l-7 6 7 6"/><circle cx="230" cy="276" r="12"/><text x="230" y="280.500">4</text></g>"#,
    r#"<g class="s5"><path d="M170 326H206a10 10 0 0 1 10 10V344a10 10 0 0 1-10 10H180M186 348l-7 6 7 6"/><circle cx="216" cy="340" r="12"/><text x="216" y="344.500">5</text></g>"#,
    r#"<g class="s6"><path d="M170 398H60M66 392l-7 6 7 6"/><circle cx="110" cy="398" r="12"/><text x="110" y="402.500">6</text></g>"#,
);

const CELLS: [(&str, &str, &str); 6] = [
    ("0", "tokens in the browser", "One opaque 256-bit cookie. No token is ever in a cookie, in HTML or in a log."),
    ("1", "refresh at a time", "However many tabs and requests meet at the token's end, the provider is called once."),
    ("RS256", "and every claim checked", "Issuer, audience, nonce, times and session: both tokens, before they count."),
    ("AES-256-GCM", "sealed sessions", "In SQLite, under keys that you rotate. A copied database signs nobody in."),
    ("1 file", "to deploy", "Server, pages, styles and settings in one binary. It runs from an empty directory."),
    (
        "2 commands",
        "to a signed-in page",
        "Clone, make run. The Scalekit emulator stands in until you have an account.",
    ),
];
