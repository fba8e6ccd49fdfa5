//! Lists the public items of a crate, one a line, from its documentation as JSON. `.ci/public-api` is the command to use.

use public_api::{Builder, PublicItem};
use std::collections::{BTreeMap, HashMap};
use std::error::Error;

/// The traits that the compiler implements by itself, as an impl names them.
const AUTOMATIC: [&str; 8] = [
    "core::marker::Freeze for ",
    "core::marker::Send for ",
    "core::marker::StructuralPartialEq for ",
    "core::marker::Sync for ",
    "core::marker::Unpin for ",
    "core::marker::UnsafeUnpin for ",
    "core::panic::unwind_safe::RefUnwindSafe for ",
    "core::panic::unwind_safe::UnwindSafe for ",
];

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("the path of the JSON is missing; use `.ci/public-api`")?;
    let api = Builder::from_rustdoc_json(path).omit_blanket_impls(true).build()?;
    let items: Vec<PublicItem> = api.into_items().collect();
    let texts: HashMap<_, String> = items.iter().map(|item| (item.id(), item.to_string())).collect();

    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut lines = Vec::new();
    for item in &items {
        let text = item.to_string();
        if text.starts_with("impl") {
            if is_listed(&text) {
                lines.push(text);
            }
            continue;
        }
        let parent = item.parent_id().and_then(|id| texts.get(&id));
        if parent.is_some_and(|parent| is_impl_of_trait(parent)) {
            // The trait decides which methods there are, the impl which types.
            if text.starts_with("pub type") {
                lines.push(text);
            }
            continue;
        }
        *counts.entry(module(&text)).or_default() += 1;
        lines.push(text);
    }

    let counted: Vec<String> = counts
        .iter()
        .map(|(module, count)| format!("{module} {count}"))
        .collect();
    println!(
        "# {} public items: {}.",
        counts.values().sum::<usize>(),
        counted.join(", ")
    );
    println!("# Impls, and the items that a trait requires of them, are not counted.");
    println!();
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

/// Whether an impl is worth a line. Of the automatic traits, only a type that is not `Send` or not `Sync` is.
fn is_listed(text: &str) -> bool {
    let is_automatic = AUTOMATIC.iter().any(|name| text.contains(name));
    !is_automatic || text.contains("!core::marker::Send for ") || text.contains("!core::marker::Sync for ")
}

fn is_impl_of_trait(text: &str) -> bool {
    text.starts_with("impl") && text.contains(" for ")
}

/// The top module that has an item, or `root`.
fn module(text: &str) -> String {
    let path = text.split_once("::").map_or("", |(_, path)| path);
    let name = path
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .next();
    match name {
        Some(name) if name.starts_with(|letter: char| letter.is_ascii_lowercase()) => name.to_owned(),
        _ => "root".to_owned(),
    }
}
