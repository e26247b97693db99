//! One page of a person's sessions.
//!
//! What for: filters and page tokens (scalekit-api §13.2). A token names the session next to the page, so
//! sessions that begin between two calls move nothing. Not here: the filters `filter.start_time` and
//! `filter.end_time`; the emulator refuses them. Called by: `sessions::list`.

use std::cmp::Reverse;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::error::GatewayError;
use crate::{
    objects::{self, Status},
    world::{World, sessions::Session},
};

const DEFAULT_SIZE: usize = 10;
const LARGEST_SIZE: usize = 100;

/// What a call asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    size: usize,
    start: Start,
    /// Any of these; none means every session.
    statuses: Vec<Status>,
}

/// Where the page is. Sessions are numbered as they begin; the newest come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Newest,
    OlderThan(u64),
    NewerThan(u64),
}

impl Page {
    /// Reads the query string.
    pub(super) fn parse(query: &str) -> Result<Self, GatewayError> {
        let mut page = Self { size: DEFAULT_SIZE, start: Start::Newest, statuses: Vec::new() };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "page_size" => page.size = parse_size(&value)?,
                "page_token" => page.start = Start::parse(&value)?,
                "filter.status" => page.statuses.push(Status::named(&value).ok_or_else(|| {
                    GatewayError::invalid_argument(format!("filter.status is {value}, which is no status"))
                })?),
                _ => return Err(GatewayError::invalid_argument(format!("the emulator does not know {name}"))),
            }
        }
        Ok(page)
    }

    /// The answer.
    pub(super) fn show(&self, world: &World, user: &str) -> Value {
        let mut sessions: Vec<&Session> =
            world.sessions.values().filter(|session| session.user == user && self.takes(world, session)).collect();
        sessions.sort_by_key(|session| Reverse(session.number));
        let (first, last) = match self.start {
            Start::Newest => (0, self.size),
            Start::OlderThan(number) => {
                let first = sessions.partition_point(|session| session.number >= number);
                (first, first.saturating_add(self.size))
            }
            Start::NewerThan(number) => {
                let last = sessions.partition_point(|session| session.number > number);
                (last.saturating_sub(self.size), last)
            }
        };
        let last = last.min(sessions.len());
        let on_page = sessions.get(first..last).unwrap_or_default();
        let next = on_page.last().filter(|_| last < sessions.len()).map(|session| Start::OlderThan(session.number));
        let previous = on_page.first().filter(|_| first > 0).map(|session| Start::NewerThan(session.number));
        json!({
            "sessions": on_page.iter().map(|session| objects::session(world, session)).collect::<Vec<_>>(),
            "next_page_token": next.map(Start::token).unwrap_or_default(),
            "prev_page_token": previous.map(Start::token).unwrap_or_default(),
            "total_size": sessions.len(),
        })
    }

    fn takes(&self, world: &World, session: &Session) -> bool {
        self.statuses.is_empty() || self.statuses.contains(&objects::status(world, session))
    }
}

/// Zero and nothing mean the default, as everywhere in Protocol Buffers.
fn parse_size(text: &str) -> Result<usize, GatewayError> {
    match text.parse() {
        Ok(0) => Ok(DEFAULT_SIZE),
        Ok(size) if size <= LARGEST_SIZE => Ok(size),
        _ if text.is_empty() => Ok(DEFAULT_SIZE),
        _ => Err(GatewayError::invalid_argument(format!("page_size is {text}; 1 to {LARGEST_SIZE} are possible"))),
    }
}

impl Start {
    fn token(self) -> String {
        match self {
            Self::Newest => String::new(),
            Self::OlderThan(number) => URL_SAFE_NO_PAD.encode(format!("older:{number}")),
            Self::NewerThan(number) => URL_SAFE_NO_PAD.encode(format!("newer:{number}")),
        }
    }

    fn parse(token: &str) -> Result<Self, GatewayError> {
        if token.is_empty() {
            return Ok(Self::Newest);
        }
        let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let parts = text.as_deref().and_then(|text| text.split_once(':'));
        match parts.and_then(|(side, number)| Some((side, number.parse().ok()?))) {
            Some(("older", number)) => Ok(Self::OlderThan(number)),
            Some(("newer", number)) => Ok(Self::NewerThan(number)),
            _ => Err(GatewayError::invalid_argument("page_token is none of this call")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_statuses_and_tokens_are_read() {
        let page = Page::parse("page_size=3&filter.status=active&filter.status=REVOKED").unwrap();
        assert_eq!((page.size, page.start), (3, Start::Newest));
        assert_eq!(page.statuses, [Status::Active, Status::Revoked]);
        for start in [Start::Newest, Start::OlderThan(7), Start::NewerThan(u64::MAX)] {
            assert_eq!(Start::parse(&start.token()).unwrap(), start);
        }
        assert_eq!(Page::parse("page_size=0").unwrap(), Page::parse("").unwrap());
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for query in ["page_size=101", "page_size=-1", "page_size=x", "page_token=x", "filter.status=new", "a=b"] {
            assert!(Page::parse(query).is_err(), "{query}");
        }
    }
}
