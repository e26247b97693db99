#![doc = include_str!("../README.md")]

pub mod client;
pub mod headers;
pub mod last_resort;
pub mod log;
pub mod rate_limit;
pub mod referer;
mod refusal;
pub mod series;
pub mod serve;
pub mod site;

pub use refusal::Refusal;
