//! Circles: files or folders of one folder that import each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::modules::Import;

/// Files or folders of one folder, each of which reaches every other by imports. Imports between a module and its own
/// children do not count.
pub(crate) struct Circle<'m> {
    pub(crate) folder: String,
    siblings: BTreeSet<&'m str>,
    ties: Vec<Import<'m>>,
}

/// All circles, folder by folder.
pub(crate) fn circles<'m>(imports: &[Import<'m>]) -> Vec<Circle<'m>> {
    // An import stands between two children of the innermost folder around both files: the files, or folders around them.
    let mut folders: BTreeMap<&[String], Vec<(&str, &str, Import<'_>)>> = BTreeMap::new();
    for import in imports {
        let (from, to) = (&import.from.module, &import.to.module);
        let depth = from.iter().zip(to).take_while(|(from, to)| from == to).count();
        if let (Some(from_child), Some(to_child)) = (from.get(depth), to.get(depth)) {
            let ties = folders.entry(&from[..depth]).or_default();
            ties.push((from_child, to_child, *import));
        }
    }
    let mut circles = Vec::new();
    for (folder, ties) in &folders {
        for siblings in groups(ties.iter().map(|(from, to, _)| (*from, *to))) {
            let is_inside = |child| siblings.contains(child);
            let ties = ties.iter().filter(|(from, to, _)| is_inside(from) && is_inside(to));
            circles.push(Circle {
                folder: folder.join("/"),
                ties: ties.map(|(_, _, import)| *import).collect(),
                siblings,
            });
        }
    }
    circles
}

/// The groups of names of which each reaches every other.
fn groups<'m>(edges: impl Iterator<Item = (&'m str, &'m str)>) -> Vec<BTreeSet<&'m str>> {
    let mut reach: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in edges {
        reach.entry(from).or_default().insert(to);
    }
    // What a reached name reaches is reached, until nothing is new.
    loop {
        let mut grown = reach.clone();
        for names in grown.values_mut() {
            let further: Vec<_> = names.iter().filter_map(|name| reach.get(name)).flatten().collect();
            names.extend(further);
        }
        if grown == reach {
            break;
        }
        reach = grown;
    }
    let reaches = |from: &str, to: &str| reach.get(from).is_some_and(|names| names.contains(to));
    let mut groups: Vec<BTreeSet<&str>> = Vec::new();
    for name in reach.keys() {
        if reaches(name, name) && !groups.iter().any(|group| group.contains(name)) {
            let both_ways = |other: &&&str| reaches(name, other) && reaches(other, name);
            groups.push(reach.keys().filter(both_ways).copied().collect());
        }
    }
    groups
}

/// The siblings, and the first line of each file that ties it to another.
impl fmt::Display for Circle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let siblings: Vec<_> = self.siblings.iter().copied().collect();
        writeln!(f, "circle in `{}`: {}", self.folder, siblings.join(", "))?;
        let mut told = BTreeSet::new();
        for Import { from, to, name } in &self.ties {
            if told.insert((&from.file, &to.file)) {
                let (from, to, path) = (from.file.display(), to.file.display(), name.path.join("::"));
                writeln!(f, "    {from}:{} names `{path}` of {to}", name.line)?;
            }
        }
        Ok(())
    }
}
