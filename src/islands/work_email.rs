//! The sign-in form: finds the organization's own sign-in by the address's domain. The browser checks the
//! address; once the browser's half has taken over, its complaint stands beside the field.

use leptos::prelude::*;

/// The form.
#[component]
pub fn WorkEmail(
    /// Where the sign-in leads back to; empty if the server chooses.
    return_to: String,
) -> impl IntoView {
    let complaint = RwSignal::new("");

    view! {
        <form class="work-email" method="get" action="/auth/login">
            // Its answer is a page that goes on to the provider, not a redirect.
            <input type="hidden" name="by" value="form"/>
            {(!return_to.is_empty()).then(|| view! { <input type="hidden" name="return_to" value=return_to/> })}
            <label for="work-email">"Work e-mail"</label>
            <input
                id="work-email"
                type="email"
                name="login_hint"
                autocomplete="username"
                placeholder="you@company.com"
                required
                aria-describedby="work-email-complaint"
                aria-invalid=move || (!complaint.get().is_empty()).then_some("true")
                on:invalid=move |event| {
                    event.prevent_default();
                    complaint.set("Enter an e-mail address, such as you@company.com.");
                }
                on:input=move |_| complaint.set("")
            />
            <p id="work-email-complaint" class="complaint" aria-live="polite">
                {complaint}
            </p>
            <button type="submit" class="button primary wide">
                "Continue"
                <svg class="icon" aria-hidden="true"><use href="#icon-arrow"></use></svg>
            </button>
        </form>
    }
}
