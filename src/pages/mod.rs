//! One page a file, and the route of each. A page reads view models through server functions and shows them;
//! it decides nothing: who may open it stands in the table of `access`, and the server enforces it.
//!
//! The parts of each file are the same: the page component (its data first, then frame and content), then its
//! pieces. Data is asked for before anything is awaited, so that server and browser number them alike.

pub mod callback;
pub mod dashboard;
pub mod landing;
pub mod logged_out;
pub mod login;
pub mod not_found;
pub mod profile;
pub mod sessions;

use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route},
    path,
};

use self::{
    callback::Callback, dashboard::Dashboard, landing::Landing, logged_out::LoggedOut, login::Login,
    not_found::NotFound, profile::Profile, sessions::Sessions,
};

/// Each page's route. `SsrMode::Async`: sent complete, to work without scripts and set status and headers.
#[component]
pub fn Pages() -> impl IntoView {
    view! {
        <FlatRoutes fallback=NotFound>
            <Route path=path!("/") view=Landing ssr=SsrMode::Async/>
            <Route path=path!("/login") view=Login ssr=SsrMode::Async/>
            <Route path=path!("/logged-out") view=LoggedOut ssr=SsrMode::Async/>
            <Route path=path!("/auth/callback") view=Callback ssr=SsrMode::Async/>
            <Route path=path!("/dashboard") view=Dashboard ssr=SsrMode::Async/>
            <Route path=path!("/dashboard/profile") view=Profile ssr=SsrMode::Async/>
            <Route path=path!("/dashboard/sessions") view=Sessions ssr=SsrMode::Async/>
        </FlatRoutes>
    }
}
