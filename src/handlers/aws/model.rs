//! Services by the models of their APIs: their operations, with the types of inputs and outputs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use super::api::SERVICES;

/// A service's file in `api`.
#[derive(Debug)]
pub(super) struct Model {
    /// As `aws-sdk:` names it.
    pub(super) name: &'static str,
    text: &'static str,
    /// The members of its structures by their names.
    structures: OnceLock<HashMap<&'static str, &'static str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Json(AwsJson),
    RestJson,
    RestXml {
        /// Of the API: `2006-03-01`.
        version: &'static str,
    },
    Query {
        version: &'static str,
    },
}

/// The protocol AWS JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AwsJson {
    /// `1.0` or `1.1`.
    pub(super) version: &'static str,
    pub(super) target_prefix: &'static str,
    /// Whether the service spoke AWS Query before, and tells the codes of that protocol if it is asked to.
    pub(super) was_query: bool,
}

/// An operation of a service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) model: &'static Model,
    /// As `aws-sdk:` names it: `listObjectsV2`.
    pub(super) action: &'static str,
    pub(super) input: Option<Shape>,
    pub(super) output: Option<Shape>,
    pub(super) method: &'static str,
    /// `/{Bucket}/{Key+}?list-type=2`
    pub(super) path: &'static str,
}

/// A type of values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) model: &'static Model,
    word: &'static str,
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

/// The form of a time on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeForm {
    /// Seconds, perhaps with a fraction.
    Epoch,
    /// `2026-08-28T20:34:59.712Z`.
    Iso,
    /// `Fri, 28 Aug 2026 20:34:59 GMT`.
    Http,
}

/// A member of a structure.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// As Step Functions spells it.
    pub(super) name: &'static str,
    /// As the service spells it.
    pub(super) wire: Cow<'static, str>,
    pub(super) place: Place,
    pub(super) is_required: bool,
    /// Whether the SDK gives it a new id where it is absent: it tells one request from another that is like it.
    pub(super) is_token: bool,
    pub(super) shape: Shape,
}

/// The place of a member in a request or response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Body,
    /// An attribute of the structure's element in XML.
    Attribute,
    /// The whole body.
    Payload,
    Path,
    Query,
    Header,
    /// Headers with the wire name as a prefix.
    Headers,
    Status,
}

static MODELS: LazyLock<HashMap<&str, Model>> = LazyLock::new(|| {
    let models = SERVICES.iter().map(|&(name, text)| Model {
        name,
        text,
        structures: OnceLock::new(),
    });
    models.map(|model| (model.name, model)).collect()
});

impl Model {
    /// The model of a service by its name in `aws-sdk:`; `None` if this version cannot call it.
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        MODELS.get(name)
    }

    /// A word of the line about the service itself.
    fn fact(&self, index: usize) -> &'static str {
        let line = self.text.lines().next();
        line.and_then(|line| line.split(' ').nth(index)).unwrap_or_default()
    }

    /// The name that requests are signed for.
    pub(super) fn signing_name(&self) -> &'static str {
        self.fact(0)
    }

    /// Its class in the AWS SDK for Java 2.
    pub(super) fn class(&self) -> &'static str {
        self.fact(1)
    }

    pub(super) fn protocol(&self) -> Protocol {
        let detail = self.fact(3);
        match self.fact(2) {
            "query" => Protocol::Query { version: detail },
            "rest-xml" => Protocol::RestXml { version: detail },
            "rest-json" => Protocol::RestJson,
            json => Protocol::Json(AwsJson {
                version: json.trim_start_matches("json-"),
                target_prefix: detail,
                was_query: self.fact(4) == "query",
            }),
        }
    }

    /// The codes of the errors that it names.
    pub(super) fn errors(&self) -> &'static str {
        self.lines("! ").next().unwrap_or_default()
    }

    pub(super) fn operation(&'static self, action: &str) -> Option<Operation> {
        let line = self.lines("= ").find(|line| line.split(' ').next() == Some(action))?;
        let mut words = line.split(' ');
        let action = words.next()?;
        let mut shape = || Some(self.shape(words.next()?)).filter(|shape| shape.word != "-");
        Some(Operation {
            model: self,
            action,
            input: shape(),
            output: shape(),
            method: words.next().unwrap_or("POST"),
            path: words.next().unwrap_or("/"),
        })
    }

    fn lines(&self, start: &'static str) -> impl Iterator<Item = &'static str> {
        self.text.lines().filter_map(move |line| line.strip_prefix(start))
    }

    fn shape(&'static self, word: &'static str) -> Shape {
        Shape { model: self, word }
    }

    /// What follows a structure's name in its line.
    fn structure(&self, name: &str) -> &'static str {
        let structures = self.structures.get_or_init(|| {
            let lines = self.text.lines().skip(1).filter(|line| !line.starts_with(['=', '!']));
            lines.map(|line| line.split_once(' ').unwrap_or((line, ""))).collect()
        });
        structures.get(name).copied().unwrap_or_default()
    }
}

impl Operation {
    /// As the service names it: `ListObjectsV2`.
    pub(super) fn name(&self) -> String {
        first_letter(self.action, char::to_ascii_uppercase)
    }
}

