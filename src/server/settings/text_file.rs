//! Reads a file that people write by hand, whatever their editor or shell makes of it.
//!
//! Not here: what the text means.

use std::{borrow::Cow, fs, io, path::Path};

/// Why a file is no text; continues a sentence that begins with its name.
#[derive(Debug, thiserror::Error)]
pub(super) enum TextFileError {
    #[error("is a folder; a file is expected there")]
    Folder,
    #[error("can't be read: {0}")]
    Unreadable(io::Error),
    #[error("is not UTF-8 text at line {0}; save it as UTF-8")]
    NotUtf8(usize),
    #[error("is not text: it holds NUL characters; save it as UTF-8")]
    Nul,
}

/// The file's text; `None` without a file.
///
/// Windows editors put a byte order mark in front, PowerShell writes UTF-16 (always with one): both are read.
pub(super) fn read(path: &Path) -> Result<Option<String>, TextFileError> {
    match fs::read(path) {
        Ok(bytes) => decode(&bytes).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::IsADirectory || path.is_dir() => Err(TextFileError::Folder),
        Err(error) => Err(TextFileError::Unreadable(error)),
    }
}

fn decode(bytes: &[u8]) -> Result<String, TextFileError> {
    let text: Cow<'_, str> = match bytes {
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes)?.into(),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes)?.into(),
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let text = std::str::from_utf8(bytes).map_err(|error| {
                let before = &bytes[..error.valid_up_to()];
                TextFileError::NotUtf8(before.split(|byte| *byte == b'\n').count())
            })?;
            text.into()
        }
    };
    // UTF-16 without a mark is every second byte a NUL.
    if text.contains('\0') { Err(TextFileError::Nul) } else { Ok(text.into_owned()) }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, TextFileError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = String::from_utf16(&pairs.iter().copied().map(unit).collect::<Vec<_>>());
    text.ok().filter(|_| rest.is_empty()).ok_or(TextFileError::NotUtf8(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Result<String, String> {
        decode(bytes).map_err(|error| error.to_string())
    }

    #[test]
    fn every_encoding_with_a_mark_is_read() {
        let utf_16 = |bytes: fn(u16) -> [u8; 2]| "\u{feff}A=ü\r\n".encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        for bytes in [
            "A=ü\r\n".as_bytes().to_vec(),
            "\u{feff}A=ü\r\n".into(),
            utf_16(u16::to_le_bytes),
            utf_16(u16::to_be_bytes),
        ] {
            assert_eq!(decoded(&bytes).as_deref(), Ok("A=ü\r\n"));
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_to_do() {
        let refusal = |line: usize| Err(format!("is not UTF-8 text at line {line}; save it as UTF-8"));
        assert_eq!(decoded(b"A=1\nB=\xfc\n"), refusal(2));
        assert_eq!(decoded(b"\xff\xfeA"), refusal(1));
        assert_eq!(decoded(b"A\0=\0").unwrap_err(), "is not text: it holds NUL characters; save it as UTF-8");
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap_err().to_string(), "is a folder; a file is expected there");
        assert!(read(&folder.path().join("missing")).unwrap().is_none());
    }
}
