//! The table of the integrations, in the documentation of `handlers::aws`.

use std::collections::HashSet;

use libtest_mimic::Failed;

use super::case::cases;

const TABLE: &str = include_str!("../../src/handlers/aws/integrations.md");

/// Every integration that works has a case: a task of it with its result.
pub(crate) fn check() -> Result<(), Failed> {
    let mut seen = HashSet::new();
    for (_, case) in cases() {
        for task in case["tasks"].as_array().into_iter().flatten() {
            if task.get("error").is_none() {
                seen.insert(task["resource"].as_str().expect("a resource").to_owned());
            }
        }
    }
    let unseen: Vec<_> = working().filter(|resource| !seen.contains(resource)).collect();
    if unseen.is_empty() {
        return Ok(());
    }
    Err(format!("no case shows that these work: {}", unseen.join(", ")).into())
}

/// The integrations that work, but for those with a task token, which are the same calls.
fn working() -> impl Iterator<Item = String> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| `"));
    rows.flat_map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`').to_owned();
        let of = |index: usize, suffix: &str| (cells[index] == "works").then(|| format!("{name}{suffix}"));
        [of(2, ""), of(3, ".sync")].into_iter().flatten().collect::<Vec<_>>()
    })
}
