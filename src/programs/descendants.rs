//! The processes that a command of the shell has started: killing the shell leaves them running.

use std::process::{Command, Stdio};

/// Kills a process and all that it has started, parents first: a shell whose child is killed would say so. Where the system
/// has no `ps`, or nothing was started, nothing is killed.
pub(crate) fn kill_family(process: u32) {
    let descendants = descendants_of(process);
    if !descendants.is_empty() {
        kill(std::iter::once(process).chain(descendants));
    }
}

/// Kills all that this process has started.
#[cfg(feature = "cli")]
pub(crate) fn kill_all_started() {
    let descendants = descendants_of(std::process::id());
    if !descendants.is_empty() {
        kill(descendants.into_iter());
    }
}

fn descendants_of(process: u32) -> Vec<u32> {
    let listed = Command::new("ps")
        .args(["-A", "-o", "pid=,ppid="])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    listed.map_or_else(
        |_| Vec::new(),
        |listed| descendants(&String::from_utf8_lossy(&listed.stdout), process),
    )
}

fn kill(processes: impl Iterator<Item = u32>) {
    // They may have ended meanwhile.
    let _ = Command::new("kill")
        .arg("-KILL")
        .args(processes.map(|process| process.to_string()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// The children of a process, their children and so on, from lines of a process and its parent.
fn descendants(listed: &str, process: u32) -> Vec<u32> {
    let mut pairs = Vec::new();
    for line in listed.lines() {
        let mut numbers = line.split_whitespace().map(str::parse::<u32>);
        if let (Some(Ok(child)), Some(Ok(parent))) = (numbers.next(), numbers.next()) {
            pairs.push((child, parent));
        }
    }
    let mut found = vec![process];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        next += 1;
        let children = pairs.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child);
        let new: Vec<_> = children.filter(|child| !found.contains(child)).collect();
        found.extend(new);
    }
    found.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::descendants;

    #[test]
    fn descendants_are_children_and_their_children() {
        let listed = "    1     0\n    7     1\n    8     7\n    9     8\n   10     1\n  PID  PPID\n";
        assert_eq!(descendants(listed, 7), [8, 9]);
        assert_eq!(descendants(listed, 9), [0; 0]);
        assert_eq!(descendants("7 7", 7), [0; 0]);
    }
}
