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
    origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It is given.
    Given,
    /// It stands in for a value that only a deployment knows.
    StandIn,
    /// There is no value: the text is the placeholder as the source writes it.
    Nowhere,
}

impl Substitutions {
    /// No values: every placeholder is unresolved.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value, or replaces the name's earlier one.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), Value::of(value.into(), Origin::Given));
        self
    }

    /// Adds a text that stands in for a value that only a deployment knows.
    #[cfg(feature = "yaml")]
    #[must_use]
    pub(crate) fn with_stand_in(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.values.insert(name.into(), Value::of(text.into(), Origin::StandIn));
        self
    }

    /// Adds a name that has no value, with the placeholder for which it stands: `${var.nap * 2}` of another tool, which is no
    /// name here.
    #[cfg(feature = "yaml")]
    #[must_use]
    pub(crate) fn with_written(mut self, name: impl Into<String>, placeholder: impl Into<String>) -> Self {
        self.values
            .insert(name.into(), Value::of(placeholder.into(), Origin::Nowhere));
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
        let value = self.values.get(name)?;
        (value.origin != Origin::Nowhere).then_some(&value.text)
    }

    /// Whether a name's value is a stand-in for a value that only a deployment knows.
    pub(crate) fn is_stand_in(&self, name: &str) -> bool {
        self.values
            .get(name)
            .is_some_and(|value| value.origin == Origin::StandIn)
    }

    /// The placeholder of a name without a value, if the source writes it otherwise.
    pub(crate) fn written(&self, name: &str) -> Option<&str> {
        let value = self.values.get(name)?;
        (value.origin == Origin::Nowhere).then_some(&value.text)
    }

    /// The names that have values, in the order they were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let values = self.values.iter().filter(|(_, value)| value.origin != Origin::Nowhere);
        values.map(|(name, _)| name.as_str())
    }

    /// The names to which somebody gave a value: not those of which only a deployment knows it, nor AWS's own.
    pub(crate) fn given_names(&self) -> impl Iterator<Item = &str> {
        let values = self.values.iter().filter(|(_, value)| value.origin == Origin::Given);
        values
            .map(|(name, _)| name.as_str())
            .filter(|name| !name.starts_with("AWS::"))
    }

    pub(crate) fn is_name_byte(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':')
    }
}

impl Value {
    fn of(text: String, origin: Origin) -> Self {
        Self { text, origin }
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Substitutions {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self {
            values: pairs
                .into_iter()
                .map(|(name, value)| (name.into(), Value::of(value.into(), Origin::Given)))
                .collect(),
        }
    }
}
