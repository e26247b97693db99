//! The person's menu: who is signed in, their pages, sign-out; for anonymous visitors the way to sign in.
//!
//! A popover: without scripts, the browser opens it, closes it on Escape or a press outside, returns focus.

use leptos::{either::Either, prelude::*};

use super::{avatar::Avatar, sign_out::SignOut};
use crate::api::session::UserView;

/// The menu, while somebody is signed in.
#[component]
pub fn PersonMenu(
    /// Who is signed in.
    person: Signal<Option<UserView>>,
) -> impl IntoView {
    move || person.get().map(menu)
}

/// The end of a public page's header: a way into the application and the menu, or the way to sign in.
#[component]
pub fn PersonOrSignIn(
    /// Who is signed in.
    person: Signal<Option<UserView>>,
) -> impl IntoView {
    move || match person.get() {
        Some(user) => Either::Left(view! {
            <a class="button quiet" href="/dashboard">
                "Dashboard"
            </a>
            {menu(user)}
        }),
        None => Either::Right(view! {
            <a class="button quiet" href="/login">
                "Sign in"
            </a>
        }),
    }
}

/// A button with the person's picture and the menu that it opens.
fn menu(user: UserView) -> impl IntoView {
    let name = user.display_name.clone();
    let email = user.email.clone().filter(|email| *email != name);

    view! {
        <button type="button" class="user-button" popovertarget="user-menu" aria-label=["Account menu of ", &name].concat()>
            <Avatar user=user/>
            <span class="user-name">{name.clone()}</span>
        </button>
        <div id="user-menu" class="menu" popover>
            <p class="menu-person">
                <strong>{name}</strong>
                {email.map(|email| view! { <span>{email}</span> })}
            </p>
            <a class="menu-item" href="/dashboard">
                <svg class="icon" aria-hidden="true"><use href="#icon-dashboard"></use></svg>
                "Dashboard"
            </a>
            <a class="menu-item" href="/dashboard/profile">
                <svg class="icon" aria-hidden="true"><use href="#icon-person"></use></svg>
                "Profile"
            </a>
            <a class="menu-item" href="/dashboard/sessions">
                <svg class="icon" aria-hidden="true"><use href="#icon-devices"></use></svg>
                "Sessions"
            </a>
            <SignOut/>
        </div>
    }
}
