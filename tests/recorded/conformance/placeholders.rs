//! The placeholders of recorded calls, and what stands for them here.
//!
//! A recording has a name of its own for whatever AWS made up, or its test did. In what is sent, and where an answer is
//! compared, such a name stands for one text throughout the case:
//!
//! * `<NAME>` is sent as `NAME`, or as what it was bound to; where an answer has it for the first time, it is bound to what
//!   stands there, and no two names to the same;
//! * `<ExecArnPart_7idx>` is the name of the eighth execution that was started;
//! * a word where an ARN belongs, as `activity_arn`, is sent as an ARN of its kind, unless the answer says `InvalidArn`;
//! * the token `tok` is sent as the one that was answered last, and a UUID that begins with `00000000-` as the first
//!   one of the recorded answer;
//! * the stack output of a deployed machine is the ARN of the machine that its description is of.

use regex_lite::Regex;
use serde_json::{Map, Value};

const ACCOUNT: &str = "111111111111";
const REGION: &str = "us-east-1";
/// The stand-in for a token of a list.
const TOKEN: &str = "tok";

/// What the placeholders of one case stand for.
pub(crate) struct Placeholders {
    /// Placeholder and text, in the order they were bound.
    bound: Vec<(String, String)>,
    starts: usize,
    last_token: Option<String>,
    /// The output of a stack, and the ARN that it is.
    deployed: Option<(String, String)>,
    pattern: Regex,
}

impl Placeholders {
    pub(crate) fn new() -> Self {
        let bound = [("<partition>", "aws"), ("<region>", REGION)];
        Self {
            bound: bound.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec(),
            starts: 0,
            last_token: None,
            deployed: None,
            pattern: Regex::new(r"<[A-Za-z][\w:-]*>").unwrap(),
        }
    }

