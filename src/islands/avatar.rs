//! The person's picture over their initials: if it is missing or blocked, the initials show
//! (`public/page.js` takes a broken picture away).

use leptos::prelude::*;

use crate::api::session::UserView;

/// A round picture. Purely decorative: the name always stands beside it.
#[component]
pub fn Avatar(
    /// Whose picture.
    user: UserView,
) -> impl IntoView {
    view! {
        <span class="avatar" aria-hidden="true">
            {user.initials}
            {user.picture.map(|address| view! { <img src=address alt="" referrerpolicy="no-referrer"/> })}
        </span>
    }
}
