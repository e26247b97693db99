//! What lives on a page: reactive components that the server draws and the browser's half draws anew in the
//! same place, where they go on with the document's session.
//!
//! - [`person_menu`]: who is signed in, their pages, sign-out; or the way to sign in.
//! - [`session_ring`], [`session_notice`]: the session's time, its refresh, and what the watcher has to say.
//! - [`confirmation`]: a form that first says what it will do. [`work_email`]: the sign-in form.
//! - [`places`]: which island stands where, and how the browser takes over.
//! - Pieces of theirs, which pages use too: [`avatar`], [`sign_out`], [`time_text`].
//!
//! Drawn anew, not hydrated: whatever translators, extensions or proxies did to the server's drawing, it is
//! not looked at (docs/decisions/0013-islands.md). Until then, and if it never happens, the drawing's links
//! and forms work. Pages, and what only they show, are no islands: browsers load none of it.

pub mod avatar;
pub mod confirmation;
pub mod person_menu;
pub mod places;
pub mod session_notice;
pub mod session_ring;
pub mod sign_out;
pub mod time_text;
pub mod work_email;
