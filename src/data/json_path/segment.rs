mod filter;

use std::fmt;

pub(super) use self::filter::{Comparison, Filter, FilterPath, Operand, Pattern};

/// One segment of a path.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// `.name`, `['name']`
    Name(Box<str>),
    /// `['a', 'b']`: an object with these members
    Names(Vec<Box<str>>),
    /// `[3]`
    Index(i32),
    /// `[0, 3]`
    Indices(Vec<i32>),
    /// `[1:3]`, `[1:]`, `[:3]`
    Slice(Slice),
    /// `[(@.length-1)]`: this many items before the end
    BeforeEnd(i32),
    /// `[*]`, `.*`
    Wildcard,
    /// `[?(@.a > 1)]`
    Filter(Filter),
    /// `..`
    Descendants,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slice {
    From(i32),
    To(i32),
    Between(i32, i32),
}

impl Segment {
    /// The name, if the segment is one.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn is_definite(&self) -> bool {
        matches!(
            self,
            Self::Name(_) | Self::Names(_) | Self::Index(_) | Self::BeforeEnd(_)
        )
    }
}

impl Slice {
    /// The indices that the slice covers in an array of `length` items, as in Jayway 2.0.0. If a slice has both bounds,
    /// a negative start does not count from the end; it is an index out of bounds.
    pub(super) fn range(self, length: usize) -> std::ops::Range<i64> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let from_end = |bound: i32| {
            if bound < 0 {
                length + i64::from(bound)
            } else {
                i64::from(bound)
            }
        };
        match self {
            Self::From(from) => from_end(from).max(0)..length,
            Self::To(to) => 0..from_end(to).min(length),
            Self::Between(..) if length == 0 => 0..0,
            Self::Between(from, to) => i64::from(from)..i64::from(to).min(length),
        }
    }
}

/// Prints the segment as Jayway does in its messages.
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "['{name}']"),
            Self::Names(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
                write!(f, "[{}]", names.join(", "))
            }
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Indices(indices) => {
                let indices: Vec<String> = indices.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", indices.join(","))
            }
            Self::Slice(Slice::From(from)) => write!(f, "[{from}:]"),
            Self::Slice(Slice::To(to)) => write!(f, "[:{to}]"),
            Self::Slice(Slice::Between(from, to)) => write!(f, "[{from}:{to}]"),
            Self::BeforeEnd(count) => write!(f, "[@.size()-{count}]"),
            Self::Wildcard => f.write_str("[*]"),
            Self::Filter(_) => f.write_str("[?]"),
            Self::Descendants => f.write_str(".."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Slice;

    #[test]
    fn slices_count_from_the_end_only_where_they_are_open() {
        assert_eq!(Slice::From(-2).range(3), 1..3);
        assert_eq!(Slice::From(-9).range(3), 0..3);
        assert_eq!(Slice::To(-1).range(3), 0..2);
        assert!(Slice::Between(1, -1).range(3).is_empty());
        assert_eq!(Slice::Between(-4, 3).range(6), -4..3);
        assert!(Slice::Between(i32::MIN, i32::MAX).range(0).is_empty());
    }
}
