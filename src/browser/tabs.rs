//! What a browser's tabs tell each other: that somebody signed in or out. No data: each asks the server.

use std::{cell::RefCell, time::Duration};

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// When a tab that heard of a sign-out asks the server: more than once, as the post may still be under way.
pub const LOOK_AFTER_SIGN_OUT: [Duration; 4] =
    [Duration::from_millis(300), Duration::from_secs(1), Duration::from_millis(2_500), Duration::from_secs(6)];

/// The channel's name; the end-to-end tests use it too.
const CHANNEL: &str = "leptos-scalekit-session";
const SIGNED_IN: &str = "signed-in";
const SIGNED_OUT: &str = "signed-out";

/// What happened in another tab.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Somebody signed in.
    SignedIn,
    /// The session was, or is about to be, ended.
    SignedOut,
}

thread_local! {
    /// This tab's end of the channel. One object for sending and hearing: a second one would hear what the
    /// first one says. It belongs to the document, not to a view, and never exists on the server (where a
    /// browser's object, dropped by another thread than the one that made it, would panic).
    static OPEN_CHANNEL: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
}

/// Starts to listen, until the current owner is cleaned up. A browser without channels never hears anything;
/// focus and the refresh timer still tell it.
pub fn listen(hear: impl Fn(News) + 'static) {
    let Ok(channel) = BroadcastChannel::new(CHANNEL) else { return };
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
        match message.data().as_string().as_deref() {
            Some(SIGNED_IN) => hear(News::SignedIn),
            Some(SIGNED_OUT) => hear(News::SignedOut),
            _ => {}
        }
    });
    channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The closure lives as long as the document; closing the channel silences it.
    on_message.forget();
    OPEN_CHANNEL.set(Some(channel));
    on_cleanup(|| {
        if let Some(channel) = OPEN_CHANNEL.take() {
            channel.close();
        }
    });
}

/// Tells the other tabs; also before this one listens.
pub fn tell(news: News) {
    let word = match news {
        News::SignedIn => SIGNED_IN,
        News::SignedOut => SIGNED_OUT,
    };
    let channel = OPEN_CHANNEL.with_borrow(Clone::clone).or_else(|| BroadcastChannel::new(CHANNEL).ok());
    if let Some(channel) = channel {
        // A message that can't be sent is not missed: the other tabs look when they come to the front.
        let _ = channel.post_message(&JsValue::from_str(word));
    }
}
