//! What the interpreter costs, beside the same work written by hand over `serde_json` in the same run.
//!
//! Every group has `by_hand`; `core_off` and `core_full`, the interpreter core alone without and with history; and
//! `interpreter_off` and `interpreter_full`, the same through `Interpreter::run` on one tokio thread. Read the ratios, not
//! the times.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod big_data;
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
    machines::variables_60,
    machines::retries_30,
    big_data::big_payload,
    big_data::big_parameters,
    big_data::big_tasks,
    big_data::big_parallel,
    big_data::big_map,
    jsonata::jsonata_loop_1000,
    jsonata::jsonata_orders_500,
    load::load
);
criterion_main!(benches);
