//! SVG: a layered layout, nested machines as boxes, one style for light and dark.

mod draw;
#[cfg(test)]
mod geometry;
mod icon;
#[cfg(feature = "console")]
mod json;
mod layout;
mod placed;
mod route;
mod size;
mod text;

use super::Graph;

/// The most states of one graph that are laid out.
const MAX_STATES: usize = 1_000;

/// The reasons why a picture cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SvgError {
    /// A graph has too many states for a readable picture.
    #[error(
        "{states} states are too many for a picture: at most {MAX_STATES} are laid out; Mermaid and DOT take any number"
    )]
    TooManyStates {
        /// The states of the machine, nested ones included.
        states: usize,
    },
    /// A graph has too many long transitions for a readable picture.
    #[error("the transitions are too many and too long for a picture; Mermaid and DOT take any number")]
    TooTangled,
    /// The layout gave up.
    #[error("the graph could not be laid out; Mermaid and DOT need no layout")]
    NoLayout,
}

/// The stack for the layout, which recurses as deep as the longest path through the graph.
const LAYOUT_STACK: usize = 256 << 20;

pub(super) fn print(graph: &Graph) -> Result<String, SvgError> {
    laid_out(graph, draw::picture)
}

/// The picture as data: see [`json`].
#[cfg(feature = "console")]
pub(super) fn places(graph: &Graph) -> Result<serde_json::Value, SvgError> {
    laid_out(graph, json::picture)
}

/// What is made of a graph with the places of its parts.
fn laid_out<T: Send>(graph: &Graph, make: fn(&placed::PlacedGraph<'_>) -> T) -> Result<T, SvgError> {
    let states = count(graph);
    if states > MAX_STATES {
        return Err(SvgError::TooManyStates { states });
    }
    if size::crossings(graph) > size::MAX_CROSSINGS {
        return Err(SvgError::TooTangled);
    }
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("layout".to_owned())
            .stack_size(LAYOUT_STACK)
            .spawn_scoped(scope, || make(&layout::place(graph)))
            .ok()
            .and_then(|layout| layout.join().ok())
            .ok_or(SvgError::NoLayout)
    })
}

fn count(graph: &Graph) -> usize {
    let inside = graph.nodes.iter().flat_map(|node| &node.inside).map(count);
    graph.nodes.len() + inside.sum::<usize>()
}
