//! The compiler's words for closures that cannot be handlers.

#[test]
fn a_closure_that_does_not_fit_is_told_what_would() {
    trybuild::TestCases::new().compile_fail("tests/runtime/refused_handlers/*.rs");
}
