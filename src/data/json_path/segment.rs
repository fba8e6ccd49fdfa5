use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
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
    Slice(Option<i32>, Option<i32>),
    /// `[(@.length-1)]`; the number is what is added to the length
    FromEnd(i32),
    /// `[*]`, `.*`
    Wildcard,
    /// `..`
    Descendants,
}

impl Segment {
    pub(super) fn is_definite(&self) -> bool {
        matches!(
            self,
            Self::Name(_) | Self::Names(_) | Self::Index(_) | Self::FromEnd(_)
        )
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "['{name}']"),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Indices(indices) => {
                let texts: Vec<String> = indices.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", texts.join(","))
            }
            Self::Names(names) => {
                let texts: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
                write!(f, "[{}]", texts.join(", "))
            }
            Self::Slice(from, to) => {
                let text =
                    |bound: &Option<i32>| bound.map(|bound| bound.to_string()).unwrap_or_default();
                write!(f, "[{}:{}]", text(from), text(to))
            }
            Self::FromEnd(offset) => write!(f, "[(@.length{offset:+})]"),
            Self::Wildcard => f.write_str("[*]"),
            Self::Descendants => f.write_str(".."),
        }
    }
}