    /// A request as it is sent. The answer decides what some of its placeholders stand for.
    pub(crate) fn request(&mut self, params: &Value, answer: &Value) -> Value {
        let answer = answer.to_string();
        let sent = params
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), self.sent(name, value, &answer)));
        sent.collect::<Map<_, _>>().into()
    }

    fn sent(&mut self, name: &str, value: &Value, answer: &str) -> Value {
        match value {
            Value::String(text) => self.sent_text(name, text, answer).into(),
            Value::Array(items) => items.iter().map(|item| self.sent(name, item, answer)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.clone(), self.sent(name, value, answer)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn sent_text(&mut self, name: &str, text: &str, answer: &str) -> String {
        if name == "nextToken" && text == TOKEN {
            return self.last_token.clone().unwrap_or_default();
        }
        if text.starts_with("00000000-")
            && let Some(uuid) = self.uuid_of(answer)
        {
            return uuid;
        }
        let text = self.made_up(text);
        let deployed = self.deployed.as_ref().filter(|(output, _)| *output == text);
        if let Some(bound) = deployed.map(|(_, arn)| arn.as_str()).or_else(|| self.text_of(&text)) {
            return bound.to_owned();
        }
        if name.ends_with("Arn") && !text.contains(':') && !answer.contains("InvalidArn") {
            let arn = arn_of(name, &text);
            self.bind(&text, &arn);
            return arn;
        }
        // A definition names what was created before.
        let words = self.bound.iter().filter(|(name, _)| !name.starts_with('<'));
        words.fold(text, |text, (name, bound)| {
            text.replace(&format!("\"{name}\""), &format!("\"{bound}\""))
        })
    }

    /// A text with what its placeholders stand for. One that stands for nothing yet stands for its own name now.
    fn made_up(&mut self, text: &str) -> String {
        let names: Vec<String> = self
            .pattern
            .find_iter(text)
            .map(|found| found.as_str().to_owned())
            .collect();
        let mut text = text.to_owned();
        for name in names {
            if self.text_of(&name).is_none() {
                let made_up = name.trim_matches(['<', '>']).replace(':', "-");
                self.bind(&name, &made_up);
            }
            text = text.replace(&name, self.text_of(&name).unwrap());
        }
        text
    }

    /// The first UUID that an answer speaks of, where it is known.
    fn uuid_of(&self, answer: &str) -> Option<String> {
        let first = answer.find("<uuid:")?;
        let end = answer[first..].find('>')?;
        self.text_of(&answer[first..=first + end]).map(str::to_owned)
    }

    /// An execution was started, or another page was read.
    pub(crate) fn answered(&mut self, op: &str, answer: &Value) {
        if op == "start_execution" {
            let arn = answer["executionArn"].as_str().unwrap();
            let placeholder = format!("<ExecArnPart_{}idx>", self.starts);
            self.starts += 1;
            // An Express execution has other placeholders.
            let name = arn
                .split_once(":execution:")
                .and_then(|(_, names)| names.split(':').nth(1));
            if let Some(name) = name.filter(|_| self.text_of(&placeholder).is_none()) {
                self.bind(&placeholder, name);
            }
        }
        if let Some(token) = answer["nextToken"].as_str() {
            self.last_token = Some(token.to_owned());
        }
    }

    /// Whether an answer's text is the recorded one. What stands for a placeholder the first time is what it stands for from
    /// then on.
    pub(crate) fn matches(&mut self, name: &str, recorded: &str, answered: &str) -> bool {
        let is_word = name.ends_with("Arn") && !recorded.contains(':');
        if is_word && self.text_of(recorded).is_none() {
            return answered.starts_with("arn:aws:") && self.bind(recorded, answered);
        }
        let words = self.bound.iter().filter(|(name, _)| !name.starts_with('<'));
        let answered = words.fold(answered.to_owned(), |text, (name, bound)| text.replace(bound, name));
        let mut pattern = String::from("^");
        let mut unbound = Vec::new();
        let mut end = 0;
        for found in self.pattern.find_iter(recorded) {
            pattern += &regex_lite::escape(&recorded[end..found.start()]);
            end = found.end();
            if let Some(text) = self.text_of(found.as_str()) {
                pattern += &regex_lite::escape(text);
            } else {
                pattern += "([^:/]+)";
                unbound.push(found.as_str().to_owned());
            }
        }
        pattern += &regex_lite::escape(&recorded[end..]);
        let Some(captures) = Regex::new(&(pattern + "$")).unwrap().captures(&answered) else {
            return false;
        };
        let texts: Vec<String> = captures
            .iter()
            .skip(1)
            .map(|text| text.unwrap().as_str().to_owned())
            .collect();
        unbound.iter().zip(texts).all(|(name, text)| self.bind(name, &text))
    }

    /// Whether a number is what it was before under this name.
    pub(crate) fn matches_number(&mut self, name: &str, number: &Value) -> bool {
        let (name, number) = (format!("<{name}>"), number.to_string());
        match self.text_of(&name) {
            Some(text) => text == number,
            None => self.bind(&name, &number),
        }
    }

    /// What a stack output stands for.
    pub(crate) fn deployed(&mut self, output: &str, arn: &str) {
        self.deployed = Some((self.made_up(output), arn.to_owned()));
    }

    fn text_of(&self, name: &str) -> Option<&str> {
        let bound = self.bound.iter().find(|(known, _)| known == name);
        bound.map(|(_, text)| text.as_str())
    }

    /// Whether nothing stands for the text yet.
    fn bind(&mut self, name: &str, text: &str) -> bool {
        let is_new = self.bound.iter().all(|(known, bound)| known == name || bound != text);
        self.bound.push((name.to_owned(), text.to_owned()));
        is_new
    }
}

/// An ARN of the kind that a member holds.
fn arn_of(member: &str, name: &str) -> String {
    let kind = match member {
        "roleArn" => return format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        "activityArn" => "activity:",
        "executionArn" => "execution:made-up:",
        _ => "stateMachine:",
    };
    format!("arn:aws:states:{REGION}:{ACCOUNT}:{kind}{name}")
}
