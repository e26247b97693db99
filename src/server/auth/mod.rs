//! Sign-in, sessions in use, refresh and sign-out: the flows, in the order in which a person meets them.
//!
//! - [`login`]: `GET /auth/login` makes an authorization request and sends the browser to Scalekit, forms by way of [`onward`].
//!   [`parameters`]: what it may be asked for. [`question`]: pages that ask first.
//! - [`attempt`]: the sealed cookie that remembers the request until the answer comes.
//! - [`callback`]: judges the answer, exchanges the code once, verifies the tokens, begins the session. [`exchanges`]: how many at once.
//!   [`answers`]: what became of those that come again.
//! - [`sessions`]: finds the session of a request and keeps it fresh. `activity`: notes that its person is there.
//! - [`refresh`]: refresh token rotation: one at a time per session, whoever asks, on whatever replica.
//! - [`ending`]: how sessions end before their time. [`logout`]: by sign-out, here and at Scalekit.
//!   [`in_flight`]: sign-ins that are under way meanwhile.
//! - [`backchannel_logout`]: `POST /auth/backchannel-logout` ends them by Scalekit's word.
//! - [`respond`]: the bodies of the server functions: these flows between request context and response.

mod activity;
pub mod answers;
pub mod attempt;
pub mod backchannel_logout;
pub mod callback;
pub mod ending;
pub mod exchanges;
pub mod in_flight;
pub mod login;
pub mod logout;
pub mod onward;
pub mod parameters;
pub mod question;
pub mod refresh;
pub mod respond;
pub mod sessions;
