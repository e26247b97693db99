//! Where the person is signed in, and the end of what they don't want any more.
//!
//! Ending is a plain post that the server answers with this page again, `?ended=…`; once hydrated, a call and
//! the row's disappearance. Rows are hidden, not taken out: the page's first list stays its only one.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;

use crate::{
    access::function,
    api::sessions::{
        DeviceKind, DeviceView, ProviderAnswer, SessionEntry, SessionList, end_other_sessions, end_session,
        list_sessions,
    },
    components::{
        browser,
        confirm::{Question, confirm},
        erase::Erase as _,
        frame::SignedInFrame,
        links::query_value,
        page_data::{load, once_loaded},
        problem::ProblemPart,
        session::Watcher,
        sign_out::SignOut,
        time_text::{TimeText, time_ago},
    },
    error::AppError,
};

/// `/dashboard/sessions`
#[component]
pub fn Sessions() -> impl IntoView {
    let list = load(list_sessions());
    let done = match query_value(&use_location().search.get_untracked(), "ended").as_deref() {
        None => "",
        Some("others") => OTHERS_ENDED,
        Some(_) => "The session was ended.",
    };

    let content = view! {
        <h1>"Sessions"</h1>
        <p class="lead">"Where you are signed in. End what you don't recognise or don't use any more."</p>
        {once_loaded(list.into_future(), move |answer| match answer {
            Ok(list) => devices(list, done),
            Err(error) => view! { <ProblemPart error=error retry="/dashboard/sessions"/> }.erase(),
        })}
    }
    .erase();
    view! {
        <SignedInFrame title="Sessions" path="/dashboard/sessions">{content}</SignedInFrame>
    }
}

const OTHERS_ENDED: &str = "All other sessions were ended.";

fn devices(list: SessionList, done: &'static str) -> AnyView {
    let SessionList { sessions, provider, server_time } = list;
    let watcher = expect_context::<Watcher>();
    let shown = RwSignal::new(Shown {
        others: sessions.iter().filter(|entry| !entry.current).map(|entry| entry.id.clone()).collect(),
        attempt: None,
        done: done.to_owned(),
    });
    let is_alone = move || shown.with(|shown| shown.others.is_empty());
    let incomplete = match provider {
        ProviderAnswer::Unreachable => {
            "Sessions in other applications can't be shown right now. The list of your sessions here is complete."
        }
        ProviderAnswer::NotAllowed => {
            "Sessions in other applications are not shown, as this application may not ask for them. \
             The list of your sessions here is complete."
        }
        ProviderAnswer::Included | ProviderAnswer::NotAsked => "",
    };
    let rows = sessions
        .into_iter()
        .enumerate()
        .map(|(number, entry)| device(number, entry, server_time, shown, watcher))
        .collect_view();
    let end_others = Question {
        id: "end-others".to_owned(),
        label: "End all other sessions",
        about: String::new(),
        question: "End all other sessions?".to_owned(),
        consequence: "Every device but this one is signed out of this application at once.",
        action: function!("end_other_sessions"),
        subject: String::new(),
    };

    view! {
        <p class="said" role="status">
            {move || shown.with(|shown| shown.done.clone())}
        </p>
        <section class="card" class:alone=is_alone aria-labelledby="devices-title">
            <h2 id="devices-title" tabindex="-1">"Your devices"</h2>
            <p class="hint">{incomplete}</p>
            <ul class="devices">{rows}</ul>
            <p class="nothing when-alone">
                "You are signed in on this device only. When you sign in with another browser or on another device, it \
                 appears here, and you can end its session from here."
            </p>
            <div class="end-others unless-alone">
                {confirm(end_others, end(Target::Others, OTHERS_ENDED.to_owned(), shown, watcher))}
                <p class="failure" role="alert">{failure(Target::Others, shown)}</p>
            </div>
        </section>
    }
    .erase()
}

fn device(number: usize, entry: SessionEntry, now: i64, shown: RwSignal<Shown>, watcher: Watcher) -> impl IntoView {
    let SessionEntry { id, current, here, device, location, signed_in_at, active_at } = entry;
    let name = name(&device);
    let target = Target::One(id.clone());
    let end = (!current).then(|| {
        let question = Question {
            id: ["end-session-", &number.to_string()].concat(),
            label: "End session",
            about: [": ", &name].concat(),
            question: ["End the session of ", &name, "?"].concat(),
            consequence: if here { ENDS_HERE } else { ENDS_ELSEWHERE },
            action: function!("end_session"),
            subject: id.clone(),
        };
        confirm(question, end(target.clone(), ["Signed out ", &name, "."].concat(), shown, watcher))
    });
    let is_gone = move || !current && shown.with(|shown| !shown.others.contains(&id));
    let elsewhere =
        (!here).then(|| "Signed in through another application that uses the same sign-in service.".to_owned());

    view! {
        <li class="device" hidden=is_gone>
            <svg class="icon device-icon" aria-hidden="true"><use href=icon(device.kind)></use></svg>
            <div>
                <p class="device-name">
                    <strong>{name}</strong>
                    {current.then(|| view! { <span class="tag success">"This device"</span> })}
                </p>
                {line(location)}
                {line(elsewhere)}
                <p class="device-times">
                    "Last active " {time_ago(active_at, now)} " · Signed in " <TimeText at=signed_in_at/>
                </p>
                <p class="failure" role="alert">{failure(target, shown)}</p>
            </div>
            {current.then(|| view! { <SignOut class="button"/> })}
            {end}
        </li>
    }
}

