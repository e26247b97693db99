//! A form that first says what it will do.
//!
//! A popover, as the account menu is: the browser opens it, closes it on Escape and on a press outside, and returns the focus,
//! all of that without scripts; the form is a plain post. After hydration the page may do the same without a reload.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use crate::components::erase::Erase as _;

/// A button; the question that it opens; and in there the form's own button and a way back, which has the focus first.
#[component]
pub fn Confirm(
    /// The popover's id, one of its kind in the document.
    id: String,
    /// The words of both buttons.
    label: &'static str,
    /// What the first button is about, for those who hear it without its surroundings.
    #[prop(optional_no_strip)]
    about: Option<String>,
    /// What is asked.
    question: String,
    /// What will happen.
    consequence: &'static str,
    /// Where the form posts to.
    action: &'static str,
    /// The form's one field: name and value.
    #[prop(optional_no_strip)]
    field: Option<(&'static str, String)>,
    /// Called in place of the post once the page is hydrated.
    confirmed: Callback<()>,
) -> impl IntoView {
    let popover = NodeRef::<html::Div>::new();
    let close = |popover: &web_sys::HtmlElement| {
        // It fails only if the popover is closed already.
        let _ = popover.hide_popover();
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(popover) = popover.get_untracked() {
            close(&popover);
        }
        confirmed.run(());
    };
    // It is not modal: where the focus goes on behind it, it would stand in the way.
    let leave = move |event: web_sys::FocusEvent| {
        let goes_to = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        if let Some(popover) = popover.get_untracked()
            && goes_to.is_some_and(|element| !popover.contains(Some(&element)))
        {
            close(&popover);
        }
    };
    let (question_id, consequence_id) = ([&id, "-question"].concat(), [&id, "-consequence"].concat());

    view! {
        <button type="button" class="button" popovertarget=id.clone()>
            {label}
            {about.map(|about| view! { <span class="visually-hidden">": " {about}</span> })}
        </button>
        <div
            node_ref=popover
            id=id
            class="dialog"
            popover
            role="dialog"
            aria-labelledby=question_id
            aria-describedby=consequence_id
            on:focusout=leave
        >
            <h2 id=question_id.clone()>{question}</h2>
            <p id=consequence_id.clone()>{consequence}</p>
            <form class="actions" method="post" action=action on:submit=submit>
                {field.map(|(name, value)| view! { <input type="hidden" name=name value=value/> })}
                <button type="submit" class="button danger">
                    {label}
                </button>
                <button type="button" class="button" popovertarget=id.clone() popovertargetaction="hide" autofocus>
                    "Cancel"
                </button>
            </form>
        </div>
    }
    .erase()
}
