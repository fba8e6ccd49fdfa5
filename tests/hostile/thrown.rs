//! The targets of the fuzzer, a few hundred times each in every test run.

use super::run::on_a_small_stack;
use super::targets::{Dice, TARGETS};

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_nothing_hangs(seed in any::<u64>()) {
        on_a_small_stack(move || {
            for target in &TARGETS {
                // Told where the test fails.
                println!("{} {seed}", target.name);
                let dice = Dice::seeded(seed);
                let _ = (target.try_one)(&dice);
            }
        });
    }
}