fn line(text: Option<String>) -> impl IntoView {
    text.map(|text| view! { <p>{text}</p> })
}

const ENDS_HERE: &str = "That device is signed out of this application at once.";
const ENDS_ELSEWHERE: &str = "The sign-in on that device is ended. The application that is used there asks to sign in again \
                              as soon as it notices.";

/// A person's words for a device: browser and system, as far as they are known.
fn name(device: &DeviceView) -> String {
    match (device.browser.as_deref(), device.system.as_deref()) {
        (Some(browser), Some(system)) => [browser, " on ", system].concat(),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => ["Unknown browser on ", system].concat(),
        (None, None) => match device.kind {
            DeviceKind::Computer => "Unknown computer",
            DeviceKind::Phone => "Unknown phone",
            DeviceKind::Tablet => "Unknown tablet",
            DeviceKind::Unknown => "Unknown device",
        }
        .to_owned(),
    }
}

fn icon(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Computer => "#icon-computer",
        DeviceKind::Phone => "#icon-phone",
        DeviceKind::Tablet => "#icon-tablet",
        DeviceKind::Unknown => "#icon-device",
    }
}

/// What the hydrated page shows by now. One value: each signal's type costs code.
struct Shown {
    /// Ids of the other sessions that are still there.
    others: Vec<String>,
    /// The latest ending, until it has succeeded.
    attempt: Option<Attempt>,
    /// What was done last.
    done: String,
}

/// An ending that is under way or has failed.
struct Attempt {
    target: Target,
    failed: bool,
}

/// What is to be ended.
#[derive(Clone, PartialEq, Eq)]
enum Target {
    /// The session of this id.
    One(String),
    /// All sessions but the one that asks.
    Others,
}

/// Says that ending `target` failed.
fn failure(target: Target, shown: RwSignal<Shown>) -> impl Fn() -> &'static str + Send {
    move || {
        shown.with(|shown| match &shown.attempt {
            Some(attempt) if attempt.failed && attempt.target == target => "That did not work. Try again in a moment.",
            _ => "",
        })
    }
}

/// Ends `target` when it is called, and then says what was `done`.
fn end(target: Target, done: String, shown: RwSignal<Shown>, watcher: Watcher) -> Box<dyn Fn() + Send> {
    Box::new(move || {
        let is_busy = shown.with_untracked(|shown| shown.attempt.as_ref().is_some_and(|attempt| !attempt.failed));
        if is_busy {
            return;
        }
        let (target, done) = (target.clone(), done.clone());
        shown.update(|shown| shown.attempt = Some(Attempt { target: target.clone(), failed: false }));
        spawn_local(async move {
            let answer = match &target {
                Target::One(id) => end_session(id.clone()).await,
                Target::Others => end_other_sessions().await,
            };
            if answer == Err(AppError::Unauthenticated) {
                // This device's own session has ended: the watcher says so.
                watcher.refresh().await;
            }
            if answer.is_ok() {
                // While the row with the focus is still there.
                browser::focus("section:focus-within > #devices-title");
            }
            // A page that was left meanwhile has nothing to show.
            shown.try_update(|shown| match answer {
                Ok(()) => shown.remove(&target, done),
                Err(_) => shown.attempt = Some(Attempt { target, failed: true }),
            });
        });
    })
}

impl Shown {
    fn remove(&mut self, target: &Target, done: String) {
        self.others.retain(|other| matches!(target, Target::One(id) if id != other));
        self.attempt = None;
        self.done = done;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_is_named_by_what_is_known_of_it() {
        let device = |kind, browser: Option<&str>, system: Option<&str>| DeviceView {
            kind,
            browser: browser.map(str::to_owned),
            system: system.map(str::to_owned),
        };
        assert_eq!(name(&device(DeviceKind::Computer, Some("Firefox"), Some("Windows"))), "Firefox on Windows");
        assert_eq!(name(&device(DeviceKind::Unknown, Some("Firefox"), None)), "Firefox");
        assert_eq!(name(&device(DeviceKind::Phone, None, Some("iOS"))), "Unknown browser on iOS");
        assert_eq!(name(&device(DeviceKind::Unknown, None, None)), "Unknown device");
    }

    #[test]
    fn ended_sessions_leave_the_list() {
        let mut shown =
            Shown { others: vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], attempt: None, done: String::new() };
        shown.remove(&Target::One("b".to_owned()), String::new());
        assert_eq!(shown.others, ["a", "c"]);
        shown.remove(&Target::Others, "done".to_owned());
        assert!(shown.others.is_empty());
        assert_eq!(shown.done, "done");
    }
}
