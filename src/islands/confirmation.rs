//! A form that first says what it will do, here: the end of a session in the list.
//!
//! A popover like the account menu: without scripts, the browser opens it, closes it on Escape or a press
//! outside, and returns focus; the form is a plain post. Once the browser's half has taken over, it calls the
//! function in place of the post, and the page needs no reload: what has ended leaves the list.

use leptos::{prelude::*, task::spawn_local};
use web_sys::HtmlElement;

use crate::{
    access::function,
    browser::{
        self,
        call::{CallError, call},
        watcher::Watcher,
    },
};

/// What is to be ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// One session.
    One {
        /// How the server calls it.
        id: String,
        /// How people call its device.
        device: String,
        /// Whether it is a session of this application.
        here: bool,
    },
    /// All sessions but the one that asks.
    Others,
}

impl Ending {
    /// As text, for the browser's half.
    #[must_use]
    pub fn about(&self) -> String {
        match self {
            Self::One { id, device, here: true } => ["here ", id, " ", device].concat(),
            Self::One { id, device, here: false } => ["elsewhere ", id, " ", device].concat(),
            Self::Others => String::new(),
        }
    }

    /// What [`Ending::about`] has written.
    #[must_use]
    pub fn read(about: &str) -> Self {
        let mut words = about.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some(whose), Some(id), Some(device)) => {
                Self::One { id: id.to_owned(), device: device.to_owned(), here: whose == "here" }
            }
            _ => Self::Others,
        }
    }

    const fn function(&self) -> &'static str {
        match self {
            Self::One { .. } => "end_session",
            Self::Others => "end_other_sessions",
        }
    }

    const fn action(&self) -> &'static str {
        match self {
            Self::One { .. } => function!("end_session"),
            Self::Others => function!("end_other_sessions"),
        }
    }

    fn id(&self) -> &str {
        match self {
            Self::One { id, .. } => id,
            Self::Others => "",
        }
    }

    const fn consequence(&self) -> &'static str {
        match self {
            Self::One { here: true, .. } => "That device is signed out of this application at once.",
            Self::One { here: false, .. } => {
                "The sign-in on that device is ended. The application that is used there asks to sign in again as \
                 soon as it notices."
            }
            Self::Others => "Every device but this one is signed out of this application at once.",
        }
    }

    fn question(&self) -> String {
        match self {
            Self::One { device, .. } => ["End the session of ", device, "?"].concat(),
            Self::Others => "End all other sessions?".to_owned(),
        }
    }

    fn done(&self) -> String {
        match self {
            Self::One { device, .. } => ["Signed out ", device, "."].concat(),
            Self::Others => OTHERS_ENDED.to_owned(),
        }
    }
}

/// Says that all other sessions were ended.
pub const OTHERS_ENDED: &str = "All other sessions were ended.";

/// A button; the question that it opens; and in there the form's own button and a way back, which has the
/// focus first.
#[component]
pub fn Confirmation(
    /// What is to be ended.
    ending: Ending,
) -> impl IntoView {
    let watcher = use_context::<Watcher>();
    let failure = RwSignal::new("");
    let question = ending.question();
    let (label, device) = match &ending {
        Ending::One { device, .. } => ("End session", [": ", device].concat()),
        Ending::Others => ("End all other sessions", String::new()),
    };
    // One of its kind in the document, as sessions' names are.
    let popover = ["end-", if ending == Ending::Others { "others" } else { ending.id() }].concat();
    let (opens, closes) = (popover.clone(), popover.clone());
    let spoken = [&question, " ", ending.consequence()].concat();
    let (action, consequence, id) = (ending.action(), ending.consequence(), ending.id().to_owned());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        browser::close_popover(&event);
        if let (Some(place), Some(watcher)) = (browser::element_around(&event, "[data-island]"), watcher) {
            spawn_local(end(ending.clone(), place, failure, watcher));
        }
    };

    view! {
        <button type="button" class="button" popovertarget=opens>
            {label}
            <span class="visually-hidden">{device}</span>
        </button>
        <div id=popover class="dialog" popover role="dialog" aria-label=spoken on:focusout=|event| browser::close_left_popover(&event)>
            <h2>{question}</h2>
            <p>{consequence}</p>
            <form class="actions" method="post" action=action on:submit=submit>
                <input type="hidden" name="id" value=id/>
                <button type="submit" class="button danger">
                    {label}
                </button>
                <button type="button" class="button" popovertarget=closes autofocus>
                    "Cancel"
                </button>
            </form>
        </div>
        {move || (!failure.get().is_empty()).then(|| view! { <p class="failure" role="alert">{failure}</p> })}
    }
}

/// Ends what is to be ended and shows what came of it. An ending that is asked for twice is no error.
async fn end(ending: Ending, place: HtmlElement, failure: RwSignal<&'static str>, watcher: Watcher) {
    failure.set("");
    // Names of sessions need no encoding.
    let answer = call(ending.function(), &["id=", ending.id()].concat()).await;
    match answer {
        Ok(_) => leave_list(&ending, &place),
        Err(error) => {
            failure.set("That did not work. Try again in a moment.");
            if error == CallError::Unauthenticated {
                // This device's own session has ended: the watcher says so.
                watcher.refresh().await;
            }
        }
    }
}

/// Takes what has ended out of the page's list, which the server drew.
fn leave_list(ending: &Ending, place: &HtmlElement) {
    let Ok(Some(list)) = place.closest(".session-list") else { return };
    if let Ok(Some(heading)) = list.query_selector("h2")
        && list.matches(":focus-within").unwrap_or(false)
        && let Ok(heading) = wasm_bindgen::JsCast::dyn_into::<HtmlElement>(heading)
    {
        // While the row with the focus is still there. It fails only on an element that can't take the focus.
        let _ = heading.focus();
    }
    let is_gone = |row: &HtmlElement| *ending == Ending::Others || row.contains(Some(place));
    for row in browser::elements(".device.other").filter(is_gone) {
        row.set_hidden(true);
    }
    if browser::elements(".device.other:not([hidden])").next().is_none() {
        // It can't fail with a name without spaces.
        let _ = list.class_list().add_1("alone");
    }
    for said in browser::elements(".said") {
        said.set_text_content(Some(&ending.done()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_ended_arrives_in_the_browser_as_the_server_wrote_it() {
        for here in [true, false] {
            let one = Ending::One { id: "a.b".to_owned(), device: "Safari on iOS".to_owned(), here };
            assert_eq!(Ending::read(&one.about()), one);
        }
        assert_eq!(Ending::read(&Ending::Others.about()), Ending::Others);
    }
}
