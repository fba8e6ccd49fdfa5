use super::segment::Segment;
use super::{Root, SyntaxError};

/// The most segments a path may have.
const MAX_SEGMENTS: usize = 64;

pub(super) fn path(text: &str) -> Result<(Root, Vec<Segment>), SyntaxError> {
    let (root, start) = root(text)?;
    let mut parser = Parser {
        text,
        offset: start,
    };
    let mut segments = Vec::new();
    while let Some(segment) = parser.segment()? {
        if segments.len() == MAX_SEGMENTS {
            return Err(parser.error("the path has more than 64 segments"));
        }
        segments.push(segment);
    }
    Ok((root, segments))
}

fn root(text: &str) -> Result<(Root, usize), SyntaxError> {
    let Some(rest) = text.strip_prefix('$') else {
        return Err(SyntaxError::new("a path starts with `$`", 0));
    };
    if rest.starts_with('$') {
        return Ok((Root::Context, 2));
    }
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    match rest.get(..end) {
        None | Some("") => Ok((Root::Input, 1)),
        Some(name) if is_variable_name(name) => Ok((Root::Variable(name.to_owned()), 1 + end)),
        Some(name) => Err(SyntaxError::new(
            format!("`{name}` is no name of a variable"),
            1,
        )),
    }
}

fn is_variable_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && chars.all(|next| next.is_alphanumeric() || next == '_')
}

struct Parser<'t> {
    text: &'t str,
    offset: usize,
}

impl Parser<'_> {
    fn segment(&mut self) -> Result<Option<Segment>, SyntaxError> {
        let rest = self.text.get(self.offset..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        if let Some(inner) = rest.strip_prefix('[') {
            let Some(end) = inner.find(']') else {
                return Err(self.error("`[` is not closed"));
            };
            let text = inner.get(..end).unwrap_or_default().trim();
            self.offset += end + 2;
            if text == "*" {
                return Ok(Some(Segment::Wildcard));
            }
            if let Some(name) = text
                .strip_prefix('\'')
                .and_then(|text| text.strip_suffix('\''))
            {
                return Ok(Some(Segment::Name(name.into())));
            }
            return text
                .parse()
                .map(Segment::Index)
                .map(Some)
                .map_err(|_| self.error("no index"));
        }
        let Some(rest) = rest.strip_prefix('.') else {
            return Err(self.error("expected `.` or `[`"));
        };
        let end = rest.find(['.', '[', ' ']).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        if name.is_empty() {
            return Err(self.error("expected a name"));
        }
        self.offset += end + 1;
        Ok(Some(if name == "*" {
            Segment::Wildcard
        } else {
            Segment::Name(name.into())
        }))
    }

    fn error(&self, message: &str) -> SyntaxError {
        SyntaxError::new(message, self.offset)
    }
}
