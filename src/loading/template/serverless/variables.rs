//! The values of the framework's variables.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::syntax::{file, is_program, next_variable, pseudo_parameters, scalar, sources, whole};
use super::value::{Located, Opened, Value, of_kind};
use crate::data::json::{Kind, Node, Span, Substitutions};
use crate::definition::MAX_CHARACTERS;
use crate::loading::report::Report;
use crate::loading::template::deployment::{ACCOUNT, REGION};
use crate::loading::template::rewriting::Rewriting;
use crate::loading::template::{Format, read_tree, size};
use crate::loading::yaml;

/// How deep variables are resolved inside of variables.
const MAX_VARIABLES: usize = 16;

/// How many files variables may name.
const MAX_FILES: usize = 1_000;

/// What is put in the place of a variable without a value, which stands somewhere; `None` if it stays.
type Unknown<'u> = &'u mut dyn FnMut(&str, Span) -> Option<String>;

type Open<'a> = &'a mut dyn FnMut(&str) -> Result<String, String>;

/// The values of variables, and the files that they come from.
pub(super) struct Variables<'a> {
    root: &'a Node,
    given: &'a Substitutions,
    open: RefCell<Open<'a>>,
    files: RefCell<Vec<Asked>>,
    /// How much text variables may still add.
    room: Cell<usize>,
}

/// A file that a variable has named, with what came of reading it.
struct Asked {
    path: String,
    read: Result<Rc<Opened>, String>,
}

impl<'a> Variables<'a> {
    pub(super) fn of(root: &'a Node, given: &'a Substitutions, open: Open<'a>) -> Self {
        Self {
            root,
            given,
            open: RefCell::new(open),
            files: RefCell::default(),
            room: Cell::new(MAX_CHARACTERS),
        }
    }

    /// The value of a variable, if the value is one; else the value itself.
    pub(super) fn resolved(&self, located: Located) -> Value {
        match located.node.as_str().and_then(whole) {
            Some(variable) => self.value(variable, MAX_VARIABLES),
            None => Value::Known(located),
        }
    }

    /// Puts the values of variables in everywhere below `node`. Those without one stay, as placeholders.
    pub(super) fn put_in(&self, node: &mut Node, report: &mut Report) {
        self.put_in_within(node, MAX_VARIABLES, &mut |variable, span| {
            // What is a name is found, and told, where all placeholders are.
            if !is_name(variable) {
                report.placeholders().add(variable.to_owned(), span);
            }
            None
        });
    }

    /// The same for the text of a whole definition, in which variables without a value become names of placeholders.
    pub(super) fn put_in_definition(&self, node: &mut Node) -> Substitutions {
        let mut names = Substitutions::new();
        let mut count = 0;
        self.put_in_within(node, MAX_VARIABLES, &mut |variable, _| {
            if is_name(variable) {
                return None;
            }
            count += 1;
            let name = format!("AWS::Serverless.{count}");
            names = std::mem::take(&mut names).with_written(&name, format!("${{{variable}}}"));
            Some(format!("${{{name}}}"))
        });
        names
    }

    fn put_in_within(&self, node: &mut Node, depth: usize, unknown: Unknown<'_>) {
        match &mut node.kind {
            Kind::Array(elements) => {
                for element in elements {
                    self.put_in_within(element, depth, unknown);
                }
            }
            Kind::Object(object) => {
                for member in &mut object.members {
                    if let Some(key) = self.key(&member.key, depth) {
                        member.key = key;
                    }
                    self.put_in_within(&mut member.value, depth, unknown);
                }
            }
            Kind::String(text) if text.contains("${") || text.contains("#{") => {
                *text = pseudo_parameters(text);
                self.put_in_text(node, depth, unknown);
            }
            _ => {}
        }
    }

    /// A name with the values of its variables, as far as they are known.
    pub(super) fn name(&self, name: &str) -> String {
        self.key(name, MAX_VARIABLES).unwrap_or_else(|| name.to_owned())
    }

    /// A key with the values of its variables; `None` if it has none.
    fn key(&self, key: &str, depth: usize) -> Option<String> {
        next_variable(key)?;
        self.without_variables(key, depth)
    }

    fn put_in_text(&self, node: &mut Node, depth: usize, unknown: Unknown<'_>) {
        let text = node.as_str().unwrap_or_default();
        if let Some(Value::Known(found)) = whole(text).map(|variable| self.value(variable, depth)) {
            node.kind = found.node.kind;
            node.text_map = None;
            node.stamp(node.span);
            if let Some(depth) = depth.checked_sub(1).filter(|_| node.as_str().is_none()) {
                self.put_in_within(node, depth, unknown);
            }
            return;
        }
        let Some(mut rewriting) = Rewriting::of(node) else {
            return;
        };
        let (mut at, mut is_unresolved) = (0, false);
        while let Some((before, variable, _)) = text.get(at..).and_then(next_variable) {
            let start = at + before.len();
            let end = start + variable.len() + 3;
            rewriting.keep(at, start);
            let value = self
                .value(variable, depth)
                .known()
                .and_then(|found| scalar(&found.node.kind));
            if let Some(value) = value.or_else(|| unknown(variable, node.span)) {
                rewriting.put(&value, start, end);
            } else {
                is_unresolved |= !is_name(variable);
                rewriting.keep(start, end);
            }
            at = end;
        }
        rewriting.keep(at, text.len());
        let mut rewritten = rewriting.finish();
        rewritten.unresolved |= is_unresolved;
        *node = rewritten;
    }

