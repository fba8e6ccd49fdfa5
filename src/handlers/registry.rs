//! Which handler does the work of which resource.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::Handler;
use crate::definition::StringPattern;

/// Handlers by resource ARN, exact or by pattern.
///
/// An exact name goes before every pattern; of the patterns the first registered that matches.
#[derive(Clone, Default)]
pub struct Registry {
    exact: HashMap<String, Arc<dyn Handler>>,
    patterns: Vec<(String, StringPattern, Arc<dyn Handler>)>,
}

impl Registry {
    /// Registers a handler; `resource` is an ARN in which `*` stands for any run of characters. Registering the same
    /// name again replaces the handler.
    pub fn register(&mut self, resource: &str, handler: Arc<dyn Handler>) {
        let pattern = resource.contains('*').then(|| StringPattern::parse(resource)).flatten();
        match pattern {
            None => {
                self.exact.insert(resource.to_owned(), handler);
            }
            Some(pattern) => match self.patterns.iter_mut().find(|(name, ..)| name == resource) {
                Some(known) => known.2 = handler,
                None => self.patterns.push((resource.to_owned(), pattern, handler)),
            },
        }
    }

    /// The handler of a resource.
    pub fn find(&self, resource: &str) -> Option<&Arc<dyn Handler>> {
        self.exact.get(resource).or_else(|| {
            self.patterns
                .iter()
                .find(|(_, pattern, _)| pattern.matches(resource))
                .map(|(.., handler)| handler)
        })
    }

    /// The function that `FunctionName` of `lambda:invoke` names: a name, an ARN, either with a qualifier.
    pub(crate) fn find_function(&self, function_name: &str) -> Option<&Arc<dyn Handler>> {
        self.find(function_name).or_else(|| {
            let name = match function_name.split_once(":function:") {
                Some((_, rest)) => rest,
                None => function_name,
            };
            let name = name.split(':').next().unwrap_or(name);
            let suffix = format!(":function:{name}");
            let exact = self
                .exact
                .iter()
                .filter(|(arn, _)| arn.ends_with(&suffix))
                .min_by_key(|(arn, _)| arn.as_str());
            exact.map(|(_, handler)| handler).or_else(|| {
                self.patterns
                    .iter()
                    .find(|(arn, ..)| arn.ends_with(&suffix))
                    .map(|(.., handler)| handler)
            })
        })
    }

    /// Whether there is any function for `lambda:invoke` to call.
    pub(crate) fn has_functions(&self) -> bool {
        self.exact
            .keys()
            .chain(self.patterns.iter().map(|(name, ..)| name))
            .any(|name| name.contains(":function:"))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns = self.patterns.iter().map(|(name, ..)| name);
        f.debug_set().entries(self.exact.keys().chain(patterns)).finish()
    }
}
