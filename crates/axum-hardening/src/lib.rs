#![warn(missing_docs)]
#![doc = include_str!("../README.md")]

pub mod client;
pub mod cookies;
pub mod cross_site;
pub mod headers;
pub mod last_resort;
pub mod log;
pub mod navigation;
pub mod rate_limit;
pub mod referer;
mod refusal;
pub mod return_to;
pub mod series;
pub mod serve;
pub mod site;

pub use refusal::Refusal;
