//! stub
use leptos::prelude::*;
use crate::error::AppError;
/// x
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access { /// x
Public, /// x
SignedIn, /// x
Permission(&'static str) }
/// x
#[derive(Debug, Clone, Copy)]
pub struct Page { /// x
pub path: &'static str, /// x
pub access: Access }
/// x
pub const PAGES: &[Page] = &[];
/// x
pub struct ErrorPage { /// x
pub error: AppError, /// x
pub request_id: Option<String>, /// x
pub retry: Option<String> }
/// x
pub fn error_document(page: ErrorPage) -> impl IntoView { view! { <p>{page.error.title()}</p> } }
/// x
pub fn shell(_o: LeptosOptions) -> impl IntoView { view! { <App/> } }
/// x
#[component]
pub fn App() -> impl IntoView { view! { <p>"hi"</p> } }
