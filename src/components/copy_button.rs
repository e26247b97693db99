//! Copies an identifier. Hidden by CSS where scripts are off.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::browser;

/// A button that copies `value` and says so to eyes and ears alike.
#[component]
pub fn CopyButton(
    /// What is copied.
    value: String,
    /// Says what it is, such as `Copy user id`.
    label: &'static str,
) -> impl IntoView {
    let message = RwSignal::new("");
    let copy = move |_| {
        let value = value.clone();
        spawn_local(async move {
            let outcome = browser::copy(&value).await;
            message.try_set(if outcome.is_ok() { "Copied" } else { "Copying is blocked" });
            set_timeout(
                move || {
                    message.try_set("");
                },
                Duration::from_secs(2),
            );
        });
    };

    view! {
        <button type="button" class="copy icon-button needs-scripts" class:copied=move || message.get() == "Copied" aria-label=label on:click=copy>
            <span class="copy-before">
                <svg class="icon" aria-hidden="true"><use href="#icon-copy"></use></svg>
            </span>
            <span class="copy-after">
                <svg class="icon" aria-hidden="true"><use href="#icon-check"></use></svg>
            </span>
        </button>
        <span class="copy-message" class:shown=move || !message.get().is_empty() role="status">
            {message}
        </span>
    }
}
