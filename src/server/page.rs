//! Pages of lists.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::request::Request;
use crate::services::step_functions::StepFunctionsError;

/// The default page size, also for `maxResults` 0.
const DEFAULT: usize = 100;
const MOST: i64 = 1_000;

/// The page of a list in a request.
///
/// A token holds the key of the last item of the previous page, so items created or deleted meanwhile neither repeat
/// nor hide others.
#[derive(Debug)]
pub(super) struct Page {
    most: usize,
    token: Option<String>,
}

impl Page {
    /// Reads `maxResults` and `nextToken`.
    pub(super) fn read(request: &mut Request<'_>, longest_token: usize) -> Self {
        let most = request.number("maxResults", 0..=MOST).unwrap_or(0);
        let token = request.text("nextToken", 1..=longest_token);
        Self {
            most: usize::try_from(most).ok().filter(|most| *most > 0).unwrap_or(DEFAULT),
            token: token.map(str::to_owned),
        }
    }

    /// The most items of the page.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// The key of the last item of the previous page, if there was one. `list` names the list: a token of another list is
    /// refused.
    pub(super) fn after(&self, list: &str) -> Result<Option<String>, StepFunctionsError> {
        let Some(token) = &self.token else { return Ok(None) };
        key_of(token, list)
            .map(Some)
            .ok_or_else(StepFunctionsError::invalid_token)
    }

    /// A page of items, which are in ascending order of their keys; those before it may be left out.
    pub(super) fn of(
        self,
        member: &str,
        list: &str,
        items: impl Iterator<Item = (String, Value)>,
    ) -> Result<Value, StepFunctionsError> {
        let after = self.after(list)?;
        let mut items = items.filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
        let page: Vec<(String, Value)> = items.by_ref().take(self.most).collect();
        let next = page.last().filter(|_| items.next().is_some());
        let next = next.map(|(key, _)| key.clone());
        Ok(answer(
            member,
            list,
            page.into_iter().map(|(_, item)| item),
            next.as_deref(),
        ))
    }
}

/// The answer with a page; `next` is the key of its last item, if more may follow.
pub(super) fn answer(member: &str, list: &str, items: impl Iterator<Item = Value>, next: Option<&str>) -> Value {
    let mut answer = Map::new();
    answer.insert(member.to_owned(), Value::Array(items.collect()));
    if let Some(key) = next {
        let token = URL_SAFE_NO_PAD.encode(json!([list, key]).to_string());
        answer.insert("nextToken".to_owned(), token.into());
    }
    answer.into()
}

/// A key that sorts items by number, ascending.
pub(super) fn ascending(number: u64) -> String {
    format!("{number:020}")
}

/// A key that sorts items by number, descending.
pub(super) fn descending(number: u64) -> String {
    ascending(u64::MAX - number)
}

/// The order of a list whose items have numbers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Ascending,
    Descending,
}

impl Order {
    pub(super) fn key(self, number: u64) -> String {
        match self {
            Self::Ascending => ascending(number),
            Self::Descending => descending(number),
        }
    }

    /// The number of a key that came in a token, if one came.
    pub(super) fn number_in(self, key: Option<&str>) -> Result<Option<u64>, StepFunctionsError> {
        let Some(key) = key else { return Ok(None) };
        let number: u64 = key.parse().map_err(|_| StepFunctionsError::invalid_token())?;
        Ok(Some(match self {
            Self::Ascending => number,
            Self::Descending => u64::MAX - number,
        }))
    }
}

fn key_of(token: &str, list: &str) -> Option<String> {
    let text = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (of, key): (String, String) = serde_json::from_slice(&text).ok()?;
    (of == list).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(most: u64, token: Option<&Value>, numbers: &[u64]) -> Result<Value, StepFunctionsError> {
        let mut body = json!({ "maxResults": most });
        if let Some(token) = token {
            body["nextToken"] = token.clone();
        }
        let mut request = Request::of(&body, &["maxResults", "nextToken"])?;
        let page = Page::read(&mut request, 1024);
        request.check()?;
        page.of("numbers", "all", numbers.iter().map(|n| (ascending(*n), json!(n))))
    }

    #[test]
    fn pages_are_the_list_in_pieces() {
        let first = page(2, None, &[1, 2, 3]).unwrap();
        assert_eq!(first["numbers"], json!([1, 2]));
        // Item two was deleted meanwhile; no other item is skipped.
        let second = page(2, Some(&first["nextToken"]), &[1, 3, 4, 5]).unwrap();
        assert_eq!(second["numbers"], json!([3, 4]));
        let third = page(2, Some(&second["nextToken"]), &[1, 3, 4, 5]).unwrap();
        assert_eq!(third, json!({ "numbers": [5] }));
    }

    #[test]
    fn a_token_belongs_to_its_list() {
        let token = URL_SAFE_NO_PAD.encode(json!(["others", "1"]).to_string());
        for token in [json!(token), json!("no token")] {
            assert_eq!(page(1, Some(&token), &[1]).unwrap_err().code(), "InvalidToken");
        }
        assert_eq!(page(0, None, &[1]).unwrap(), json!({ "numbers": [1] }));
    }
}
