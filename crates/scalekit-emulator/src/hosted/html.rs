//! Text inside HTML.
//!
//! What for: whatever a request or a seed says is shown as text and never as markup.
//! Not here: whole pages (`page`).
//! Called by: every hosted page.

use std::fmt;

/// Shows a string inside an element or a quoted attribute.
pub(super) fn text(text: &str) -> Text<'_> {
    Text(text)
}

/// See [`text`].
pub(super) struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => fmt::Write::write_char(f, other)?,
            }
        }
        Ok(())
    }
}

/// One piece of HTML an item, joined.
pub(super) fn each<T>(items: impl Iterator<Item = T>, show: impl Fn(T) -> String) -> String {
    items.fold(String::new(), |html, item| html + &show(item))
}

/// A message that belongs to the input with this id; empty without one.
pub(super) fn field_error(id: &str, message: Option<&str>) -> String {
    message.map_or_else(String::new, |message| {
        format!(r#"<p class="field-error" id="{id}-error" role="alert">{}</p>"#, text(message))
    })
}

/// The attributes that tie an input to its message.
pub(super) fn error_attributes(id: &str, message: Option<&str>) -> String {
    message.map_or_else(String::new, |_| format!(r#" aria-invalid="true" aria-describedby="{id}-error""#))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_leaves_its_place(anything in ".*") {
            let shown = text(&anything).to_string();
            prop_assert!(!shown.contains(['<', '>', '"', '\'']));
        }
    }

    #[test]
    fn markup_becomes_text() {
        assert_eq!(text("<a href=\"x\">'&").to_string(), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
    }
}
