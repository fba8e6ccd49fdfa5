//! How many files a process may have open: every connection is one.

use std::fs;

/// The limit of this process, where the system shows it as a file.
pub(super) fn limit() -> Option<usize> {
    limit_in(&fs::read_to_string("/proc/self/limits").ok()?)
}

/// The soft limit in a table such as `Max open files            1024                 524288               files`.
fn limit_in(table: &str) -> Option<usize> {
    let row = table.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match row.split_whitespace().next()? {
        "unlimited" => Some(usize::MAX),
        limit => limit.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_counts() {
        let head = "Limit                     Soft Limit           Hard Limit           Units     \n";
        let with = |row: &str| {
            limit_in(&format!(
                "{head}Max core file size        0                    0  bytes\n{row}\n"
            ))
        };
        assert_eq!(
            with("Max open files            1024                 524288               files     "),
            Some(1024)
        );
        assert_eq!(
            with("Max open files            unlimited            unlimited            files     "),
            Some(usize::MAX)
        );
        assert_eq!(
            with("Max open things           1024                 524288               files     "),
            None
        );
        assert_eq!(with("Max open files"), None);
    }
}
