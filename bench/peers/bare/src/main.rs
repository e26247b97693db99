//! What for: the least that a dashboard can cost: an axum handler that answers the bytes of a file, with no
//! session, store or page.
//! Not here: anything else. `bench-bare PORT FILE`.

use std::{env, error::Error, fs};

use axum::{
    Router,
    body::Bytes,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    routing::get,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(port), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("bench-bare PORT FILE".into());
    };
    let page = Bytes::from(fs::read(file)?);
    let answer = move || {
        let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")];
        std::future::ready((headers, page.clone()))
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    axum::serve(listener, Router::new().route("/dashboard", get(answer))).await?;
    Ok(())
}
