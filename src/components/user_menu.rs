//! The person's menu: who is signed in, their pages, sign-out.
//!
//! A popover: without scripts, the browser opens it, closes it on Escape or a press outside, returns focus.

use crate::components::erase::Erase as _;
use leptos::prelude::*;

use super::{avatar::Avatar, sign_out::SignOut};
use crate::api::session::UserView;

/// A button with the person's picture and the menu that it opens.
#[component]
pub fn UserMenu(
    /// The signed-in person.
    user: UserView,
) -> impl IntoView {
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
    .erase()
}