    /// The value of a variable, which is the first of its sources that has one.
    fn value(&self, variable: &str, depth: usize) -> Value {
        let unknown = || Value::Unknown(variable.to_owned());
        let Some(depth) = depth.checked_sub(1) else {
            return unknown();
        };
        if let Some(given) = self.given_value(variable) {
            return given;
        }
        let mut last = unknown();
        for source in sources(variable) {
            let found = match self.without_variables(source, depth) {
                Some(source) => self.of_source(&source, depth),
                None => unknown(),
            };
            match found {
                // Values that name each other could fill the memory.
                Value::Known(found) => match self.room.get().checked_sub(size(&found.node.kind)) {
                    Some(room) => {
                        self.room.set(room);
                        return Value::Known(found);
                    }
                    None => return unknown(),
                },
                Value::Unknown(_) => {}
                Value::Program(path) => return Value::Program(path),
                other => last = other,
            }
        }
        last
    }

    /// A text with the values of the variables inside; `None` if one has none.
    fn without_variables(&self, text: &str, depth: usize) -> Option<String> {
        let mut resolved = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, inner, after)) = next_variable(rest) {
            resolved.push_str(before);
            resolved.push_str(&scalar(&self.value(inner, depth).known()?.node.kind)?);
            rest = after;
        }
        resolved.push_str(rest);
        Some(resolved)
    }

    /// The value that the user gives to a variable, or to one of its sources.
    fn given_value(&self, name: &str) -> Option<Value> {
        let given = self.given.value(name)?;
        let kind = yaml::plain(given, 0).unwrap_or_else(|| Kind::String(given.to_owned()));
        Some(Value::Known(of_kind(kind, self.root.span)))
    }

    fn of_source(&self, source: &str, depth: usize) -> Value {
        if let Some(given) = self.given_value(source) {
            return given;
        }
        let unknown = || Value::Unknown(source.to_owned());
        let known = |kind: Kind| Value::Known(of_kind(kind, self.root.span));
        for quote in ['\'', '"'] {
            if let Some(text) = source.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
                return known(Kind::String(text.to_owned()));
            }
        }
        if let Some((path, keys)) = file(source) {
            return self.of_file(path, keys, depth);
        }
        let Some((kind, name)) = source.split_once(':') else {
            return yaml::plain(source, 0).map_or_else(unknown, known);
        };
        let text = |text: &str| known(Kind::String(text.to_owned()));
        match (kind, name) {
            ("self", path) => self.walk(self.root, None, path, depth).unwrap_or_else(unknown),
            ("sls", "stage") => {
                let stage = self.walk(self.root, None, "provider.stage", depth);
                stage.unwrap_or_else(|| text("dev"))
            }
            ("aws", "region") => text(REGION),
            ("aws", "accountId") => text(ACCOUNT),
            _ => unknown(),
        }
    }

    /// The value of `${file(path):keys}`.
    fn of_file(&self, path: &str, keys: &str, depth: usize) -> Value {
        if is_program(path) {
            return Value::Program(path.to_owned());
        }
        let file = match self.opened(path) {
            Ok(file) => file,
            Err(reason) => {
                return Value::Unreadable {
                    path: path.to_owned(),
                    reason,
                };
            }
        };
        self.walk(&file.root, Some(&file), keys, depth)
            .unwrap_or_else(|| Value::Missing {
                path: path.to_owned(),
                keys: keys.to_owned(),
            })
    }

    fn opened(&self, path: &str) -> Result<Rc<Opened>, String> {
        if let Some(asked) = self.files.borrow().iter().find(|asked| asked.path == path) {
            return asked.read.clone();
        }
        if self.files.borrow().len() == MAX_FILES {
            return Err("there are too many files".to_owned());
        }
        let read = (self.open.borrow_mut())(path).and_then(|text| {
            let root = read_tree(&text, Format::of(path, &text), &mut Report::new(&text));
            let root = root.ok_or("it is neither JSON nor YAML")?;
            Ok(Rc::new(Opened {
                path: path.to_owned(),
                text,
                root,
            }))
        });
        self.files.borrow_mut().push(Asked {
            path: path.to_owned(),
            read: read.clone(),
        });
        read
    }

    /// The value that `path` leads to from `start`, through variables too.
    fn walk(&self, start: &Node, file: Option<&Rc<Opened>>, path: &str, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let (mut node, mut rest) = (start, path);
        loop {
            if let Some(variable) = node.as_str().and_then(whole) {
                return match self.value(variable, depth) {
                    Value::Known(found) if !rest.is_empty() => self.walk(&found.node, found.file.as_ref(), rest, depth),
                    value => Some(value),
                };
            }
            if rest.is_empty() {
                break;
            }
            let (key, behind) = rest.split_once('.').unwrap_or((rest, ""));
            node = step(node, key)?;
            rest = behind;
        }
        let mut found = Located {
            node: node.clone(),
            file: file.cloned(),
        };
        if let Some(text) = node.as_str().filter(|text| next_variable(text).is_some()) {
            found.node.kind = Kind::String(self.without_variables(text, depth)?);
        }
        Some(Value::Known(found))
    }
}

/// Whether a variable is also the name of a placeholder.
fn is_name(variable: &str) -> bool {
    variable.bytes().all(Substitutions::is_name_byte)
}

/// The value of a key or an index.
fn step<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.kind {
        Kind::Array(elements) => elements.get(key.parse::<usize>().ok()?),
        _ => node.field(key),
    }
}
