//! The registry of handlers by resource.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::Handler;
use crate::definition::{Resource, StringPattern};
use crate::services::lambda::{FunctionName, LATEST};

/// Handlers by resource ARN, exact or by pattern.
///
/// An exact name takes precedence over patterns; among patterns, the first registered match counts.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    exact: HashMap<String, Arc<dyn Handler>>,
    patterns: Vec<(String, StringPattern, Arc<dyn Handler>)>,
    /// The services of AWS, for what has no handler of its own.
    services: Option<Arc<dyn Handler>>,
    /// Serves what has no other handler.
    fallback: Option<Arc<dyn Handler>>,
}

impl Registry {
    /// Registers a handler; `resource` is an ARN in which `*` matches any run of characters. Registering the same name
    /// again replaces the handler; returns whether the name was new.
    pub(crate) fn register(&mut self, resource: &str, handler: Arc<dyn Handler>) -> bool {
        let pattern = resource.contains('*').then(|| StringPattern::parse(resource)).flatten();
        match pattern {
            None => self.exact.insert(resource.to_owned(), handler).is_none(),
            Some(pattern) => {
                let known = self.patterns.iter_mut().find(|(name, ..)| name == resource);
                let is_new = known.is_none();
                match known {
                    Some(known) => known.2 = handler,
                    None => self.patterns.push((resource.to_owned(), pattern, handler)),
                }
                is_new
            }
        }
    }

    pub(crate) fn set_fallback(&mut self, handler: Arc<dyn Handler>) {
        self.fallback = Some(handler);
    }

    #[cfg(feature = "aws")]
    pub(crate) fn set_services(&mut self, handler: Arc<dyn Handler>) {
        self.services = Some(handler);
    }

    /// The handler of a resource that has none of its own. One that refuses the resource is given only if there is no other.
    pub(crate) fn fallback(&self, resource: &Resource) -> Option<&Arc<dyn Handler>> {
        let services = self.services.as_ref();
        let serves = |handler: &&Arc<dyn Handler>| handler.refusal(resource).is_none();
        services.filter(serves).or(self.fallback.as_ref()).or(services)
    }

    /// The handler of a resource. That of a function without a version or alias serves all of them.
    pub(crate) fn find(&self, resource: &str) -> Option<&Arc<dyn Handler>> {
        let of_function = || {
            let function = FunctionName::parse(resource).filter(|function| function.region.is_some())?;
            // An ARN has its own region and account, wherever the execution is.
            self.find_function(&function, resource)
        };
        self.exact.get(resource).or_else(of_function).or_else(|| {
            self.patterns
                .iter()
                .find(|(_, pattern, _)| pattern.matches(resource))
                .map(|(.., handler)| handler)
        })
    }

    /// The function for `FunctionName` of `lambda:invoke`.
    ///
    /// A full ARN means exactly that function. A name alone is first looked up in the execution's region and account.
    /// If there is none, a name, or an account with a name, also finds a function elsewhere: the first of the
    /// registered ARNs in their order, then the first registered pattern. A function registered with the qualifier
    /// takes precedence, which is `$LATEST` unless the invocation names one; otherwise the unqualified function serves all
    /// versions and aliases.
    pub(crate) fn find_function(&self, function: &FunctionName<'_>, execution_arn: &str) -> Option<&Arc<dyn Handler>> {
        let name = format!("{}:{}", function.name, function.qualifier.unwrap_or(LATEST));
        let suffix = format!(":{name}");
        let registered_for_it = self.find_named(function, &name, execution_arn, |registered| {
            registered.ends_with(&suffix)
        });
        registered_for_it.or_else(|| self.find_named(function, function.name, execution_arn, |_| true))
    }

    /// Finds a function, with its qualifier in `name`, among the registered ones that are eligible.
    fn find_named(
        &self,
        function: &FunctionName<'_>,
        name: &str,
        execution_arn: &str,
        is_eligible: impl Fn(&str) -> bool,
    ) -> Option<&Arc<dyn Handler>> {
        let mut own = execution_arn.split(':').skip(3);
        let (own_region, own_account) = (own.next()?, own.next()?);
        let region = function.region.unwrap_or(own_region);
        let account = function.account.unwrap_or(own_account);
        let arn = format!("arn:{}:lambda:{region}:{account}:function:{name}", function.partition);
        let matching = |arn: &str| {
            let mut patterns = self.patterns.iter();
            let found = patterns.find(|(text, pattern, _)| is_eligible(text) && pattern.matches(arn));
            found.map(|(.., handler)| handler)
        };
        if let Some(found) = self.exact.get(&arn).or_else(|| matching(&arn)) {
            return Some(found);
        }
        if function.region.is_some() {
            return None;
        }
        let suffix = match function.account {
            Some(account) => format!(":{account}:function:{name}"),
            None => format!(":function:{name}"),
        };
        let elsewhere = self.exact.iter().filter(|(arn, _)| arn.ends_with(&suffix));
        let elsewhere = elsewhere
            .min_by_key(|(arn, _)| arn.as_str())
            .map(|(_, handler)| handler);
        elsewhere.or_else(|| {
            let mut patterns = self.patterns.iter().filter(|(text, ..)| is_eligible(text));
            let found = patterns.find(|(text, pattern, _)| {
                // The ARN of the function in a region and account that the pattern matches.
                let place = text.split_once(":function:").map(|(place, _)| place);
                place.is_some_and(|place| {
                    let account_fits = function
                        .account
                        .is_none_or(|account| place.ends_with(&format!(":{account}")));
                    account_fits && pattern.matches(&format!("{place}:function:{name}"))
                })
            });
            found.map(|(.., handler)| handler)
        })
    }

    /// Whether there is any function for `lambda:invoke`.
    pub(crate) fn has_functions(&self) -> bool {
        let patterns = self.patterns.iter().map(|(name, ..)| name);
        let mut names = self.exact.keys().chain(patterns);
        names.any(|name| name.contains(":function:") || name.split(':').nth(2) == Some("lambda"))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns = self.patterns.iter().map(|(name, ..)| name);
        f.debug_set().entries(self.exact.keys().chain(patterns)).finish()
    }
}
