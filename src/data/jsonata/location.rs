use std::fmt;

/// AWS's name for an expression's place in a state: `Output/total`, `Choices[0]/Condition`. It is printed only if the
/// expression fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Location<'a> {
    /// A field of a state.
    Field(&'a str),
    /// A field of an element of `Choices` or `Catch`.
    Element {
        list: &'a str,
        index: usize,
        field: &'a str,
    },
    /// A member of an object.
    Member(&'a Location<'a>, &'a str),
    /// An item of an array.
    Item(&'a Location<'a>, usize),
}

impl fmt::Display for Location<'_> {
    /// Recursion goes no deeper than a template nests.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.write_str(field),
            Self::Element { list, index, field } => write!(f, "{list}[{index}]/{field}"),
            Self::Member(whole, name) => write!(f, "{whole}/{name}"),
            Self::Item(whole, index) => write!(f, "{whole}[{index}]"),
        }
    }
}
