//! Documents that ask before something happens to the session: whether a link from elsewhere may lead to
//! another account, whether a link to sign out was meant. One question, and one button that is a form of this
//! site: no other site can press it.

use leptos::prelude::*;

use super::Document;
use crate::{access::function, site::SiteLinks};

/// Who is signed in, in words.
#[derive(Debug, Clone)]
pub struct SignedInAs {
    pub person: String,
    /// The organization's, if it has one.
    pub organization: Option<String>,
}

/// What a document asks or says.
#[derive(Debug, Clone)]
pub struct Question {
    title: &'static str,
    signed_in_as: Option<SignedInAs>,
    text: &'static str,
    button: Option<Button>,
    ways: &'static [Way],
}

/// A form with nothing to enter.
#[derive(Debug, Clone)]
struct Button {
    label: &'static str,
    action: &'static str,
    fields: Vec<(String, String)>,
}

/// A link.
#[derive(Debug, Clone, Copy)]
struct Way {
    label: &'static str,
    address: &'static str,
}

/// Where people go who stay as they are.
const STAY: Way = Way { label: "Stay signed in", address: "/dashboard" };

impl Question {
    /// Whether a sign-in begun elsewhere is to go on. The button asks for `fields`, as the link did.
    #[must_use]
    pub fn go_on(signed_in_as: SignedInAs, fields: Vec<(String, String)>) -> Self {
        Self {
            title: "Go on to another account or organization?",
            signed_in_as: Some(signed_in_as),
            text: "A link from another place leads to a new sign-in. It may replace this session. \
                   If you did not expect that, stay signed in as you are.",
            button: Some(Button { label: "Go on to sign-in", action: "/auth/login", fields }),
            ways: &[STAY],
        }
    }

    /// Whether to sign out; also while nobody can tell who is signed in.
    #[must_use]
    pub fn sign_out(signed_in_as: Option<SignedInAs>) -> Self {
        Self {
            title: "Sign out?",
            signed_in_as,
            text: "This ends your session here and at the sign-in service.",
            button: Some(Button { label: "Sign out", action: function!("logout"), fields: Vec::new() }),
            ways: &[STAY],
        }
    }

    /// No question: there is nothing to sign out of.
    #[must_use]
    pub fn nobody_is_signed_in() -> Self {
        Self {
            title: "You are not signed in",
            signed_in_as: None,
            text: "There is no session to end in this browser.",
            button: None,
            ways: &[Way { label: "Sign in", address: "/login" }, Way { label: "Start page", address: "/" }],
        }
    }
}

/// The document.
pub fn question_document(links: SiteLinks, question: Question) -> impl IntoView {
    let Question { title, signed_in_as, text, button, ways } = question;
    let way = |way: &Way| {
        view! {
            <a class="button wide" href=way.address>
                {way.label}
            </a>
        }
    };

    view! {
        <Document links title>
            <section class="card narrow question">
                <h1>{title}</h1>
                {signed_in_as.map(|who| view! { <Who who/> })}
                <p>{text}</p>
                {button.map(|button| view! { <OneButton button/> })}
                {ways.iter().map(way).collect_view()}
            </section>
        </Document>
    }
}

#[component]
fn OneButton(button: Button) -> impl IntoView {
    let Button { label, action, fields } = button;
    let fields = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! {
        <form method="post" action=action>
            {fields.collect_view()}
            <button type="submit" class="button primary wide">
                {label}
            </button>
        </form>
    }
}

#[component]
fn Who(who: SignedInAs) -> impl IntoView {
    let SignedInAs { person, organization } = who;
    view! {
        <p class="remark">
            "You are signed in as "
            <strong>{person}</strong>
            {organization.map(|organization| view! { " of " <strong>{organization}</strong> })}
            "."
        </p>
    }
}
