//! Documents that stand alone: one thought each, without the application and without hydration, so that they work wherever HTML does and
//! add nothing to what browsers load. The error document is beside the shell, in `app`.

use leptos::prelude::*;

use crate::{
    app::DocumentHead,
    components::{
        brand::{Brand, document_title},
        frame::SkipLink,
        icons::Drawings,
        theme_switch::ThemeSwitch,
    },
    site::SiteLinks,
};

/// Who is signed in, in words.
#[derive(Debug, Clone)]
pub struct SignedInAs {
    /// The person's name.
    pub person: String,
    /// The organization's, if it has one.
    pub organization: Option<String>,
}

/// A link.
#[derive(Debug, Clone)]
pub struct Way {
    /// Its words.
    pub label: &'static str,
    /// Where it leads.
    pub address: &'static str,
}

/// What a document asks or says.
#[derive(Debug, Clone)]
pub struct Question {
    /// The question.
    pub title: &'static str,
    /// Whom it concerns.
    pub signed_in_as: Option<SignedInAs>,
    /// What will happen.
    pub text: &'static str,
    /// Where the button's form posts to; without, there is no button.
    pub action: Option<&'static str>,
    /// The button's words.
    pub button: &'static str,
    /// What the form posts.
    pub fields: Vec<(String, String)>,
    /// Other ways on.
    pub ways: Vec<Way>,
}

/// A document with one question, one button and a way to leave everything as it is.
pub fn question_document(links: SiteLinks, question: Question) -> impl IntoView {
    let Question { title, signed_in_as, text, action, button, fields, ways } = question;
    let form = action.map(|action| {
        let fields = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
        view! {
            <form method="post" action=action>
                {fields.collect_view()}
                <button type="submit" class="button primary wide">
                    {button}
                </button>
            </form>
        }
    });

    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <title>{document_title(title)}</title>
                <DocumentHead links/>
            </head>
            <body>
                <div class="public">
                    <SkipLink/>
                    <header class="top">
                        <Brand/>
                        <ThemeSwitch/>
                    </header>
                    <main id="main" tabindex="-1">
                        <section class="card narrow question">
                            <h1>{title}</h1>
                            {signed_in_as.map(|who| view! { <Who who/> })}
                            <p>{text}</p>
                            {form}
                            {ways
                                .into_iter()
                                .map(|way| {
                                    view! {
                                        <a class="button wide" href=way.address>
                                            {way.label}
                                        </a>
                                    }
                                })
                                .collect_view()}
                        </section>
                    </main>
                </div>
                <Drawings/>
            </body>
        </html>
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

/// A document that goes on to `address` by itself, with a link for whom it does not.
pub fn onward_document(links: SiteLinks, address: String) -> impl IntoView {
    let refresh = ["0; url=", &address].concat();

    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <title>{document_title("Sign in")}</title>
                <DocumentHead links/>
                <meta http-equiv="refresh" content=refresh/>
            </head>
            <body>
                <div class="public onward">
                    <header class="top">
                        <Brand/>
                    </header>
                    <main id="main">
                        <section class="problem">
                            <h1>"On to sign-in"</h1>
                            <p>"The sign-in page opens by itself."</p>
                            <p class="actions">
                                <a class="button primary" href=address>
                                    "Continue"
                                </a>
                            </p>
                        </section>
                    </main>
                </div>
                <Drawings/>
            </body>
        </html>
    }
}
