//! Calls of server functions by the browser's half: posted as they expect it, answers as plain values.
//!
//! A server function called by its own name does the same with all its types: what reads and writes them
//! weighs more than everything here together (docs/decisions/0013-islands.md). A team's own islands call
//! theirs by name.

use js_sys::{JSON, Reflect, futures::JsFuture};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, RequestInit, Response};

use crate::access::FUNCTIONS;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallError {
    /// Nobody is signed in any more.
    Unauthenticated,
    /// Anything else: the server or the net, for now.
    Failed,
}

/// Calls the function `name` with `arguments`, a form's `name=value` pairs.
///
/// # Errors
/// [`CallError`]; how the answer explains itself is not looked at.
pub async fn call(name: &str, arguments: &str) -> Result<JsValue, CallError> {
    let answer = post(name, arguments).await.map_err(|_| CallError::Failed)?;
    match answer.status() {
        401 => Err(CallError::Unauthenticated),
        200 => read(&answer).await.map_err(|_| CallError::Failed),
        _ => Err(CallError::Failed),
    }
}

async fn post(name: &str, arguments: &str) -> Result<Response, JsValue> {
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_body(&JsValue::from_str(arguments));
    let request = Request::new_with_str_and_init(&[FUNCTIONS, name].concat(), &options)?;
    request.headers().set("content-type", "application/x-www-form-urlencoded")?;
    request.headers().set("accept", "application/json")?;
    JsFuture::from(window().fetch_with_request(&request).unchecked_into::<js_sys::Promise>()).await?.dyn_into()
}

async fn read(answer: &Response) -> Result<JsValue, JsValue> {
    let text = JsFuture::from(answer.text()?.unchecked_into::<js_sys::Promise>()).await?;
    JSON::parse(&text.as_string().unwrap_or_default())
}

/// A member of an answer; undefined if there is none.
#[must_use]
pub fn member(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}
