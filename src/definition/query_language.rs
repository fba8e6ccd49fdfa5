//! `QueryLanguage`: the language of the expressions in a machine or state.

use std::fmt;

/// The language of a state's data fields (specification, "Query languages").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum QueryLanguage {
    /// `"JSONPath"`, the default: paths, payload templates and intrinsic functions.
    #[default]
    JsonPath,
    /// `"JSONata"`: texts between `{%` and `%}`, which see their data as `$states` and as variables.
    Jsonata,
}

impl QueryLanguage {
    /// The name in a definition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonPath => "JSONPath",
            Self::Jsonata => "JSONata",
        }
    }

    /// The language with this name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        [Self::JsonPath, Self::Jsonata]
            .into_iter()
            .find(|language| language.as_str() == name)
    }
}

impl fmt::Display for QueryLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
