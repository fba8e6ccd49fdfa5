//! "Did you mean": the nearest of the names that would have been right.

/// Finds similar names, with a limit on the work for one definition.
#[derive(Debug)]
pub(super) struct Suggestions {
    /// How many more pairs of characters may be compared.
    work: usize,
}

impl Default for Suggestions {
    fn default() -> Self {
        Self { work: 20_000_000 }
    }
}

impl Suggestions {
    /// Longer names are not compared: no field or state name is longer.
    const LONGEST: usize = 80;

    /// The candidate with the fewest typing errors, if they are few for its length; the first one if several tie.
    pub(super) fn similar<'c>(&mut self, name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        let name: Vec<char> = name
            .chars()
            .take(Self::LONGEST + 1)
            .flat_map(char::to_lowercase)
            .collect();
        if name.len() > Self::LONGEST || name.is_empty() {
            return None;
        }
        let allowed = (name.len() / 3).max(1);
        let mut best: Option<(usize, &str)> = None;
        for candidate in candidates {
            let letters: Vec<char> = candidate
                .chars()
                .take(Self::LONGEST + 1)
                .flat_map(char::to_lowercase)
                .collect();
            self.work = self.work.checked_sub(letters.len() + 1)?;
            let least = letters.len().abs_diff(name.len());
            if least > allowed || letters.len() > Self::LONGEST || best.is_some_and(|(distance, _)| distance <= least) {
                continue;
            }
            self.work = self.work.checked_sub(name.len() * letters.len())?;
            let distance = distance(&name, &letters);
            if distance <= allowed && distance < letters.len() && best.is_none_or(|(nearest, _)| distance < nearest) {
                best = Some((distance, candidate));
            }
        }
        best.map(|(_, candidate)| candidate)
    }
}

/// The number of typing errors between two names: letters added, omitted, replaced, or swapped with their neighbour.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (row, a) in from.iter().enumerate() {
        let mut current = Vec::with_capacity(last.len());
        current.push(row + 1);
        let mut left = row + 1;
        for (column, (b, above)) in to.iter().zip(last.windows(2)).enumerate() {
            let &[diagonal, above] = above else { continue };
            let mut cost = (above + 1).min(left + 1).min(diagonal + usize::from(a != b));
            let swapped = previous == Some(b) && column.checked_sub(1).and_then(|at| to.get(at)) == Some(a);
            if let Some(before) = column
                .checked_sub(1)
                .and_then(|at| before_last.get(at))
                .filter(|_| swapped)
            {
                cost = cost.min(before + 1);
            }
            current.push(cost);
            left = cost;
        }
        previous = Some(a);
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similar<'c>(name: &str, candidates: &[&'c str]) -> Option<&'c str> {
        Suggestions::default().similar(name, candidates.iter().copied())
    }

    #[test]
    fn a_slip_of_the_fingers_is_found() {
        assert_eq!(similar("Chrage", &["Bake", "Charge"]), Some("Charge"));
        assert_eq!(similar("end", &["Next", "End"]), Some("End"));
        assert_eq!(
            similar("Resorce", &["Result", "Resource", "ResultPath"]),
            Some("Resource")
        );
    }

    #[test]
    fn what_is_far_is_not_suggested() {
        assert_eq!(similar("Pay", &["Bake", "Deliver"]), None);
        assert_eq!(similar("A", &["B"]), None);
        assert_eq!(similar("", &["B"]), None);
    }

    #[test]
    fn the_work_is_limited() {
        let mut suggestions = Suggestions { work: 50 };
        let names = ["aaaaaaaaaa"; 3];
        assert_eq!(suggestions.similar("aaaaaaaaab", names), None);
    }

    #[test]
    fn swapped_neighbours_are_one_error() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("chrage"), &chars("charge")), 1);
        assert_eq!(distance(&chars("abc"), &chars("")), 3);
        assert_eq!(distance(&chars("kitten"), &chars("sitting")), 3);
    }
}
