//! Sign-in and sign-out: the flows, in the order in which a person meets them. Sessions in use, their refresh
//! and their end are in `scalekit-sessions`.
//!
//! - [`login`]: `GET /auth/login` makes an authorization request and sends the browser to Scalekit, forms by
//!   way of [`onward`]. [`parameters`]: what it may be asked for. [`question`]: pages that ask first.
//! - [`callback`]: brings the answer to the engine, and what comes of it to the browser's cookies.
//! - [`logout`]: ends the session, here and at Scalekit. [`backchannel_logout`]: `POST
//!   /auth/backchannel-logout` ends them by Scalekit's word.
//! - [`respond`]: the bodies of the server functions: these flows between request context and response.

pub mod backchannel_logout;
pub mod callback;
pub mod login;
pub mod logout;
pub mod onward;
pub mod parameters;
pub mod question;
pub mod respond;
