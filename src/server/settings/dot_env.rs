//! Reads `.env`: `NAME=value`, a line each, as people mean it or not at all.
//!
//! The spellings of shells, Docker and other libraries differ. What they all read alike is taken: comments,
//! `export`, quotes. `$` stands for itself, as in most secrets that have one. What they read differently is
//! refused with its line, and never quoted: it may be a secret.

use std::collections::HashMap;

/// Why a line is refused; continues a sentence that begins with the file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineError {
    #[error("it is not NAME=\"value\"")]
    NotAnAssignment,
    #[error("it is written for another shell; here it is NAME=\"value\"")]
    OtherShell,
    #[error("it has a quote that does not end on its line")]
    OpenQuote,
    #[error("it goes on after its closing quote")]
    AfterQuote,
    #[error("its quotes are typographic ones; only \" and ' are understood")]
    TypographicQuotes,
    #[error("in double quotes a \\ stands only before n, r, t, \", \\ and $; single quotes take it as it is")]
    Escape,
    #[error("it has spaces; put the value in quotes")]
    Spaces,
    #[error(
        "${{…}} is not filled in here; write the value itself, or put it in single quotes if it is meant as it stands"
    )]
    Substitution,
    #[error("its name is set in an earlier line too")]
    Twice,
}

/// All names and values; or the line, counted from 1, that can't be read, and why.
pub(super) fn parse(text: &str) -> Result<HashMap<String, String>, (usize, LineError)> {
    let mut found = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = assignment(line).map_err(|error| (index + 1, error))?;
        if found.insert(name.to_owned(), value).is_some() {
            return Err((index + 1, LineError::Twice));
        }
    }
    Ok(found)
}

fn assignment(line: &str) -> Result<(&str, String), LineError> {
    let other_shell = ["$env:", "set ", "setx ", "SET "].iter().any(|start| line.starts_with(start));
    if other_shell {
        return Err(LineError::OtherShell);
    }
    let line = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or(LineError::NotAnAssignment)?;
    let name = name.trim();
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.starts_with(|first: char| !first.is_ascii_digit());
    if !is_name {
        return Err(LineError::NotAnAssignment);
    }
    Ok((name, value_of(value.trim())?))
}

fn value_of(text: &str) -> Result<String, LineError> {
    let (value, rest) = match text.chars().next() {
        Some('\'') => {
            text[1..].split_once('\'').map(|(value, rest)| (value.to_owned(), rest)).ok_or(LineError::OpenQuote)?
        }
        Some('"') => in_double_quotes(&text[1..])?,
        Some('“' | '”' | '„' | '‘' | '’' | '«') => return Err(LineError::TypographicQuotes),
        _ => (unquoted(text)?.to_owned(), ""),
    };
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') { Ok(value) } else { Err(LineError::AfterQuote) }
}

/// The value up to the closing quote, and what follows it.
fn in_double_quotes(text: &str) -> Result<(String, &str), LineError> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.push(match characters.next() {
                Some((_, 'n')) => '\n',
                Some((_, 'r')) => '\r',
                Some((_, 't')) => '\t',
                Some((_, same @ ('"' | '\\' | '$'))) => same,
                Some(_) => return Err(LineError::Escape),
                None => return Err(LineError::OpenQuote),
            }),
            '$' if text[at..].starts_with("${") => return Err(LineError::Substitution),
            other => value.push(other),
        }
    }
    Err(LineError::OpenQuote)
}

/// Ends before a comment, which begins with a space and `#`.
fn unquoted(text: &str) -> Result<&str, LineError> {
    let comment = text
        .char_indices()
        .find(|(at, character)| *character == '#' && (*at == 0 || text[..*at].ends_with([' ', '\t'])));
    let value = comment.map_or(text, |(at, _)| &text[..at]).trim_end();
    if value.contains("${") {
        Err(LineError::Substitution)
    } else if value.contains(char::is_whitespace) {
        Err(LineError::Spaces)
    } else {
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_people_mean_them() {
        for (line, value) in [
            ("A=plain", "plain"),
            ("A = spaced", "spaced"),
            ("export A=exported", "exported"),
            ("  A=indented  ", "indented"),
            ("A=", ""),
            ("A=''", ""),
            ("A=pa$$word", "pa$$word"),
            ("A=$HOME", "$HOME"),
            ("A=\"pa$word\"", "pa$word"),
            ("A='${as it stands}'", "${as it stands}"),
            ("A=\"\\${as it stands}\"", "${as it stands}"),
            ("A=with#hash", "with#hash"),
            ("A=value # comment", "value"),
            ("A=\"value # no comment\" # comment", "value # no comment"),
            ("A=# comment", ""),
            ("A=a=b==", "a=b=="),
            ("A='single \\n \"quotes\"'", "single \\n \"quotes\""),
            ("A=\"double \\\"quotes\\\"\\n\"", "double \"quotes\"\n"),
            ("A=it's", "it's"),
            ("A=back`tick", "back`tick"),
        ] {
            assert_eq!(parse(line).map(|found| found["A"].clone()), Ok(value.to_owned()), "{line}");
        }
        assert_eq!(parse("A=1\r\n# x\r\n\r\nB=\"2\"\r\n").unwrap().len(), 2);
    }

    #[test]
    fn what_would_be_read_in_two_ways_is_refused_with_its_line() {
        for (line, error) in [
            ("just text", LineError::NotAnAssignment),
            ("A B=1", LineError::NotAnAssignment),
            ("1A=1", LineError::NotAnAssignment),
            ("=1", LineError::NotAnAssignment),
            ("A: 1", LineError::NotAnAssignment),
            ("$env:A = \"1\"", LineError::OtherShell),
            ("set A=1", LineError::OtherShell),
            ("A=\"open", LineError::OpenQuote),
            ("A='open", LineError::OpenQuote),
            ("A=\"open\\\"", LineError::OpenQuote),
            ("A=\"a\"b", LineError::AfterQuote),
            ("A='a' 'b'", LineError::AfterQuote),
            ("A=“typed”", LineError::TypographicQuotes),
            ("A=\"C:\\data\"", LineError::Escape),
            ("A=two words", LineError::Spaces),
            ("A=${HOME}/x", LineError::Substitution),
            ("A=\"${HOME}/x\"", LineError::Substitution),
            ("B=2", LineError::Twice),
        ] {
            assert_eq!(parse(&format!("# first\nB=1\n{line}\n")), Err((3, error)), "{line}");
        }
    }
}
