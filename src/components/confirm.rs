//! A form that first says what it will do.
//!
//! A popover like the account menu: without scripts, the browser opens it, closes it on Escape or a press
//! outside, and returns focus; the form is a plain post. Once hydrated, the page needs no reload for it.

use leptos::prelude::*;

use super::browser;

/// What is said before and posted after.
pub struct Question {
    /// The popover's id, one of its kind in the document.
    pub id: String,
    /// The words of both buttons.
    pub label: &'static str,
    /// What the first button is about, for those who hear it without its surroundings.
    pub about: String,
    /// What is asked.
    pub question: String,
    /// What will happen.
    pub consequence: &'static str,
    /// Where the form posts to.
    pub action: &'static str,
    /// The value of the form's one field, `id`; the server ignores an empty one where it wants none.
    pub subject: String,
}

/// A button; the question that it opens; and in there the form's own button and a way back, which has the
/// focus first. `confirmed` is called in place of the post once the page is hydrated.
pub fn confirm(question: Question, confirmed: Box<dyn Fn() + Send>) -> impl IntoView {
    let Question { id, label, about, question, consequence, action, subject } = question;
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        browser::close_popover(&event);
        confirmed();
    };

    let spoken = [&question, " ", consequence].concat();

    view! {
        <button type="button" class="button" popovertarget=id.clone()>
            {label}
            <span class="visually-hidden">{about}</span>
        </button>
        <div id=id class="dialog" popover role="dialog" aria-label=spoken on:focusout=|event| browser::close_left_popover(&event)>
            <h2>{question}</h2>
            <p>{consequence}</p>
            <form class="actions" method="post" action=action on:submit=submit>
                <input type="hidden" name="id" value=subject/>
                <button type="submit" class="button danger">
                    {label}
                </button>
                <button type="button" class="button" popovertarget=id.clone() autofocus>
                    "Cancel"
                </button>
            </form>
        </div>
    }
}
