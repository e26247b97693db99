//! What this is, how a sign-in travels, what is inside. Replace it with your product's own front page.

use axum::response::Response;
use leptos::{either::Either, prelude::*};

use crate::{app::Frame, server::page::PageRequest};

/// `/`
pub async fn landing(request: PageRequest) -> Response {
    let is_signed_in = request.visitor().is_some();
    request.show(Frame::public("Sign-in that is already right"), || {
        view! {
            <section class="hero">
                <h1>"Sign-in that is already right"</h1>
                <p class="hero-text">
                    "A full-stack Rust starter on Leptos and Axum. Your users sign up and sign in through Scalekit; sessions, refresh and sign-out are done, tested and yours to build on."
                </p>
                <p class="actions">
                    {if is_signed_in {
                        Either::Left(view! {
                            <a class="button primary large" href="/dashboard">
                                "Open your dashboard"
                            </a>
                        })
                    } else {
                        Either::Right(view! {
                            <a class="button primary large" href="/login">
                                "Sign in"
                                <svg class="icon" aria-hidden="true">
                                    <use href="#icon-arrow"></use>
                                </svg>
                            </a>
                            <a class="button large" href="/auth/login?prompt=create">
                                "Create account"
                            </a>
                        })
                    }}
                </p>
            </section>
            <Sequence/>
            <Inside/>
        }
    })
}

/// The sign-in as it really travels. The steps are radio buttons, so that pointer, touch and arrow keys light
/// up their part of the figure (`s1` to `s6`) without scripts; `style/landing.css` does the rest.
#[component]
fn Sequence() -> impl IntoView {
    view! {
        <section class="sequence card" aria-labelledby="sequence-title">
            <div class="sequence-text">
                <h2 id="sequence-title">"How a sign-in travels"</h2>
                <fieldset class="sequence-steps">
                    <legend class="visually-hidden">"Steps of the sign-in"</legend>
                    <label class="sequence-step">
                        <input type="radio" name="step" value="1" checked/>
                        <span class="sequence-number" aria-hidden="true">"1"</span>
                        <span>
                            <strong>"You ask to sign in"</strong>
                            <span class="sequence-detail">"The app makes state, nonce and a PKCE verifier, and seals them in a cookie that lives ten minutes."</span>
                        </span>
                    </label>
                    <label class="sequence-step">
                        <input type="radio" name="step" value="2"/>
                        <span class="sequence-number" aria-hidden="true">"2"</span>
                        <span>
                            <strong>"Scalekit asks who you are"</strong>
                            <span class="sequence-detail">"Password, passkey, social or your company's SSO: on its page, never on ours."</span>
                        </span>
                    </label>
                    <label class="sequence-step">
                        <input type="radio" name="step" value="3"/>
                        <span class="sequence-number" aria-hidden="true">"3"</span>
                        <span>
                            <strong>"You come back with a code"</strong>
                            <span class="sequence-detail">"State and cookie must match. A code that was stolen or replayed ends here."</span>
                        </span>
                    </label>
                    <label class="sequence-step">
                        <input type="radio" name="step" value="4"/>
                        <span class="sequence-number" aria-hidden="true">"4"</span>
                        <span>
                            <strong>"The app trades the code, once"</strong>
                            <span class="sequence-detail">"Server to server, with the verifier. Access and refresh tokens never pass through the browser."</span>
                        </span>
                    </label>
                    <label class="sequence-step">
                        <input type="radio" name="step" value="5"/>
                        <span class="sequence-number" aria-hidden="true">"5"</span>
                        <span>
                            <strong>"Every token is verified"</strong>
                            <span class="sequence-detail">"Signature, issuer, audience, nonce and lifetime, before anything is stored."</span>
                        </span>
                    </label>
                    <label class="sequence-step">
                        <input type="radio" name="step" value="6"/>
                        <span class="sequence-number" aria-hidden="true">"6"</span>
                        <span>
                            <strong>"You are in"</strong>
                            <span class="sequence-detail">"The browser holds an opaque session cookie. The record stays on the server, encrypted."</span>
                        </span>
                    </label>
                </fieldset>
            </div>
            <svg class="sequence-figure" viewBox="0 0 340 440" aria-hidden="true">
                <path class="lane" d="M50 52V428M170 52V428M290 52V428"></path>
                <g class="actor">
                    <rect x="8" y="12" width="84" height="36" rx="10"></rect>
                    <text x="50" y="35">"Browser"</text>
                    <rect x="128" y="12" width="84" height="36" rx="10"></rect>
                    <text x="170" y="35">"App"</text>
                    <rect x="248" y="12" width="84" height="36" rx="10"></rect>
                    <text x="290" y="35">"Scalekit"</text>
                </g>
                <g class="s1">
                    <path d="M50 84H160M154 78l7 6-7 6M170 112H60M66 106l-7 6 7 6"></path>
                    <circle cx="110" cy="98" r="12"></circle>
                    <text x="110" y="102.5">"1"</text>
                </g>
                <g class="s2">
                    <path d="M50 150H280M274 144l7 6-7 6"></path>
                    <circle cx="230" cy="150" r="12"></circle>
                    <text x="230" y="154.5">"2"</text>
                </g>
                <g class="s3">
                    <path d="M290 194H60M66 188l-7 6 7 6M50 222H160M154 216l7 6-7 6"></path>
                    <circle cx="110" cy="208" r="12"></circle>
                    <text x="110" y="212.5">"3"</text>
                </g>
                <g class="s4">
                    <path d="M170 262H280M274 256l7 6-7 6M290 290H180M186 284l-7 6 7 6"></path>
                    <circle cx="230" cy="276" r="12"></circle>
                    <text x="230" y="280.5">"4"</text>
                </g>
                <g class="s5">
                    <path d="M170 326H206a10 10 0 0 1 10 10V344a10 10 0 0 1-10 10H180M186 348l-7 6 7 6"></path>
                    <circle cx="216" cy="340" r="12"></circle>
                    <text x="216" y="344.5">"5"</text>
                </g>
                <g class="s6">
                    <path d="M170 398H60M66 392l-7 6 7 6"></path>
                    <circle cx="110" cy="398" r="12"></circle>
                    <text x="110" y="402.5">"6"</text>
                </g>
            </svg>
        </section>
    }
}

