//! `FunctionName` of `lambda:invoke` (Lambda API reference, "Invoke").

/// A function's name, partial ARN or ARN; each may end in a qualifier, which is a version or an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FunctionName<'a> {
    /// The region; only in an ARN.
    pub(crate) region: Option<&'a str>,
    /// `None` in a name alone.
    pub(crate) account: Option<&'a str>,
    /// `aws` unless an ARN says otherwise.
    pub(crate) partition: &'a str,
    pub(crate) name: &'a str,
    /// `None` also for `$LATEST`, which a function without a qualifier is.
    pub(crate) qualifier: Option<&'a str>,
    /// Whether the qualifier `$LATEST` is given.
    is_latest: bool,
}

/// The qualifier of an invocation that names no version or alias.
pub(crate) const LATEST: &str = "$LATEST";

impl<'a> FunctionName<'a> {
    /// Parses the text; `None` if it has none of the three forms.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let (place, named) = match parts.as_slice() {
            ["arn", partition, "lambda", region, account, "function", named @ ..] => {
                ((*partition, Some(*region), Some(*account)), named)
            }
            [account, "function", named @ ..] if !named.is_empty() => (("aws", None, Some(*account)), named),
            named => (("aws", None, None), named),
        };
        let (name, qualifier) = match named {
            [name] => (*name, None),
            [name, qualifier] => (*name, Some(*qualifier)),
            _ => return None,
        };
        let (partition, region, account) = place;
        Some(Self {
            region,
            account,
            partition,
            name,
            qualifier: qualifier.filter(|qualifier| *qualifier != LATEST),
            is_latest: qualifier == Some(LATEST),
        })
    }
}

impl FunctionName<'_> {
    /// Whether the function registered under this name serves an invocation. A name without a region, an account or a
    /// qualifier serves all of them; one with `$LATEST` serves invocations without a version or alias.
    pub(crate) fn serves(&self, invoked: &FunctionName<'_>) -> bool {
        let fits = |own: Option<&str>, wanted: Option<&str>| match (own, wanted) {
            (Some(own), Some(wanted)) => own == wanted,
            _ => true,
        };
        self.name == invoked.name
            && fits(self.region, invoked.region)
            && fits(self.account, invoked.account)
            && (self.serves_all_versions() || self.qualifier == invoked.qualifier)
    }

    /// How general a registered name is: where two serve an invocation, the lesser goes first.
    pub(crate) fn generality(&self) -> (bool, bool, bool) {
        (
            self.serves_all_versions(),
            self.region.is_none(),
            self.account.is_none(),
        )
    }

    fn serves_all_versions(&self) -> bool {
        self.qualifier.is_none() && !self.is_latest
    }
}

#[cfg(test)]
mod tests {
    use super::FunctionName;

    #[test]
    fn a_function_is_named_in_three_forms() {
        for (text, region, account, qualifier) in [
            ("Charge", None, None, None),
            ("Charge:$LATEST", None, None, None),
            ("Charge:prod", None, None, Some("prod")),
            ("1:function:Charge", None, Some("1"), None),
            ("1:function:Charge:7", None, Some("1"), Some("7")),
            (
                "arn:aws:lambda:eu-west-1:1:function:Charge",
                Some("eu-west-1"),
                Some("1"),
                None,
            ),
            (
                "arn:aws:lambda:eu-west-1:1:function:Charge:7",
                Some("eu-west-1"),
                Some("1"),
                Some("7"),
            ),
        ] {
            let name = FunctionName::parse(text).unwrap();
            let parts = (name.name, name.region, name.account, name.qualifier);
            assert_eq!(parts, ("Charge", region, account, qualifier), "{text}");
        }
        for text in [
            "a:b:c",
            "arn:aws:lambda:eu-west-1:1:function",
            "arn:aws:lambda:e:1:function:a:b:c",
            "1:function:a:b:c",
        ] {
            assert_eq!(FunctionName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn latest_serves_what_names_no_version() {
        let latest = FunctionName::parse("Charge:$LATEST").unwrap();
        let serves = |invoked: &str| latest.serves(&FunctionName::parse(invoked).unwrap());
        assert!(serves("Charge") && serves("Charge:$LATEST") && !serves("Charge:prod"));
        let goes_first = latest.generality() < FunctionName::parse("1:function:Charge").unwrap().generality();
        assert!(goes_first);
    }

    #[test]
    fn a_registered_name_serves_all_that_it_does_not_tell_apart() {
        let arn = "arn:aws:lambda:eu-west-1:1:function:Charge:prod";
        let serves = |registered: &str| {
            let invoked = FunctionName::parse(arn).unwrap();
            FunctionName::parse(registered).unwrap().serves(&invoked)
        };
        for registered in ["Charge", "Charge:prod", "1:function:Charge", arn] {
            assert!(serves(registered), "{registered}");
        }
        for registered in [
            "Charg",
            "Charge:7",
            "2:function:Charge",
            "arn:aws:lambda:eu-west-2:1:function:Charge",
        ] {
            assert!(!serves(registered), "{registered}");
        }
    }
}
