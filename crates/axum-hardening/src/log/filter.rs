//! Which lines are written: `RUST_LOG`, but never fewer than a person meant. What is empty or can't be read
//! says nothing, and a name without a level for all else says nothing about all else: warnings are written
//! then.

use std::ffi::OsString;

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// What is written unless `RUST_LOG` says otherwise.
const DEFAULT: &str = "info";

/// The filter that a value of `RUST_LOG` asks for, and what to say of a value that is not followed to the
/// letter.
pub(super) fn of(value: Option<OsString>) -> (EnvFilter, Option<String>) {
    let Some(value) = value else { return (EnvFilter::new(DEFAULT), None) };
    let fallen_back = |why: &str| {
        let remark = format!(
            "RUST_LOG {why}: \"{DEFAULT}\" is taken. It can be, for example, \"warn,my_app=debug\", or \"off\""
        );
        (EnvFilter::new(DEFAULT), Some(remark))
    };
    let Some(text) = value.to_str() else { return fallen_back("is not UTF-8 text") };
    let directives: Vec<_> = text.split(',').map(str::trim).filter(|directive| !directive.is_empty()).collect();
    if directives.is_empty() {
        return fallen_back("is empty");
    }
    let Ok(filter) = EnvFilter::try_new(directives.join(",")) else {
        return fallen_back(&format!("is {text:?}, which can't be read"));
    };
    if directives.iter().any(|directive| directive.parse::<LevelFilter>().is_ok()) {
        return (filter, None);
    }
    // A level that is misspelt is taken for the name of a module, and would silence all others.
    let remark = format!("RUST_LOG is {text:?}, which names no level for all else: \"warn\" is taken for that");
    (filter.add_directive(LevelFilter::WARN.into()), Some(remark))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What of an application's lines is written, by level, and what is said of the value.
    fn written(value: Option<&str>) -> (Vec<&'static str>, bool) {
        use std::sync::{Arc, Mutex};
        use tracing_subscriber::layer::SubscriberExt as _;

        #[derive(Clone, Default)]
        struct SeenLevels(Arc<Mutex<Vec<&'static str>>>);
        impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for SeenLevels {
            fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
                self.0.lock().unwrap().push(event.metadata().level().as_str());
            }
        }
        let (filter, remark) = of(value.map(OsString::from));
        let kept = SeenLevels::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(filter).with(kept.clone()), || {
            tracing::error!("error");
            tracing::warn!("warn");
            tracing::info!("info");
            tracing::debug!("debug");
        });
        let levels = kept.0.lock().unwrap().clone();
        (levels, remark.is_some())
    }

    #[test]
    fn a_value_that_says_nothing_silences_nothing_and_is_remarked_on() {
        let by_default = vec!["ERROR", "WARN", "INFO"];
        assert_eq!(written(None), (by_default.clone(), false));
        for nothing in ["", " ", ",", " , ", "my_app=inof", "=", "info,=x=y"] {
            assert_eq!(written(Some(nothing)), (by_default.clone(), true), "{nothing:?}");
        }
        for no_level in ["inof", "warning", "hyper", "hyper=trace", "[span]=debug"] {
            assert_eq!(written(Some(no_level)), (vec!["ERROR", "WARN"], true), "{no_level:?}");
        }
    }

    #[test]
    fn a_value_that_says_something_is_followed() {
        for (value, levels) in [
            ("off", vec![]),
            ("error", vec!["ERROR"]),
            ("WARN", vec!["ERROR", "WARN"]),
            ("hyper=trace,error", vec!["ERROR"]),
            ("off, axum_hardening=warn", vec!["ERROR", "WARN"]),
            ("debug", vec!["ERROR", "WARN", "INFO", "DEBUG"]),
        ] {
            assert_eq!(written(Some(value)), (levels, false), "{value:?}");
        }
    }
}
