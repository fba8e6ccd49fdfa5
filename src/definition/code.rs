//! The catalogue of codes.

use std::fmt;

/// The code of a [`Diagnostic`](super::Diagnostic), as `ValidateStateMachineDefinition` of the AWS Step Functions API
/// names it. Codes unknown to AWS are this crate's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The text is not JSON.
    InvalidJsonDescription,
    /// A test file is invalid.
    InvalidTestFile,
    /// The text is not YAML.
    InvalidYaml,
    /// A field is unknown, missing, misplaced or has an invalid value.
    SchemaValidationFailed,
    /// No state can end the machine.
    MissingEndState,
    /// A transition names a state that does not exist, or no transition leads to a state.
    MissingTransitionTarget,
    /// Two states of the machine, nested ones included, have the same name.
    DuplicateStateName,
    /// A state name is empty or too long.
    InvalidStateName,
    /// A Map state's `Label` is empty, too long, or has characters that an ARN cannot have.
    InvalidLabelName,
    /// Two Map states have the same `Label`.
    DuplicateLabelName,
    /// The definition nests deeper than the parser allows.
    TooDeeplyNested,
    /// A warning: the value looks like a path or an intrinsic function, but its key lacks `.$`.
    NoDollar,
    /// A warning: the value looks like a path, but the field's name lacks `Path`.
    NoPath,
    /// A warning: a path in a Pass state's `Result` is not evaluated.
    PassResultIsStatic,
    /// Valid on AWS, but not supported by this version of the crate.
    NotSupported,
    /// A template names a missing resource, parameter or file.
    UnresolvedReference,
    /// A `${Name}` substitution has no value.
    UnresolvedSubstitution,
    /// The definition has more characters than Step Functions accepts.
    DefinitionTooLong,
    /// A warning: YAML 1.1, which SAM and CloudFormation read, reads the text as a boolean.
    AmbiguousYaml,
    /// A warning: a call of an intrinsic function fails whatever the input is.
    CallCannotWork,
    /// A warning: an earlier Retrier or Catcher already matches the error.
    ErrorAlreadyMatched,
    /// A warning: a Retrier or Catcher names an error that the state cannot have, or that cannot be caught.
    ErrorCannotOccur,
    /// A warning: a field is accepted but has no effect there.
    FieldWithoutEffect,
    /// A warning: an expression calls a function of JSONata that Step Functions does not have.
    FunctionNotSupported,
    /// A warning: a Choice state fails the execution when none of its rules is true.
    MissingDefault,
    /// A warning: a Task calls a service by the SDK that this version does not know.
    UnknownService,
    /// A warning: from a state, no transition leads to one that ends the graph.
    NoWayToEnd,
    /// A warning: the text looks like a JSONata expression, but lacks its delimiters.
    NotAnExpression,
    /// A warning: a field that needs a text gets another value.
    NotAText,
    /// A warning: a custom error name begins with `States.`.
    ReservedErrorName,
    /// A warning: a constant is larger than Step Functions allows data to be in an execution.
    SizeLimitExceeded,
    /// A warning: a Task waits for its task token but does not pass it on.
    TaskTokenNotPassed,
    /// A warning: a path reads a variable that no state assigns.
    UnassignedVariable,
    /// A warning: a path names a member that the context object never has.
    UnknownContextMember,
    /// A warning: a Retrier or Catcher names a `States.` error that does not exist.
    UnknownErrorName,
}

impl Code {
    /// The code in AWS's spelling, such as `SCHEMA_VALIDATION_FAILED`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJsonDescription => "INVALID_JSON_DESCRIPTION",
            Self::InvalidTestFile => "INVALID_TEST_FILE",
            Self::InvalidYaml => "INVALID_YAML",
            Self::SchemaValidationFailed => "SCHEMA_VALIDATION_FAILED",
            Self::MissingEndState => "MISSING_END_STATE",
            Self::MissingTransitionTarget => "MISSING_TRANSITION_TARGET",
            Self::DuplicateStateName => "DUPLICATE_STATE_NAME",
            Self::InvalidStateName => "INVALID_STATE_NAME",
            Self::InvalidLabelName => "INVALID_LABEL_NAME",
            Self::DuplicateLabelName => "DUPLICATE_LABEL_NAME",
            Self::TooDeeplyNested => "TOO_DEEPLY_NESTED",
            Self::NoDollar => "NO_DOLLAR",
            Self::NoPath => "NO_PATH",
            Self::PassResultIsStatic => "PASS_RESULT_IS_STATIC",
            Self::NotSupported => "NOT_SUPPORTED",
            Self::UnresolvedReference => "UNRESOLVED_REFERENCE",
            Self::UnresolvedSubstitution => "UNRESOLVED_SUBSTITUTION",
            Self::DefinitionTooLong => "DEFINITION_TOO_LONG",
            Self::AmbiguousYaml => "AMBIGUOUS_YAML",
            Self::CallCannotWork => "CALL_CANNOT_WORK",
            Self::ErrorAlreadyMatched => "ERROR_ALREADY_MATCHED",
            Self::ErrorCannotOccur => "ERROR_CANNOT_OCCUR",
            Self::FieldWithoutEffect => "FIELD_WITHOUT_EFFECT",
            Self::FunctionNotSupported => "FUNCTION_NOT_SUPPORTED",
            Self::MissingDefault => "MISSING_DEFAULT",
            Self::UnknownService => "UNKNOWN_SERVICE",
            Self::NoWayToEnd => "NO_WAY_TO_END",
            Self::NotAnExpression => "NOT_AN_EXPRESSION",
            Self::NotAText => "NOT_A_TEXT",
            Self::ReservedErrorName => "RESERVED_ERROR_NAME",
            Self::SizeLimitExceeded => "SIZE_LIMIT_EXCEEDED",
            Self::TaskTokenNotPassed => "TASK_TOKEN_NOT_PASSED",
            Self::UnassignedVariable => "UNASSIGNED_VARIABLE",
            Self::UnknownContextMember => "UNKNOWN_CONTEXT_MEMBER",
            Self::UnknownErrorName => "UNKNOWN_ERROR_NAME",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
