//! What pages share. Components show view models and call server functions; they know nothing of the server.
//!
//! - [`session`]: who is signed in, as the browser knows it: the guard for client-side navigation and the
//!   watcher that keeps a session fresh and notices its end.
//! - [`frame`]: header, rail, main and footer around every page; [`user_menu`] is its person.
//! - [`page_data`]: what a page loads before it is shown.
//! - [`problem`]: how an [`AppError`](crate::error::AppError) looks, as a whole page or as part of one.
//! - [`links`]: addresses with parameters: the sign-in page and the start of a sign-in.
//! - [`sign_out`]: the sign-out form; [`confirm`]: a form that first says what it will do.
//! - [`browser`]: the few calls to the browser that the others need.
//! - The rest are small pieces: [`avatar`], [`brand`], [`copy_button`], [`icons`], [`session_ring`],
//!   [`skip_link`], [`theme_switch`], [`time_text`].
//!
//! All of it compiles for server and browser alike. What only a browser can do stands in effects and event
//! handlers, which never run on the server.

pub mod avatar;
pub mod brand;
pub mod browser;
pub mod confirm;
pub mod copy_button;
pub mod erase;
pub mod frame;
pub mod icons;
pub mod links;
pub mod page_data;
pub mod problem;
pub mod session;
pub mod session_ring;
pub mod sign_out;
pub mod skip_link;
pub mod theme_switch;
pub mod time_text;
pub mod user_menu;
