//! HTTP/2 as it is written, frame by frame (RFC 9113, section 4): HTTP libraries take the answers that a
//! hostile client leaves lying.

/// What a client begins with: the preface, and settings that leave no room for any answer's content (sections
/// 3.4 and 6.5.2).
pub(crate) fn beginning_without_room() -> Vec<u8> {
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &frame(4, 0, 0, &[0, 4, 0, 0, 0, 0])].concat()
}

/// A whole request for a path, as its stream's only frame.
pub(crate) fn request(stream: u32, path: &str) -> Vec<u8> {
    // End of the stream, end of the head.
    frame(1, 1 | 4, stream, &head(path))
}

/// The beginning of a head that never ends.
pub(crate) fn unfinished_request(stream: u32, path: &str) -> Vec<u8> {
    frame(1, 1, stream, &head(path))
}

/// The kinds of the frames that are whole, each with its stream.
pub(crate) fn kinds(mut bytes: &[u8]) -> Vec<(u8, u32)> {
    let mut kinds = Vec::new();
    while let [length @ .., kind, _, a, b, c, d] = bytes.get(..9).unwrap_or_default() {
        let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let Some(rest) = bytes.get(9 + length..) else { break };
        kinds.push((*kind, u32::from_be_bytes([*a, *b, *c, *d])));
        bytes = rest;
    }
    kinds
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Fields without compression (RFC 7541, section 6.2.2): `GET`, `http`, the path, a host, and that a page is
/// wanted.
fn head(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86];
    for (name, value) in [(&[0x04_u8][..], path), (&[0x01], "localhost"), (&[0x0f, 0x04], "text/html")] {
        block.extend_from_slice(name);
        push_length(&mut block, value.len());
        block.extend_from_slice(value.as_bytes());
    }
    block
}

/// A number behind a prefix of seven bits (RFC 7541, section 5.1).
fn push_length(block: &mut Vec<u8>, length: usize) {
    let Some(mut rest) = length.checked_sub(127) else { return block.push(u8::try_from(length).unwrap()) };
    block.push(127);
    while rest >= 128 {
        block.push(u8::try_from(rest % 128 + 128).unwrap());
        rest /= 128;
    }
    block.push(u8::try_from(rest).unwrap());
}
