//! The person's picture over their initials: if it is missing or blocked, the initials show, scripts or not.

use leptos::{html, prelude::*};

use crate::api::session::UserView;

/// A round picture. Purely decorative: the name always stands beside it.
#[component]
pub fn Avatar(
    /// Whose picture.
    user: UserView,
) -> impl IntoView {
    let image = NodeRef::<html::Img>::new();
    let broken = RwSignal::new(false);
    // The picture may have failed before hydration, when nobody listened.
    Effect::new(move |_| {
        if let Some(image) = image.get()
            && image.complete()
            && image.natural_width() == 0
        {
            broken.set(true);
        }
    });

    view! {
        <span class="avatar" aria-hidden="true">
            {user.initials}
            {user
                .picture
                .map(|address| {
                    view! {
                        <img
                            node_ref=image
                            src=address
                            alt=""
                            referrerpolicy="no-referrer"
                            hidden=broken
                            on:error=move |_| broken.set(true)
                        />
                    }
                })}
        </span>
    }
}
