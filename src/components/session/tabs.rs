//! What the tabs of one browser tell each other: that somebody signed in or out. Words only, no data: each tab asks the
//! server itself.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// When a tab that heard of a sign-out asks the server: the post may still be under way, so it asks more than once.
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

/// This tab's end of the channel. One object for sending and hearing: a second one would hear what the first one says.
#[derive(Clone, Copy)]
pub struct Tabs(StoredValue<Option<BroadcastChannel>, LocalStorage>);

impl Tabs {
    /// Not connected yet, as on the server.
    #[must_use]
    pub fn unconnected() -> Self {
        Self(StoredValue::new_local(None))
    }

    /// Starts to listen, until the current owner is cleaned up. A browser without channels never hears anything; focus
    /// and the refresh timer still tell it.
    pub fn listen(self, hear: impl Fn(News) + 'static) {
        let Ok(channel) = BroadcastChannel::new(CHANNEL) else {
            return;
        };
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            match message.data().as_string().as_deref() {
                Some(SIGNED_IN) => hear(News::SignedIn),
                Some(SIGNED_OUT) => hear(News::SignedOut),
                _ => {}
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        self.0.set_value(Some(channel));
        // The closure belongs to the page, as the channel does; closing the channel silences it.
        on_message.forget();
        on_cleanup(move || {
            self.0.try_update_value(|channel| channel.take().map(|channel| channel.close()));
        });
    }

    /// Tells the other tabs.
    pub fn tell(self, news: News) {
        let word = match news {
            News::SignedIn => SIGNED_IN,
            News::SignedOut => SIGNED_OUT,
        };
        self.0.try_with_value(|channel| channel.as_ref().map(|channel| channel.post_message(&JsValue::from_str(word))));
    }
}
