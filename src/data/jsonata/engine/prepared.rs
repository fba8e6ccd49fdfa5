use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;

use jlens_core::Bindings;

use super::functions::{self, Randomness};
use crate::data::json_size;
use crate::data::jsonata::error::{Bound, Failure};
use crate::data::jsonata::needs::Need;
use crate::data::jsonata::scope::JsonataScope;

/// The copies that the engine keeps between evaluations in the same scope; empty until one needs copies.
#[derive(Debug, Default)]
pub(in crate::data::jsonata) struct Prepared(RefCell<Option<Box<Copies>>>);

/// Copies of the values that expressions read.
#[derive(Debug, Default)]
pub(super) struct Copies {
    pub(super) bindings: Bindings,
    pub(super) randomness: Randomness,
    /// The part of each variable that the bindings hold.
    held: BTreeMap<String, Need>,
    builds: usize,
}

impl Prepared {
    /// The copies, extended by the values that an expression needs. Fails if copying exceeds the budget.
    pub(super) fn hold(
        &self,
        needs: &BTreeMap<String, Need>,
        source: &JsonataScope<'_>,
    ) -> Result<RefMut<'_, Box<Copies>>, Failure> {
        let mut copies = RefMut::map(self.0.borrow_mut(), Option::get_or_insert_default);
        copies.hold(needs, source)?;
        Ok(copies)
    }
}

impl Copies {
    /// Ensures that the bindings hold the values that an expression needs. Fails if copying exceeds the budget: every
    /// iteration of a Map copies again.
    fn hold(&mut self, needs: &BTreeMap<String, Need>, source: &JsonataScope<'_>) -> Result<(), Failure> {
        let is_held =
            |(variable, need): (&String, &Need)| self.held.get(variable).is_some_and(|held| held.covers(need));
        if self.builds > 0 && needs.iter().all(is_held) {
            return Ok(());
        }
        for (variable, need) in needs {
            // Variables that were extended twice before are copied whole, so that they are not copied again.
            let need = if self.builds < 2 { need } else { &Need::Whole };
            self.held
                .entry(variable.clone())
                .or_insert_with(Need::nothing)
                .merge(need);
        }
        self.builds += 1;
        let mut bindings = functions::bindings(&self.randomness);
        for (variable, need) in &self.held {
            if let Some(value) = source.cut(variable, need) {
                let copied = source.budget.visit(json_size(&value) / 4);
                copied.map_err(|_| Failure::Exceeded(Bound::Time))?;
                bindings = bindings.var(variable, value);
            }
        }
        self.bindings = bindings;
        Ok(())
    }
}
