//! What can be ordered of the environment: faults, wrong tokens, other answers.
//!
//! What for: the words of an order, the same in Rust and in JSON. `world` remembers them.
//! Not here: giving them (`control`), carrying them out (`faults`, `tokens`).

mod faults;
mod replacement;
mod tamper;

pub use faults::{Endpoint, Fault, FaultKind};
pub use replacement::Replacement;
pub use tamper::{Signature, Tamper, TokenKind};

/// Counts one use of something that was ordered `times` times; says whether it is used up. Zero is never used
/// up.
pub(crate) fn use_once(times: &mut u32) -> bool {
    if *times == 0 {
        return false;
    }
    *times -= 1;
    *times == 0
}
