//! `--machines`: the state machines of files, created at the start and updated when a file changes.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::cli::arguments::Loading;
use crate::cli::definition_files::{WANTED, text_of};
use crate::cli::definitions::{Checked, unusable};
use crate::cli::failure::Failure;
use crate::cli::paths::search;
use crate::cli::stores::tell;
use crate::definition::{StateMachine, WorkflowType};
use crate::server::StepFunctions;

/// How often the files are looked at.
const PAUSE: Duration = Duration::from_millis(500);

/// The state machines of the files, as they were deployed last.
pub(super) struct Machines {
    paths: Vec<String>,
    loading: Loading,
    deployed: BTreeMap<String, Machine>,
}

#[derive(PartialEq)]
struct Machine {
    definition: Value,
    workflow_type: WorkflowType,
}

impl Machine {
    fn of(machine: &StateMachine) -> Self {
        Self {
            definition: machine.definition().clone(),
            workflow_type: machine.workflow_type,
        }
    }
}

impl Machines {
    pub(super) fn new(paths: &[String], loading: &Loading) -> Self {
        Self {
            paths: paths.to_owned(),
            loading: loading.clone(),
            deployed: BTreeMap::new(),
        }
    }

    /// Creates the machines of the files, or updates those that are there. Errors if a file cannot be used.
    pub(super) async fn deploy(&mut self, api: &StepFunctions, is_quiet: bool) -> Result<(), Failure> {
        let found = self.found()?;
        self.put(found, api, is_quiet).await
    }

    /// Deploys what changes in the files, for ever. A file that cannot be used is told, and leaves its machines as they are.
    pub(super) async fn watch(&mut self, api: &StepFunctions, is_quiet: bool) {
        if self.paths.is_empty() {
            return std::future::pending().await;
        }
        let mut told = String::new();
        loop {
            tokio::time::sleep(PAUSE).await;
            let deployed = match self.found() {
                Ok(found) => self.put(found, api, is_quiet).await,
                Err(failure) => Err(failure),
            };
            let problem = deployed.err().map_or_else(String::new, |failure| failure.to_string());
            if !problem.is_empty() && problem != told {
                tell(&problem);
            }
            told = problem;
        }
    }

    /// The machines of the files by their names: that in a template, or the file's without its endings.
    fn found(&self) -> Result<BTreeMap<String, Machine>, Failure> {
        let (files, mut failures) = search(&self.paths, &WANTED);
        let loader = self.loading.loader();
        let mut machines: BTreeMap<String, (Machine, String)> = BTreeMap::new();
        for file in files {
            let text = match text_of(&file) {
                Some(Ok(text)) => text,
                Some(Err(failure)) => {
                    failures.push(failure);
                    continue;
                }
                None => continue,
            };
            let checked = Checked::of(&file.path, text, &loader);
            for machine in checked.machines {
                let Some(valid) = &machine.machine else {
                    let shown = machine.elsewhere.as_ref().map_or(&file.path, |(file, _)| file);
                    failures.push(unusable(shown, &machine.diagnostics));
                    continue;
                };
                let name = machine.name.unwrap_or_else(|| name_of(&file.path));
                let known = machines.insert(name.clone(), (Machine::of(valid), file.path.clone()));
                if let Some((_, other)) = known {
                    let message = format!("`{other}` and `{}` both have a state machine `{name}`", file.path);
                    failures.push(Failure::new(message));
                }
            }
        }
        match Failure::joined(failures) {
            Some(failure) => Err(failure),
            None => Ok(machines
                .into_iter()
                .map(|(name, (machine, _))| (name, machine))
                .collect()),
        }
    }

    async fn put(
        &mut self,
        found: BTreeMap<String, Machine>,
        api: &StepFunctions,
        is_quiet: bool,
    ) -> Result<(), Failure> {
        let mut failures = Vec::new();
        for (name, machine) in found {
            if self.deployed.get(&name) == Some(&machine) {
                continue;
            }
            match put_one(&name, &machine, api).await {
                Ok(what) => {
                    if !is_quiet {
                        tell(&what);
                    }
                    self.deployed.insert(name, machine);
                }
                Err(failure) => failures.push(failure),
            }
        }
        Failure::joined(failures).map_or(Ok(()), Err)
    }
}

/// Creates a machine, or updates it; says which.
async fn put_one(name: &str, machine: &Machine, api: &StepFunctions) -> Result<String, Failure> {
    let (region, account) = api.interpreter().place();
    let arn = format!("arn:aws:states:{region}:{account}:stateMachine:{name}");
    let refused = |error: crate::services::step_functions::StepFunctionsError| {
        Failure::new(format!("the state machine `{name}`: {}", error.message()))
    };
    let known = api
        .call("DescribeStateMachine", json!({ "stateMachineArn": arn }))
        .await;
    let workflow_type = match machine.workflow_type {
        WorkflowType::Standard => "STANDARD",
        WorkflowType::Express => "EXPRESS",
    };
    let definition = machine.definition.to_string();
    let Ok(known) = known else {
        let request = json!({
            "name": name,
            "definition": definition,
            "type": workflow_type,
            "roleArn": format!("arn:aws:iam::{account}:role/{name}"),
        });
        api.call("CreateStateMachine", request).await.map_err(refused)?;
        return Ok(format!("created {arn}"));
    };
    let known_type = known.get("type").and_then(Value::as_str).unwrap_or_default();
    if known_type != workflow_type {
        let message = format!("the state machine `{name}` is {known_type}, and a type cannot change");
        return Err(Failure::new(message).help("delete it first, or give it another name"));
    }
    let request = json!({ "stateMachineArn": arn, "definition": definition });
    api.call("UpdateStateMachine", request).await.map_err(refused)?;
    Ok(format!("updated {arn}"))
}

/// `order` of `machines/order.asl.json`.
fn name_of(file: &str) -> String {
    let name = Path::new(file).file_name().unwrap_or_default().to_string_lossy();
    let name = name.split('.').next().unwrap_or_default();
    name.to_owned()
}