#[component]
fn Inside() -> impl IntoView {
    view! {
        <section class="inside" aria-labelledby="inside-title">
            <h2 id="inside-title">"What is inside"</h2>
            <ul class="cells">
                <li class="cell">
                    <p class="cell-figure">"0"</p>
                    <h3>"tokens kept in the browser"</h3>
                    <p>"One opaque 256-bit cookie. No token is ever in a cookie, in HTML or in a log."</p>
                </li>
                <li class="cell">
                    <p class="cell-figure">"1"</p>
                    <h3>"refresh at a time"</h3>
                    <p>"However many tabs and requests meet at the token's end, the provider is called once."</p>
                </li>
                <li class="cell">
                    <p class="cell-figure">"RS256"</p>
                    <h3>"and every claim checked"</h3>
                    <p>"Issuer, audience, nonce, times and session: both tokens, before they count."</p>
                </li>
                <li class="cell">
                    <p class="cell-figure">"AES-256-GCM"</p>
                    <h3>"sealed sessions"</h3>
                    <p>"In the session store, under a ring of keys. A copied database signs nobody in."</p>
                </li>
                <li class="cell">
                    <p class="cell-figure">"0 scripts"</p>
                    <h3>"needed to sign in"</h3>
                    <p>"Every page and form works before WebAssembly arrives, and without it."</p>
                </li>
                <li class="cell">
                    <p class="cell-figure">"1 command"</p>
                    <h3>"to a signed-in page"</h3>
                    <p>"After cloning: make run. The Scalekit emulator stands in until you have an account."</p>
                </li>
            </ul>
        </section>
    }
}
