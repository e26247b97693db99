//! How pages name people, and whose pictures they show.

use leptos_scalekit::server::views::people::{initials, is_showable};
use scalekit_sessions::Person;

fn initials_of(name: Option<&str>) -> String {
    let person = Person { name: name.map(str::to_owned), ..Person::default() };
    initials(&person, name.unwrap_or("émile@example.com"))
}

#[test]
fn initials_are_one_or_two_letters_of_any_script() {
    assert_eq!(initials_of(Some("Ada Lovelace")), "AL");
    assert_eq!(initials_of(Some("ada king lovelace")), "AL");
    assert_eq!(initials_of(Some("Plato")), "P");
    assert_eq!(initials_of(None), "É");
}

#[test]
fn only_safe_picture_addresses_are_offered() {
    assert!(is_showable("https://pictures.example/a.png"));
    assert!(is_showable("http://localhost:3002/a.svg"));
    for address in ["javascript:alert(1)", "data:image/svg+xml,x", "http://pictures.example/a.png", "/a.png", ""] {
        assert!(!is_showable(address), "{address}");
    }
}
