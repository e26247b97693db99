//! The names under which the layers count, through the facade of the `metrics` crate: until somebody installs
//! a recorder, counting costs nothing and goes nowhere.

/// Requests answered: a counter by `route` (the router's pattern) and `status`. A client that went away has
/// status 499.
pub const REQUESTS: &str = "http_requests_total";

/// Seconds from a request's head to its answer's: a histogram by `route`.
pub const REQUEST_DURATION: &str = "http_request_duration_seconds";

/// Requests refused because they were one too many: a counter by `class`.
pub const RATE_LIMITED: &str = "http_requests_rate_limited_total";
