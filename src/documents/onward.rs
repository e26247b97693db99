//! A document that goes on to another address by itself, with a link for whom it does not.

use leptos::prelude::*;

use super::Document;
use crate::site::SiteLinks;

/// On to `address`, where people sign in.
pub fn onward_document(links: SiteLinks, address: String) -> impl IntoView {
    let refresh = ["0; url=", &address].concat();
    let head = view! { <meta http-equiv="refresh" content=refresh/> }.into_any();

    view! {
        <Document links title="Sign in" class="public onward" head=Some(head)>
            <section class="problem">
                <h1>"On to sign-in"</h1>
                <p>"The sign-in page opens by itself."</p>
                <p class="actions">
                    <a class="button primary" href=address>
                        "Continue"
                    </a>
                </p>
            </section>
        </Document>
    }
}
