//! What a page loads before it shows: once, on the server if it comes from there, then put into the document.
//!
//! Made before anything is awaited, so that server and browser number the data alike. Blocking: the server
//! sends nothing before it is there, so that a redirect or a status can still be set. Shown by
//! [`once_loaded`].

use leptos::{
    prelude::*,
    serde_json,
    server::codee::{Decoder, Encoder},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{components::erase::Erase as _, error::AppError, lineage::Lineage};

/// Loaded once; `Copy`, so that it can be handed on.
pub type PageData<T> = OnceResource<Result<T, AppError>, JsonBytes>;

/// Starts to load what a page needs.
pub fn load<T>(answer: impl Future<Output = Result<T, AppError>> + Send + 'static) -> PageData<T>
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    OnceResource::new_with_options(answer, true)
}

/// Shows an answer once it is there; the server waits for it.
///
/// Not under a `<Suspense>`: on a busy server its bookkeeping now and then never learns that the answer has
/// come, and the request hangs (leptos#4578, leptos#4851; tests/http found it). A bare `Suspend` polls the
/// answer itself. It loses the surrounding contexts, so they are put back here.
pub fn once_loaded<T: Send + 'static>(
    answer: impl Future<Output = T> + Send + 'static,
    show: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    let lineage = Lineage::of_current_owner();
    Suspend::new(async move {
        let answer = answer.await;
        lineage.with(|| show(answer))
    })
    .erase()
}

/// JSON, read as server functions read their answers. Leptos' own codec reads text instead of bytes, for
/// which the compiler makes all readers a second time: 50 kB of code.
#[derive(Debug)]
pub struct JsonBytes;

impl<T: Serialize> Encoder<T> for JsonBytes {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, serde_json::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for JsonBytes {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, serde_json::Error> {
        serde_json::from_slice(text.as_bytes())
    }
}
