/// The version of JSONata that an expression is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonataDialect {
    /// The language of Step Functions: JSONata 2.0.6 without `$eval`, with `$partition`, `$range`, `$hash`,
    /// `$random(seed)`, `$uuid` and `$parse`, evaluated at most 100 levels deep.
    Aws,
    /// The current JSONata, as its authors publish it.
    Standard,
}
