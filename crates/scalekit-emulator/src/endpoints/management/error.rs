//! Errors of the management API.
//!
//! What for: the body of Scalekit's gateway (scalekit-api §13.1), with the gRPC number in `code`.
//! Not here: faults, which write the same shape themselves (`crate::faults`).
//! Called by: `management`.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{UnknownInDirectory, world::World};

/// Why a call was refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GatewayError {
    status: StatusCode,
    code: u8,
    name: &'static str,
    message: String,
}

impl GatewayError {
    pub(super) fn invalid_argument(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: 3, name: "INVALID_ARGUMENT", message: message.into() }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: 5, name: "NOT_FOUND", message: message.into() }
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, code: 7, name: "PERMISSION_DENIED", message: message.into() }
    }

    pub(super) fn unauthenticated(message: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, code: 16, name: "UNAUTHENTICATED", message: message.into() }
    }

    /// The response, counted as an outcome.
    pub(super) fn answer(self, world: &mut World) -> Response {
        world.counters.count_outcome(format!("management.{}", self.name.to_ascii_lowercase()));
        let body = json!({
            "code": self.code,
            "message": self.message,
            "details": [{ "@type": "type.googleapis.com/scalekit.v1.errdetails.ErrorInfo", "error_code": self.name }],
        });
        (self.status, Json(body)).into_response()
    }
}

impl From<UnknownInDirectory> for GatewayError {
    fn from(unknown: UnknownInDirectory) -> Self {
        Self::not_found(unknown.to_string())
    }
}
