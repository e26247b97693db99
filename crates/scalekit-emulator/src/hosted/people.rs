//! The list of people who can sign in with one click.
//!
//! What for: a form with one button a person.
//! Not here: what the button does (`person`, `sso`, `social`).
//! Called by: the e-mail, SSO and social steps.

use super::html::{each, text};
use crate::{
    directory::{Directory, User},
    seed::describe,
};

/// A form that posts `user=usr_…` to this path.
pub(super) fn list<'a>(directory: &Directory, people: impl Iterator<Item = &'a User>, action: &str) -> String {
    let items = each(people, |user| item(directory, user));
    if items.is_empty() {
        return r#"<p class="hint">Nobody here yet. People of the seed and people who sign up appear in this place.</p>"#.into();
    }
    format!(r#"<form method="post" action="{}"><ul class="people">{items}</ul></form>"#, text(action))
}

fn item(directory: &Directory, user: &User) -> String {
    let picture = user.picture.as_deref().map_or_else(
        || format!(r#"<span class="picture" aria-hidden="true">{}</span>"#, text(&initials(user.label()))),
        |picture| format!(r#"<img class="picture" src="{}" alt="" width="40" height="40">"#, text(picture)),
    );
    format!(
        r#"<li><button class="person" name="user" value="{id}">{picture}<span><span class="name">Continue as {name}</span><span class="hidden">, </span><span class="place">{place}</span></span></button></li>"#,
        id = text(&user.id),
        name = text(user.label()),
        place = text(&describe(directory, &user.memberships)),
    )
}

fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|word| word.chars().next()).take(2).flat_map(char::to_uppercase).collect()
}
