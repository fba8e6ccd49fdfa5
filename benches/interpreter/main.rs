//! What the interpreter costs, beside the same work written by hand over `serde_json` in the same run.
//!
//! Every group has `by_hand`, `history_off` and `history_full`; read the ratios, not the times.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod driver;
mod jsonata;
mod load;
mod machines;
mod memory;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    benches,
    memory::memory,
    machines::bare_pass_chain_100,
    machines::pass_chain_100,
    machines::choice_loop_10000,
    machines::map_inline_10000,
    machines::parallel_8x100,
    machines::task_chain_100,
    machines::pizza,
    machines::big_payload,
    jsonata::jsonata_loop_1000,
    jsonata::jsonata_orders_500,
    load::load
);
criterion_main!(benches);
