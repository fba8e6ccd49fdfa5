use jlens_core::ast::{Ast, FallbackOp, NodeKind};

use crate::data::jsonata::JsonataSyntaxError;

/// The syntax error of JSONata 2.0.6 for the first operator that it does not have. It parses `a ?? b` and `a ?: b` as a
/// condition whose second operator lacks its left side.
pub(super) fn later_operator(ast: &Ast) -> Option<JsonataSyntaxError> {
    let mut found: Option<(usize, FallbackOp)> = None;
    super::analysis::walk(&ast.root, &mut |node| {
        if let NodeKind::Fallback { op, .. } = &node.kind
            && found.is_none_or(|(before, _)| node.pos < before)
        {
            found = Some((node.pos, *op));
        }
    });
    found.map(|(end, operator)| {
        let symbol = match operator {
            FallbackOp::Default => ":",
            FallbackOp::Coalesce => "?",
        };
        JsonataSyntaxError {
            code: "S0211".to_owned(),
            message: format!("The symbol \"{symbol}\" cannot be used as a unary operator"),
            offset: end.saturating_sub(symbol.len()),
        }
    })
}
