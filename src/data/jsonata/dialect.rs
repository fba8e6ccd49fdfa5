/// Which JSONata an expression is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonataDialect {
    /// What Step Functions runs: JSONata 2.0.6 without `$eval`, with `$partition`, `$range`, `$hash`, `$random(seed)`,
    /// `$uuid` and `$parse`, evaluated no deeper than 100 levels.
    Aws,
    /// JSONata of today as its authors publish it.
    Standard,
}
