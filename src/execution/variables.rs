//! Workflow variables: assignment within the limits (developer guide, "Quotas").

use indexmap::IndexMap;

use super::failure::Failure;
use super::intent::Assigned;
use super::limits::Limits;
use crate::data::Payload;

/// Stores assigned values in the variables of a scope. `stored` is the size of all variables of the execution in bytes
/// and is updated.
pub(crate) fn store(
    scope: &mut IndexMap<String, Payload>,
    assigned: Assigned,
    stored: &mut usize,
    limits: &Limits,
) -> Result<(), Failure> {
    let added: usize = assigned.iter().map(|(_, value)| value.size()).sum();
    if added > limits.variable_bytes {
        return Err(Failure::variables_too_large(added, limits.variable_bytes));
    }
    let limit = limits.stored_variable_bytes;
    // What stays within the limit beside the values that it replaces needs no second look at these.
    if *stored + added > limit {
        let replaced = assigned.iter().filter_map(|(name, _)| scope.get(&**name));
        let replaced: usize = replaced.map(Payload::size).sum();
        let stored = stored.saturating_sub(replaced) + added;
        if stored > limit {
            return Err(Failure::stored_variables_too_large(stored, limit));
        }
    }
    *stored += added;
    for (name, value) in assigned {
        // A loop assigns what is there already: neither its name nor its place is made anew.
        match scope.get_mut(&*name) {
            Some(place) => {
                *stored = stored.saturating_sub(place.size());
                place.set(value);
            }
            None => drop(scope.insert(name.to_string(), value.into())),
        }
    }
    Ok(())
}

/// The bytes of the variables of a scope.
pub(crate) fn size(scope: &IndexMap<String, Payload>) -> usize {
    scope.values().map(Payload::size).sum()
}
