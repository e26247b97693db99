//! Sign-in, sessions in use, refresh and sign-out: the flows, in the order in which a person meets them.
//!
//! - [`login`]: `GET /auth/login` makes an authorization request and sends the browser to Scalekit.
//! - [`attempt`]: the sealed cookie that remembers the request until the answer comes.
//! - [`callback`]: judges the answer, exchanges the code once, verifies the tokens, begins the session.
//! - [`sessions`]: finds the session of a request, keeps it fresh, ends it.
//! - [`refresh`]: refresh token rotation: one at a time per session, whoever asks.
//! - [`logout`]: ends the session here and at Scalekit.
//! - [`respond`]: the bodies of the server functions: these flows between request context and response.

pub mod attempt;
pub mod callback;
pub mod login;
pub mod logout;
pub mod refresh;
pub mod respond;
pub mod sessions;
