//! The short tags of CloudFormation.

use saphyr_parser::Tag;

use crate::data::json::{Kind, Member, Node, Object};

/// The name of a local tag (`!Sub`), as in CloudFormation.
pub(super) fn short_tag(tag: &Tag) -> Option<String> {
    (tag.handle == "!" && !tag.suffix.is_empty()).then(|| tag.suffix.clone())
}

/// `!Ref x` as `{"Ref": x}`, `!Sub x` as `{"Fn::Sub": x}`.
pub(super) fn intrinsic(tag: String, value: Node) -> Node {
    let key = if tag == "Ref" || tag == "Condition" {
        tag
    } else {
        format!("Fn::{tag}")
    };
    let span = value.span;
    Node {
        span,
        kind: Kind::Object(Object {
            members: vec![Member {
                key,
                key_span: span,
                key_unresolved: false,
                value,
            }],
        }),
        unresolved: false,
        text_map: None,
    }
}
