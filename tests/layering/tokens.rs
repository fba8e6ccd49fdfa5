//! The code of one source file as a row of tokens: no comments, no attributes, no tests.

use proc_macro2::{Delimiter, Group, LexError, TokenStream, TokenTree};

/// What is left of a file.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) tokens: Vec<Token>,
    /// The modules in files of their own that are compiled for tests alone.
    pub(crate) test_modules: Vec<String>,
}

/// A word, `::`, a bracket or any other mark; a literal has no text.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
    pub(crate) is_word: bool,
}

/// The code of a text, which fails where its brackets do not match or a text has no end.
pub(crate) fn code(text: &str) -> Result<Code, LexError> {
    let mut code = Code::default();
    code.read(text.parse()?);
    Ok(code)
}

impl Code {
    fn read(&mut self, stream: TokenStream) {
        let mut trees = stream.into_iter().peekable();
        while let Some(tree) = trees.next() {
            let line = tree.span().start().line;
            match tree {
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    trees.next_if(|tree| matches!(tree, TokenTree::Punct(mark) if mark.as_char() == '!'));
                    let attribute = trees.next_if(|tree| matches!(tree, TokenTree::Group(_)));
                    if let Some(TokenTree::Group(attribute)) = attribute {
                        if is_of_tests(&attribute) {
                            self.test_modules.extend(skip_item(&mut trees));
                        } else {
                            self.read_texts(&attribute);
                        }
                    }
                }
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::None => ("", ""),
                    };
                    self.push(open, line, false);
                    self.read(group.stream());
                    self.push(close, group.span_close().start().line, false);
                }
                TokenTree::Punct(mark) => match self.tokens.last_mut() {
                    Some(last) if mark.as_char() == ':' && last.text == ":" => last.text.push(':'),
                    _ => self.push(&mark.as_char().to_string(), line, false),
                },
                TokenTree::Ident(word) => self.push(&word.to_string(), line, true),
                TokenTree::Literal(_) => self.push("", line, false),
            }
        }
    }

    /// Reads the paths that an attribute gives as texts: `#[serde(with = "super::seconds")]`.
    fn read_texts(&mut self, attribute: &Group) {
        for tree in attribute.stream() {
            match tree {
                TokenTree::Group(group) => self.read_texts(&group),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let path: Vec<_> = text.trim_matches('"').split("::").collect();
                    let is_word = |part: &&str| part.chars().all(|c| c.is_alphanumeric() || c == '_');
                    if path.len() > 1 && path.iter().all(is_word) {
                        let line = literal.span().start().line;
                        let marks = std::iter::once(";").chain(std::iter::repeat("::"));
                        for (mark, part) in marks.zip(path) {
                            self.push(mark, line, false);
                            self.push(part, line, true);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn push(&mut self, text: &str, line: usize, is_word: bool) {
        self.tokens.push(Token {
            text: text.to_owned(),
            line,
            is_word,
        });
    }
}

/// Whether an attribute is `cfg(test)`, `cfg(all(test, …))` or `cfg(all(doctest, …))`.
fn is_of_tests(attribute: &Group) -> bool {
    let text: String = attribute.stream().to_string().split_whitespace().collect();
    text == "cfg(test)" || text.starts_with("cfg(all(test,") || text.starts_with("cfg(all(doctest,")
}

/// Skips an item to its block or semicolon; the module that it declares, if it is one.
fn skip_item(trees: &mut impl Iterator<Item = TokenTree>) -> Option<String> {
    let mut words = Vec::new();
    for tree in trees {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return None,
            TokenTree::Punct(mark) if mark.as_char() == ';' => break,
            TokenTree::Ident(word) => words.push(word.to_string()),
            _ => {}
        }
    }
    let declares = words.iter().rev().nth(1).is_some_and(|word| word == "mod");
    words.pop().filter(|_| declares)
}
