//! Reads an input as changes to something genuine, so that the fuzzer need not guess signatures to get behind
//! them.

/// Applies the input to `genuine`, three bytes a change: where (two bytes), and what to put there, or with
/// the place's highest bit set, one byte less.
pub(crate) fn edited(genuine: &[u8], input: &[u8]) -> Vec<u8> {
    let mut bytes = genuine.to_vec();
    for change in input.chunks_exact(3) {
        let place = usize::from(u16::from_be_bytes([change[0] & 0x7F, change[1]]));
        if bytes.is_empty() {
            break;
        }
        let place = place % bytes.len();
        if change[0] & 0x80 == 0 {
            bytes[place] = change[2];
        } else {
            bytes.remove(place);
        }
    }
    bytes
}

/// The part before the first line break, and the rest.
pub(crate) fn first_line(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &[]),
    }
}