impl Shape {
    pub(super) fn kind(self) -> Kind {
        let of = |word| self.model.shape(word);
        match self.word {
            "s" => Kind::Text,
            "x" => Kind::Bytes,
            "n" => Kind::Number,
            "b" => Kind::Boolean,
            "t" => Kind::Time(None),
            "ti" => Kind::Time(Some(TimeForm::Iso)),
            "th" => Kind::Time(Some(TimeForm::Http)),
            "te" => Kind::Time(Some(TimeForm::Epoch)),
            "*" => Kind::Anything,
            word => match (word.strip_prefix('['), word.strip_prefix('%')) {
                (Some(rest), _) => match named(rest) {
                    Some((item, word)) => Kind::List {
                        of: of(word),
                        item: Some(item).filter(|item| !item.is_empty()),
                    },
                    None => Kind::List {
                        of: of(rest),
                        item: Some("member"),
                    },
                },
                (_, Some(rest)) => {
                    let names = named(rest).and_then(|(key, rest)| Some((key, rest.split_once('/')?)));
                    let (key, (value, word)) = names.unwrap_or(("key", ("value", rest)));
                    let of = of(word);
                    Kind::Map { of, key, value }
                }
                _ => Kind::Structure,
            },
        }
    }

    pub(super) fn is_structure(self) -> bool {
        matches!(self.kind(), Kind::Structure)
    }

    /// The members, if it is a structure.
    pub(super) fn members(self) -> impl Iterator<Item = Member> {
        let line = match self.kind() {
            Kind::Structure => self.model.structure(self.word),
            _ => "",
        };
        let mut words = line.split(' ');
        std::iter::from_fn(move || {
            let (described, word) = (words.next()?, words.next()?);
            let (described, place) = described.split_once('@').unwrap_or((described, ""));
            let (described, wire) = match described.split_once('=') {
                None => (described, None),
                Some((described, wire)) => (described, Some(wire)),
            };
            let name = described.trim_start_matches(['!', '+']);
            Some(Member {
                name,
                wire: match wire {
                    None => name.into(),
                    Some("") => first_letter(name, char::to_ascii_lowercase).into(),
                    Some(wire) => wire.into(),
                },
                place: match place {
                    "P" => Place::Payload,
                    "a" => Place::Attribute,
                    "u" => Place::Path,
                    "q" => Place::Query,
                    "h" => Place::Header,
                    "H" => Place::Headers,
                    "s" => Place::Status,
                    _ => Place::Body,
                },
                is_required: described.starts_with('!'),
                is_token: described.starts_with('+'),
                shape: self.model.shape(word),
            })
        })
    }
}

/// `/NAME/rest`.
fn named(word: &'static str) -> Option<(&'static str, &'static str)> {
    word.strip_prefix('/')?.split_once('/')
}

fn first_letter(name: &str, change: impl Fn(&char) -> char) -> String {
    let mut letters = name.chars();
    let first = letters.next();
    first.iter().map(change).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_a_file_names_is_there() {
        for (name, text) in SERVICES {
            let model = Model::of(name).unwrap();
            assert!(!model.signing_name().is_empty() && !model.class().is_empty(), "{name}");
            let is_known = match model.protocol() {
                Protocol::Json(json) => matches!(json.version, "1.0" | "1.1") && !json.target_prefix.is_empty(),
                Protocol::RestXml { version } | Protocol::Query { version } => version.len() == "2006-03-01".len(),
                Protocol::RestJson => true,
            };
            assert!(is_known, "{name}");
            let mut checked = 0;
            for line in text.lines().skip(1) {
                let mut words = line.split(' ');
                match words.next().unwrap() {
                    "=" => {
                        let operation = model.operation(words.next().unwrap()).unwrap();
                        for shape in [operation.input, operation.output].into_iter().flatten() {
                            is_there(shape);
                        }
                        assert!(operation.path.starts_with('/'), "{name}: {line}");
                        checked += 1;
                    }
                    "!" => assert_eq!(model.errors().split(' ').count(), words.count(), "{name}"),
                    structure => {
                        let members = model.shape(structure).members().collect::<Vec<_>>();
                        assert_eq!(members.len() * 2, words.count(), "{name}: {line}");
                        for member in members {
                            is_there(member.shape);
                        }
                    }
                }
            }
            assert!(checked > 0, "{name}");
        }
        assert!(Model::of("nothing").is_none());
    }

    fn is_there(shape: Shape) {
        match shape.kind() {
            Kind::Structure => {
                shape.model.structure(shape.word);
                let known = shape.model.structures.get().unwrap();
                assert!(known.contains_key(shape.word), "{}: {}", shape.model.name, shape.word);
            }
            Kind::List { of, .. } | Kind::Map { of, .. } => is_there(of),
            _ => {}
        }
    }

    #[test]
    fn names_on_the_wire_are_read() {
        let input = Model::of("s3")
            .unwrap()
            .operation("listObjectsV2")
            .unwrap()
            .input
            .unwrap();
        let bucket = input.members().next().unwrap();
        assert_eq!(
            (bucket.name, &*bucket.wire, bucket.place, bucket.is_required),
            ("Bucket", "Bucket", Place::Path, true)
        );
        let ecs = Model::of("ecs").unwrap().operation("runTask").unwrap();
        assert_eq!(ecs.name(), "RunTask");
        let member = ecs
            .input
            .unwrap()
            .members()
            .find(|member| member.name == "TaskDefinition");
        assert_eq!(member.unwrap().wire, "taskDefinition");
    }
}
