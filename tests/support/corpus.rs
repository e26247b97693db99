//! The spellings of return paths in `tests/corpus`, for the tests of the parser and those of the doors. Not
//! here: what they mean.

const REFUSED: &str = include_str!("../corpus/return_paths.txt");
const DEEP_LINKS: &str = include_str!("../corpus/deep_links.txt");

/// Spellings that must lead to the default page.
pub(crate) fn refused() -> Vec<String> {
    // A file can't show the empty spelling.
    lines(REFUSED).map(decode).chain([String::new()]).collect()
}

/// Paths of this site, each with what it must become.
pub(crate) fn deep_links() -> Vec<(String, String)> {
    lines(DEEP_LINKS)
        .map(|line| {
            let (sent, becomes) = line.split_once(" -> ").unwrap_or((line, line));
            (decode(sent), decode(becomes))
        })
        .collect()
}

fn lines(file: &str) -> impl Iterator<Item = &str> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// `<0a>` is the character with that number; what only looks like it stays.
fn decode(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        let end = rest.find('>').unwrap_or(0);
        if let Some(character) = u32::from_str_radix(&rest[..end], 16).ok().and_then(char::from_u32) {
            text.push(character);
            rest = &rest[end + 1..];
        } else {
            text.push('<');
        }
    }
    text + rest
}
