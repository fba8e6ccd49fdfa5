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
    values: IndexMap<String, Value>,
}

/// The value of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    text: String,
    /// Whether it stands in for a value that only a deployment knows.
    is_stand_in: bool,
}

impl Substitutions {
    /// No values: every placeholder is unresolved.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value, or replaces the name's earlier one.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), Value::known(value.into()));
        self
    }

    /// Adds a text that stands in for a value that only a deployment knows.
    #[cfg(feature = "yaml")]
    #[must_use]
    pub(crate) fn with_stand_in(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        let value = Value {
            is_stand_in: true,
            ..Value::known(text.into())
        };
        self.values.insert(name.into(), value);
        self
    }

    /// Adds the values of `more`, where the name has none yet.
    #[cfg(feature = "yaml")]
    #[must_use]
    pub(crate) fn or(mut self, more: &Self) -> Self {
        for (name, value) in &more.values {
            if !self.values.contains_key(name) {
                self.values.insert(name.clone(), value.clone());
            }
        }
        self
    }

    /// The value of a name, if it has one.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.text.as_str())
    }

    /// Whether a name's value is a stand-in for a value that only a deployment knows.
    pub(crate) fn is_stand_in(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| value.is_stand_in)
    }

    /// The names that have values, in the order they were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    pub(crate) fn is_name_byte(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':')
    }
}

impl Value {
    fn known(text: String) -> Self {
        Self {
            text,
            is_stand_in: false,
        }
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Substitutions {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self {
            values: pairs
                .into_iter()
                .map(|(name, value)| (name.into(), Value::known(value.into())))
                .collect(),
        }
    }
}
