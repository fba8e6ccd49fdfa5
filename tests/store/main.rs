//! Stores of executions: that they keep their promises, on disks that fail and in processes that are killed.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod back_up;
mod child;
mod conformance;
mod damage;
mod faulty;
mod faulty_disk;
mod folder;
mod full_disk;
mod golden;
mod killed;
mod opening;
mod random_records;
mod records;
mod rewound;
mod views;
