/// What an expression refers to outside itself, in the order it is written.
///
/// What it binds itself (`$x := 1`, parameters, `@$x`, `#$i`) and the built-in functions are not among it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct References(pub(super) Vec<Reference>);

/// One place where an expression refers to something outside itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// What it refers to.
    pub(crate) target: Target,
    /// Where, in bytes of the expression's text.
    pub(crate) offset: usize,
}

/// What an expression can refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// `$` where it is the input document, which a state's expressions do not have
    Context,
    /// `$$`, the input document, anywhere
    Root,
    /// A field of the input document: a name, `*`, `**` or `%` at the top level
    Field(String),
    /// `$states.member`, or `$states` as a whole, and whatever is done with it
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
