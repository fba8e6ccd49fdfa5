//! Executions that wait for one another: all of them go, or none.

use std::collections::{BTreeSet, HashMap};

use super::source::Candidate;

/// The executions of a store that belong together, by their places in a list.
pub(super) struct Families {
    /// Of each execution, those that it waits for.
    awaits: Vec<Vec<usize>>,
    /// Those that belong together, each once.
    families: Vec<Vec<usize>>,
}

impl Families {
    pub(super) fn of(candidates: &[Candidate]) -> Self {
        let places: HashMap<&str, usize> = candidates.iter().map(|candidate| &*candidate.arn).zip(0..).collect();
        let place_of = |arn: &String| places.get(arn.as_str()).copied();
        let awaits: Vec<Vec<usize>> = candidates
            .iter()
            .map(|candidate| candidate.awaits.iter().filter_map(place_of).collect())
            .collect();
        let mut beside: Vec<Vec<usize>> = vec![Vec::new(); candidates.len()];
        for (place, awaited) in awaits.iter().enumerate() {
            for other in awaited {
                beside.get_mut(place).into_iter().for_each(|all| all.push(*other));
                beside.get_mut(*other).into_iter().for_each(|all| all.push(place));
            }
        }
        let mut families = Vec::new();
        let mut seen = BTreeSet::new();
        for place in 0..candidates.len() {
            let family = reached(place, &beside, &mut seen);
            if !family.is_empty() {
                families.push(family);
            }
        }
        Self { awaits, families }
    }

    /// The families in which one execution is meant. Within each, those that others wait for are before these.
    pub(super) fn with(&self, is_meant: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let meant = self
            .families
            .iter()
            .filter(|family| family.iter().any(|place| is_meant(*place)));
        meant
            .map(|family| {
                let mut seen = BTreeSet::new();
                let mut ordered = Vec::new();
                for place in family {
                    ordered.extend(reached(*place, &self.awaits, &mut seen));
                }
                ordered
            })
            .collect()
    }

    /// Those that an execution waits for.
    pub(super) fn awaited_by(&self, place: usize) -> &[usize] {
        self.awaits.get(place).map_or(&[], Vec::as_slice)
    }
}

/// What is reached from a place and was not seen before, the farthest first, and the place itself last.
fn reached(from: usize, ways: &[Vec<usize>], seen: &mut BTreeSet<usize>) -> Vec<usize> {
    let mut reached = Vec::new();
    if !seen.insert(from) {
        return reached;
    }
    // Places whose ways are being gone, with the ways that are left.
    let mut path = vec![(from, 0)];
    while let Some((place, way)) = path.last_mut() {
        let next = ways.get(*place).and_then(|ways| ways.get(*way)).copied();
        *way += 1;
        match next {
            Some(next) if seen.insert(next) => path.push((next, 0)),
            Some(_) => {}
            None => {
                reached.push(*place);
                path.pop();
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(arn: &str, awaits: &[&str]) -> Candidate {
        Candidate {
            number: 1,
            arn: arn.to_owned(),
            name: arn.to_owned(),
            is_moving: false,
            origin: crate::store::StoredOrigin::default(),
            machine: String::new(),
            place: crate::durable::Place::of_arn(arn),
            start_origin: String::new(),
            awaits: awaits.iter().map(|arn| (*arn).to_owned()).collect(),
            tokens: Vec::new(),
            refusal: None,
        }
    }

    #[test]
    fn those_that_are_waited_for_come_first_and_others_are_left_out() {
        let candidates = [
            candidate("alone", &[]),
            candidate("parent", &["child", "gone"]),
            candidate("other", &["child"]),
            candidate("child", &["grandchild"]),
            candidate("grandchild", &[]),
            candidate("one", &["two"]),
            candidate("two", &["one"]),
        ];
        let families = Families::of(&candidates);
        let meant = |arn: &str| {
            let families = families.with(|place| candidates[place].arn == arn);
            let named = families.iter().map(|family| {
                family
                    .iter()
                    .map(|place| candidates[*place].arn.as_str())
                    .collect::<Vec<_>>()
            });
            named.collect::<Vec<_>>()
        };
        assert_eq!(meant("alone"), [["alone"]]);
        for arn in ["parent", "other", "child", "grandchild"] {
            let [family] = &meant(arn)[..] else { panic!("{arn}") };
            assert_eq!(family.len(), 4, "{family:?}");
            let place = |arn: &str| family.iter().position(|known| *known == arn).unwrap();
            assert!(place("grandchild") < place("child"), "{family:?}");
            assert!(place("child") < place("parent").min(place("other")), "{family:?}");
        }
        assert_eq!(meant("one")[0].len(), 2);
        assert_eq!(families.with(|_| true).concat().len(), candidates.len());
    }
}
