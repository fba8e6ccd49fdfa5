//! The colours of what is printed.

use crate::definition::Colours;

/// The colours of all output; [`Output`](super::output::Output) strips them if they are not wanted.
pub(super) fn colours() -> Colours {
    Colours {
        error: "\u{1b}[1;31m",
        warning: "\u{1b}[1;33m",
        good: "\u{1b}[32m",
        strong: "\u{1b}[1m",
        faint: "\u{1b}[34m",
        reset: "\u{1b}[0m",
    }
}
