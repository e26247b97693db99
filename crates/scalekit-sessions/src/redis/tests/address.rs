//! Addresses: what each shape may say, and each refusal. No server.

use secrecy::ExposeSecret as _;

use super::{RedisAddress, RedisAddressError};

fn parse(text: &str) -> RedisAddress {
    RedisAddress::parse(text, "app").unwrap()
}

#[test]
fn each_shape_is_read_with_its_defaults() {
    assert_eq!(parse("redis://localhost").to_string(), "redis://localhost:6379/0?prefix=app");
    assert_eq!(
        parse("rediss://app:secret@redis.example.com:6380/3?prefix=acme:web&ca=/etc/ca.pem").to_string(),
        "rediss://app:***@redis.example.com:6380/3?prefix=acme:web&ca=/etc/ca.pem"
    );
    assert_eq!(
        parse("redis-cluster://:secret@10.0.0.1:7000?node=10.0.0.2:7001&node=[::1]:7002").to_string(),
        "redis-cluster://:***@10.0.0.1:7000,10.0.0.2:7001,[::1]:7002/0?prefix=app"
    );
    assert_eq!(
        parse("rediss-sentinel://s1?node=s2&service=mymaster").to_string(),
        "rediss-sentinel://s1:26379,s2:26379/0?prefix=app&service=mymaster"
    );
    assert_eq!(parse("redis://[2001:db8::1]:6379").nodes[0].host, "2001:db8::1");
}

#[test]
fn user_and_password_are_percent_decoded() {
    let login = parse("redis://my%40app:p%23%2F%3A%20w@localhost").login.unwrap();
    assert_eq!((login.user.as_deref(), login.password.expose_secret()), (Some("my@app"), "p#/: w"));
    assert_eq!(parse("redis://:x@localhost").login.unwrap().user, None);
}

#[test]
fn each_wrong_address_is_refused_for_its_reason() {
    use RedisAddressError as Error;
    for (text, expected) in [
        ("redis://", Error::NoHost),
        ("redis:localhost", Error::NoHost),
        ("redis://host:port", Error::NotAUrl(url::ParseError::InvalidPort)),
        ("redis://:pass#word@host", Error::NotAUrl(url::ParseError::EmptyHost)),
        ("redis://app:12#word@host", Error::Fragment),
        ("redis://host/#x", Error::Fragment),
        ("http://host", Error::Scheme),
        ("redis://app@host", Error::NoPassword),
        ("redis://app:%ff@host", Error::NotText),
        ("redis://host/db", Error::Database),
        ("redis://host/-1", Error::Database),
        ("redis://host/0/1", Error::Database),
        ("redis-cluster://host/1", Error::DatabaseOfCluster),
        ("redis-cluster://host?node=a:b", Error::Node),
        ("redis-cluster://host?node=", Error::Node),
        ("redis-cluster://host?node=x:y@a:1", Error::Node),
        ("redis://host?node=b", Error::NodeOfServer),
        ("redis-sentinel://host", Error::NoService),
        ("redis-sentinel://host?service=", Error::Empty("service")),
        ("redis://host?service=x", Error::ServiceWithoutSentinel),
        ("redis://host?prefix=", Error::Empty("prefix")),
        ("redis://host?prefix={x}", Error::Prefix),
        ("redis://host?prefix=a&prefix=b", Error::Twice("prefix")),
        ("redis://host?ca=/x", Error::AuthoritiesWithoutTls),
        ("rediss://host?insecure=1", Error::UnknownParameter),
    ] {
        assert_eq!(RedisAddress::parse(text, "app"), Err(expected), "{text}");
    }
}

#[test]
fn neither_debug_nor_display_nor_an_error_shows_the_password() {
    let address = parse("redis://app:hunter2@localhost");
    assert!(!format!("{address:?} {address}").contains("hunter2"));
    for text in ["redis://app:hunter2@", "redis://app:hunter2@h/x", "redis://app:hunter2@h?x=1", "redis://:hunter2"] {
        let error = RedisAddress::parse(text, "app").unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}");
    }
}

#[test]
fn addresses_with_different_passwords_differ() {
    assert_eq!(parse("redis://:a@h"), parse("redis://:a@h:6379/0"));
    assert_ne!(parse("redis://:a@h"), parse("redis://:b@h"));
}
