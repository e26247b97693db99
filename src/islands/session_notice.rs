//! What people see of the watcher: a line while the connection is bad, a dialog once the session is over.

use leptos::{html, prelude::*};

use crate::{
    browser::{self, notice::Notice},
    links::sign_in_page_after_expiry,
};

/// A live region from the start, so that screen readers hear of changes, and the dialog when it is needed.
#[component]
pub fn SessionNotice(
    /// What to tell.
    #[prop(into)]
    notice: Signal<Notice>,
) -> impl IntoView {
    view! {
        <div class="session-notice" role="status">
            {move || {
                (notice.get() == Notice::Retrying)
                    .then(|| {
                        view! {
                            <p class="notice-line">
                                <svg class="icon" aria-hidden="true"><use href="#icon-warning"></use></svg>
                                "You are still signed in. The connection has a problem; this page keeps trying, and this note goes away by itself."
                            </p>
                        }
                    })
            }}
        </div>
        {move || (notice.get() == Notice::Ended).then(|| view! { <SessionEnded/> })}
    }
}

/// Modal, since nothing on the page behind it can be used any more; it can't be dismissed, only followed.
#[component]
fn SessionEnded() -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let open = move || {
        if let Some(dialog) = dialog.get() {
            // It fails only if the dialog is open already.
            let _ = dialog.show_modal();
        }
    };
    Effect::new(move |_| open());

    view! {
        // Browsers let a repeated Escape close any dialog: then it opens again.
        <dialog
            node_ref=dialog
            class="dialog"
            aria-labelledby="session-ended-title"
            on:cancel=|event: web_sys::Event| event.prevent_default()
            on:close=move |_| open()
        >
            <h2 id="session-ended-title">"Your session has ended"</h2>
            <p>"Sign in again to go on where you were."</p>
            <a class="button primary" href=sign_in_page_after_expiry(&browser::current_address())>
                "Sign in"
            </a>
        </dialog>
    }
}
