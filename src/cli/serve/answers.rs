//! `--answer`: one answer for all tasks of a resource, or for all calls of a function.

use async_trait::async_trait;
use clap::Args;
use serde_json::Value;
use std::sync::Arc;

use crate::TaskError;
use crate::cli::arguments::{pair, read_file};
use crate::cli::failure::Failure;
use crate::definition::{Resource, StringPattern};
use crate::execution::Task;
use crate::handlers::{Handler, S3_RESOURCES, TaskContext};
use crate::history::ErrorOutput;
use crate::programs::FunctionProgram;
use crate::runtime::{Interpreter, Mocks};
use crate::services::lambda::FunctionName;
use crate::simulation::mocked_answer;

type Answer = Result<Value, ErrorOutput>;

/// Options for answers.
#[derive(Args)]
pub(super) struct AnswerOptions {
    /// File with the answer to every task of a resource, by the resource's ARN or the name of a Lambda function:
    /// `{"Return": …}` or `{"Throw": {"Error": …, "Cause": …}}`; may be given more than once
    #[arg(long, value_name = "RESOURCE=FILE", value_parser = pair)]
    answer: Vec<(String, String)>,
}

impl AnswerOptions {
    /// Whether there are some to tasks of other resources than functions.
    pub(super) fn are_of_services(&self) -> bool {
        self.answer.iter().any(|(name, _)| !is_function(name))
    }

    /// Lets an interpreter answer tasks so. Errors if a file cannot be used, and if a name is none of a resource, is given twice
    /// or is the name of one of the programs.
    pub(super) fn serve(
        &self,
        mut interpreter: Interpreter,
        programs: &[Arc<FunctionProgram>],
    ) -> Result<Interpreter, Failure> {
        let mut answers = Answers::default();
        for (number, (name, file)) in self.answer.iter().enumerate() {
            if self.answer.iter().take(number).any(|(earlier, _)| earlier == name) {
                return Err(Failure::new(format!("`--answer {name}=…` is given twice")));
            }
            let answer =
                mocked_answer(&read_file(file)?).map_err(|error| Failure::new(format!("`{file}`: {error}")))?;
            if is_function(name) {
                if programs.iter().any(|program| names_same(program.name(), name)) {
                    let message = format!("`--answer {name}=…` and `--function {name}=…` both answer the function");
                    return Err(Failure::new(message).help("leave out one of them"));
                }
                interpreter = if name.starts_with("arn:") {
                    interpreter.handler(name, Function(answer))
                } else {
                    interpreter.function(name, Function(answer))
                };
            } else {
                answers.add(name, answer)?;
            }
        }
        Ok(if answers.are_empty() {
            interpreter
        } else {
            interpreter.mocks(Arc::new(answers))
        })
    }
}

/// Whether it is a function's name, or the ARN of functions.
fn is_function(name: &str) -> bool {
    !name.starts_with("arn:") || name.split(':').nth(2) == Some("lambda")
}

fn names_same(program: &str, name: &str) -> bool {
    program == name || FunctionName::parse(program).is_some_and(|program| FunctionName::parse(name) == Some(program))
}

/// The answers of resources other than functions. They are final: a task that would wait for its token has its result.
#[derive(Debug, Default)]
struct Answers {
    exact: Vec<(String, Answer)>,
    patterns: Vec<(StringPattern, Answer)>,
}

impl Answers {
    fn add(&mut self, resource: &str, answer: Answer) -> Result<(), Failure> {
        if resource.contains('*')
            && let Some(pattern) = StringPattern::parse(resource)
        {
            self.patterns.push((pattern, answer));
            return Ok(());
        }
        if Resource::parse(resource).is_none() && !S3_RESOURCES.contains(&resource) {
            let message = format!("`--answer {resource}=…` names no resource of a task");
            return Err(Failure::new(message).help(Resource::advice(resource, |_, _| None)));
        }
        self.exact.push((resource.to_owned(), answer));
        Ok(())
    }

    fn are_empty(&self) -> bool {
        self.exact.is_empty() && self.patterns.is_empty()
    }
}

impl Mocks for Answers {
    fn answer(&self, task: &Task) -> Option<Answer> {
        let resource = task.resource.arn();
        let exact = self.exact.iter().find(|(name, _)| name == resource);
        let patterns = || self.patterns.iter().find(|(pattern, _)| pattern.matches(resource));
        let answer = exact.map(|(_, answer)| answer);
        answer.or_else(|| patterns().map(|(_, answer)| answer)).cloned()
    }
}

/// Answers every call of a function in the same way.
struct Function(Answer);

#[async_trait]
impl Handler for Function {
    async fn call(&self, _input: Value, _context: TaskContext) -> Result<Value, TaskError> {
        let thrown = |error: ErrorOutput| {
            let ErrorOutput { error, cause } = error;
            TaskError::new(error.unwrap_or_default(), cause.unwrap_or_default())
        };
        self.0.clone().map_err(thrown)
    }
}
