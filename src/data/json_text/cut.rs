//! The text of an object of which one member changes: everything around the member stays.

use serde_json::{Map, Value};

use super::{Form, JsonText, WORTH_SHARING};
use crate::data::json_size::{json_size, string_size};

/// Where an object's text is about to change.
pub(in crate::data) struct Cut {
    text: JsonText,
    /// How many bytes stay before the member that changes, and before its comma.
    kept: usize,
    /// How many bytes stay after the member.
    rest: usize,
    /// The index of the member.
    member: usize,
}

impl JsonText {
    /// Where this text of `value` changes when `member` changes; `None` if printing all of it again takes less.
    pub(in crate::data) fn cut_at(&self, value: &Value, member: &str) -> Option<Cut> {
        let Value::Object(members) = value else { return None };
        let length = self.length();
        let (kept, rest, place) = if length < WORTH_SHARING {
            place_of(member, members, length)?
        } else {
            late_place_of(member, members, length)?
        };
        Some(Cut {
            text: self.clone(),
            kept,
            rest,
            member: place,
        })
    }
}

impl Cut {
    /// The text of the object after the change; `None` if most of it is new.
    pub(in crate::data) fn text_of(self, members: &Map<String, Value>) -> Option<JsonText> {
        let changed = members.iter().skip(self.member);
        match &self.text.0 {
            Form::Whole(text) if text.len() < WORTH_SHARING => {
                let (kept, rest) = (text.get(..self.kept)?, text.get(text.len().checked_sub(self.rest)?..)?);
                let mut whole = Vec::with_capacity(2 * text.len());
                whole.extend_from_slice(kept.as_bytes());
                self.print(changed.take(1), &mut whole)?;
                whole.extend_from_slice(rest.as_bytes());
                String::from_utf8(whole).ok().map(JsonText::from)
            }
            _ => {
                let mut end = Vec::new();
                self.print(changed, &mut end)?;
                end.push(b'}');
                let end = String::from_utf8(end).ok()?;
                let is_worth_it = end.len() <= self.kept;
                is_worth_it.then(|| self.text.changed(self.kept, end)).flatten()
            }
        }
    }

    /// Prints the members that come at the cut.
    fn print<'m>(&self, members: impl Iterator<Item = (&'m String, &'m Value)>, text: &mut Vec<u8>) -> Option<()> {
        for (place, (name, value)) in (self.member..).zip(members) {
            if place > 0 {
                text.push(b',');
            }
            serde_json::to_writer(&mut *text, name).ok()?;
            text.push(b':');
            serde_json::to_writer(&mut *text, value).ok()?;
        }
        Some(())
    }
}

/// The bytes of an object's text that stay before a member and after it, and its index; a new member goes last.
fn place_of(member: &str, members: &Map<String, Value>, length: usize) -> Option<(usize, usize, usize)> {
    let Some(place) = members.keys().position(|name| name == member) else {
        return Some((length.checked_sub(1)?, 1, members.len()));
    };
    let size = |(name, value): (&String, &Value)| member_size(name, value) + 1;
    let own = members.iter().nth(place).map_or(0, size);
    // The nearer end of the text is where fewer members have to be counted.
    if place < members.len() / 2 {
        let before: usize = members.iter().take(place).map(size).sum();
        let kept = before.max(1);
        let own = own - usize::from(place == 0);
        Some((kept, length.checked_sub(kept + own)?, place))
    } else {
        let after: usize = members.iter().rev().take(members.len() - 1 - place).map(size).sum();
        let own = own - usize::from(place == 0);
        Some((length.checked_sub(own + after + 1)?, after + 1, place))
    }
}

/// The same for a member of the last quarter of the text, as all after it is printed again.
fn late_place_of(member: &str, members: &Map<String, Value>, length: usize) -> Option<(usize, usize, usize)> {
    if !members.contains_key(member) {
        return Some((length.checked_sub(1)?, 1, members.len()));
    }
    let mut end = 1;
    for (place, (name, value)) in members.iter().enumerate().rev() {
        let rest = end;
        end += member_size(name, value) + usize::from(place > 0);
        if end > length / 4 {
            return None;
        }
        if name == member {
            return Some((length.checked_sub(end)?, rest, place));
        }
    }
    None
}

/// The bytes of a member without a comma.
fn member_size(name: &str, value: &Value) -> usize {
    string_size(name) + 1 + json_size(value)
}
