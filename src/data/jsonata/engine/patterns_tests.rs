use super::patterns::PatternCost;

fn cost(pattern: &str) -> (u64, u64, u64) {
    let PatternCost {
        reach, scans, passes, ..
    } = PatternCost::of(pattern, "");
    (reach - pattern.len() as u64, scans, passes)
}

#[test]
fn ordinary_patterns_step_through_what_they_look_at() {
    for pattern in [
        "",
        "abc",
        "a*b",
        "[a-z]+@[a-z]+",
        r"\d{0,4}-\d*",
        "(?:a|b)*c",
        r"x\{9\}",
        "a{b}",
        "(?:(?:a*)*)*b",
    ] {
        assert!(cost(pattern).0 <= 2, "{pattern}");
        assert_eq!((cost(pattern).1, cost(pattern).2), (0, 0), "{pattern}");
    }
}

#[test]
fn counted_repetitions_of_a_character_are_one_step() {
    assert_eq!(cost("^(a?){1000}a{1000}$"), (2_000, 0, 1));
    assert_eq!(cost("(?:a{1000}b){5}"), (5_000, 0, 0));
    assert_eq!(cost("(?:a{1000}b){6}"), (1_000, 0, 0));
    assert!(cost("a{99999999999999999999999}").0 > u64::MAX / 2);
}

#[test]
fn lazy_loops_look_ahead_for_each_match_or_in_loops_for_each_step() {
    assert_eq!(cost("<.*?>"), (0, 0, 1));
    assert_eq!(cost("(?:.*?b)*c"), (0, 1, 0));
    assert_eq!(cost("(?:(?:.+?b)c)+"), (1, 1, 0));
}

#[test]
fn what_is_looked_at_is_not_stepped_back_through() {
    assert_eq!(cost("(?=.*a)b"), (0, 1, 0));
    assert_eq!(cost("(?<!a*?b)"), (0, 1, 0));
    assert_eq!(cost("(?=ab|c)b"), (0, 0, 0));
    // Once for each match, since the pattern is tried only at the start of the text.
    assert_eq!(cost(r"^(?=.*\d)(?=.*[a-z]).{8,}$"), (8, 0, 2));
    assert_eq!(cost(r"^(?=.*\d)|b"), (0, 1, 0));
    assert_eq!(cost(r"^x*(?=.*\d)"), (0, 1, 0));
    assert_eq!(cost(r"(^(?=.*\d))"), (0, 1, 1));
    assert_eq!(cost("(?=(a))b"), (0, 0, 17));
}

#[test]
fn references_back_compare_what_was_matched() {
    assert_eq!(cost(r#"(["'])x\1"#), (1, 0, 1));
    assert_eq!(cost(r"(a*)\1"), (0, 1, 1));
    assert_eq!(cost(r"\1(a)"), (0, 1, 1));
    assert_eq!(cost(r"(?<q>a)\k<q>"), (0, 1, 1));
}

#[test]
fn deep_nesting_is_read_without_recursion() {
    let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(50_000));
    assert_eq!(cost(&deep).2, 100_000);
}

#[test]
fn the_longer_the_text_the_more_a_step_may_take() {
    let plain = PatternCost::of("b", "");
    assert!(plain.step(100) < 100 && plain.step(100_000) > 1_000);
    let looking = PatternCost::of("(?=.*a)b", "");
    assert!(looking.step(1_000) > 10_000);
}
