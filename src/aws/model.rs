//! Services whose operations are modelled, with the shapes of their inputs and outputs.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::scalar::TimeForm;

/// A service's file. Its first line explains the format.
#[derive(Debug)]
pub(super) struct Model {
    /// As `aws-sdk:` names it.
    name: &'static str,
    text: &'static str,
    /// The lines of its shapes by their names.
    shapes: OnceLock<HashMap<&'static str, &'static str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    RestJson,
    RestXml,
    Query,
}

/// An operation of a service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    /// `/{Bucket}/{Key+}?list-type=2`
    pub(super) path: &'static str,
    pub(super) input: Option<Shape>,
    pub(super) output: Option<Shape>,
}

/// A type of values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    model: &'static Model,
    /// What follows the shape's name in its line.
    words: &'static str,
    kind: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Structure,
    List {
        of: Shape,
        /// The name of an item's element in XML; `None` if the items stand in place of the list.
        item: Option<&'static str>,
    },
    Map {
        of: Shape,
        key: &'static str,
        value: &'static str,
    },
    Text,
    Bytes,
    Number,
    Boolean,
    Time(Option<TimeForm>),
    Anything,
}

/// A member of a structure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// As Step Functions spells it.
    pub(super) name: &'static str,
    /// As the service spells it.
    pub(super) wire: &'static str,
    pub(super) place: Place,
    pub(super) is_required: bool,
    pub(super) shape: Shape,
}

/// The place of a member in a request or response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Body,
    /// The whole body.
    Payload,
    Path,
    Query,
    Header,
    /// Headers with the wire name as a prefix.
    Headers,
    Status,
}

const fn model(name: &'static str, text: &'static str) -> Model {
    Model {
        name,
        text,
        shapes: OnceLock::new(),
    }
}

static MODELS: [Model; 9] = [
    model("batch", include_str!("api/batch.txt")),
    model("bedrockruntime", include_str!("api/bedrockruntime.txt")),
    model("databrew", include_str!("api/databrew.txt")),
    model("lambda", include_str!("api/lambda.txt")),
    model("s3", include_str!("api/s3.txt")),
    model("scheduler", include_str!("api/scheduler.txt")),
    model("sesv2", include_str!("api/sesv2.txt")),
    model("sns", include_str!("api/sns.txt")),
    model("sts", include_str!("api/sts.txt")),
];

impl Model {
    /// The model of a service by its name in `aws-sdk:`.
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.name == name)
    }

    /// A word of the line about the service itself.
    fn fact(&self, index: usize) -> &'static str {
        let line = self.text.lines().find(|line| !line.starts_with('#'));
        line.and_then(|line| line.split(' ').nth(index)).unwrap_or_default()
    }

    pub(super) fn protocol(&self) -> Protocol {
        match self.fact(0) {
            "query" => Protocol::Query,
            "rest-xml" => Protocol::RestXml,
            _ => Protocol::RestJson,
        }
    }

    pub(super) fn signing_name(&self) -> &'static str {
        self.fact(1)
    }

    /// Its class in the AWS SDK for Java 2.
    pub(super) fn class(&self) -> &'static str {
        self.fact(2)
    }

    pub(super) fn version(&self) -> &'static str {
        self.fact(3)
    }

    /// The codes of the errors that it names.
    pub(super) fn errors(&self) -> &'static str {
        self.lines("!").next().unwrap_or_default()
    }

    pub(super) fn operation(&'static self, action: &str) -> Option<Operation> {
        let line = self.lines("=").find(|line| line.split(' ').next() == Some(action))?;
        let mut words = line.split(' ');
        Some(Operation {
            name: words.next()?,
            method: words.next()?,
            path: words.next()?,
            input: self.shape(words.next()?),
            output: self.shape(words.next()?),
        })
    }

    fn lines(&self, kind: &'static str) -> impl Iterator<Item = &'static str> {
        let lines = self.text.lines();
        lines.filter_map(move |line| line.strip_prefix(kind)?.strip_prefix(' '))
    }

    fn shape(&'static self, name: &str) -> Option<Shape> {
        let shapes = self.shapes.get_or_init(|| {
            let lines = self.text.lines().filter(|line| !line.starts_with(['#', '=', '!']));
            lines.filter_map(|line| Some((line.split(' ').nth(1)?, line))).collect()
        });
        let line = shapes.get(name)?;
        let (kind, rest) = line.split_once(' ')?;
        Some(Shape {
            model: self,
            words: rest.split_once(' ').map_or("", |(_, words)| words),
            kind,
        })
    }
}

impl Shape {
    pub(super) fn kind(self) -> Kind {
        let mut words = self.words.split(' ');
        let mut word = || words.next().unwrap_or_default();
        let of = |name: &str| self.model.shape(name);
        match self.kind {
            "{" => Kind::Structure,
            "[" => of(word()).map_or(Kind::Anything, |of| Kind::List {
                of,
                item: Some(word()).filter(|item| *item != "~"),
            }),
            "%" => of(word()).map_or(Kind::Anything, |of| Kind::Map {
                of,
                key: word(),
                value: word(),
            }),
            "s" => Kind::Text,
            "x" => Kind::Bytes,
            "n" => Kind::Number,
            "b" => Kind::Boolean,
            "t" => Kind::Time(match word() {
                "iso" => Some(TimeForm::Iso),
                "http" => Some(TimeForm::Http),
                "epoch" => Some(TimeForm::Epoch),
                _ => None,
            }),
            _ => Kind::Anything,
        }
    }

    /// The members, if it is a structure.
    pub(super) fn members(self) -> impl Iterator<Item = Member> {
        let words = if self.kind == "{" { self.words } else { "" };
        let mut words = words.split(' ');
        std::iter::from_fn(move || {
            let (described, shape) = (words.next()?, words.next()?);
            let shape = self.model.shape(shape)?;
            let (described, place) = described.split_once('@').unwrap_or((described, ""));
            let (name, wire) = described.split_once('=').unwrap_or((described, ""));
            let plain = name.trim_start_matches('!');
            Some(Member {
                name: plain,
                wire: if wire.is_empty() { plain } else { wire },
                place: match place {
                    "P" => Place::Payload,
                    "u" => Place::Path,
                    "q" => Place::Query,
                    "h" => Place::Header,
                    "H" => Place::Headers,
                    "s" => Place::Status,
                    _ => Place::Body,
                },
                is_required: plain.len() < name.len(),
                shape,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_that_a_file_names_is_there() {
        for model in &MODELS {
            let mut operations = 0;
            for line in model.lines("=") {
                let operation = model.operation(line.split(' ').next().unwrap()).unwrap();
                let named = line.split(' ').skip(3);
                let there = [operation.input, operation.output];
                for (name, shape) in named.zip(there) {
                    assert_eq!(shape.is_some(), name != "-", "{} {name}", model.name);
                }
                operations += 1;
            }
            assert!(operations > 0, "{}", model.name);
            let lines = model.text.lines().skip(2);
            for line in lines.filter(|line| line.starts_with(['{', '[', '%'])) {
                let shape = model.shape(line.split(' ').nth(1).unwrap()).unwrap();
                let members = shape.members().count();
                match shape.kind() {
                    Kind::Structure => assert_eq!(members, line.split(' ').count().saturating_sub(2) / 2, "{line}"),
                    Kind::List { .. } | Kind::Map { .. } => {}
                    _ => panic!("{}: {line}", model.name),
                }
            }
            assert!(!model.errors().is_empty(), "{}", model.name);
        }
    }
}
