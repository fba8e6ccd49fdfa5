//! `DefinitionSubstitutions`: the values of `${Name}` in a definition.

use indexmap::IndexMap;

/// Values for the `${Name}` placeholders of a definition, like SAM's `DefinitionSubstitutions`.
///
/// A placeholder inside a string or a key is replaced with its value as plain text, which cannot end the string. A
/// placeholder without quotes, such as `"Seconds": ${Pause}`, is replaced with its value parsed as JSON. `${!Name}`
/// stands for the text `${Name}`. A name consists of ASCII letters, digits and `_ . - :`.
///
/// ```
/// use asl_engine::loading::Substitutions;
///
/// let substitutions = Substitutions::new().with("Pause", "5").with("ChargeArn", "arn:aws:lambda:::function:Charge");
/// assert_eq!(substitutions.value("Pause"), Some("5"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Substitutions {
    values: IndexMap<String, String>,
}

impl Substitutions {
    /// No values: every placeholder is unresolved.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value, or replaces the name's earlier one.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// The value of a name, if it has one.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The names that have values, in the order they were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    pub(crate) fn is_name_byte(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':')
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Substitutions {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self {
            values: pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }
}
