/// The outside values that an expression refers to, in the order they are written.
///
/// Names that the expression binds itself (`$x := 1`, parameters, `@$x`, `#$i`) and built-in functions are not
/// included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct References(pub(super) Vec<Reference>);

/// One place where an expression refers to something outside itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The value referred to.
    pub(crate) target: Target,
    /// The byte offset in the expression's text.
    pub(crate) offset: usize,
}

/// A value outside an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// `$` as the input document, which a state's expressions do not have
    Context,
    /// `$$`, the input document, anywhere
    Root,
    /// A field of the input document: a name, `*`, `**` or `%` at the top level
    Field(String),
    /// `$states.member`; `None` for `$states` as a whole
    States(Option<String>),
    /// A workflow variable
    Variable(String),
    /// `$eval`, which AWS does not have
    Eval,
}

impl References {
    /// All references, in the order they are written.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter()
    }
}
