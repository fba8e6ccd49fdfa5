//! A test file with its state machines, ready to run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::compare::mismatches;
use super::error::told;
use super::{Case, Mismatch, SuiteError, TestFile, UnusableCase};
use crate::definition::{Colours, InvalidDefinition, StateMachine, WorkflowType};
use crate::execution::Program;
use crate::loading::template::{self, Format};
use crate::loading::{Loader, Substitutions, similar_name};
use crate::programs::FunctionProgram;
use crate::simulation::{Coverage, MockConfig, Run, Simulation};
#[cfg(feature = "cli")]
use crate::simulation::{invokes, serves_all_of};

/// A test file with its state machines. Cases can run in any order and from several threads.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The test file.
    pub(crate) file: TestFile,
    /// Its path.
    path: PathBuf,
    machine: StateMachine,
    program: Arc<Program>,
    simulation: Simulation,
    coverage: Coverage,
    mocks: Option<MockConfig>,
    children: Vec<(String, Arc<Program>)>,
    functions: Vec<Arc<FunctionProgram>>,
}

/// The result of a case.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CaseResult {
    /// The case's name.
    pub name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The run; `None` if there was none.
    pub run: Option<Box<Run>>,
    /// Which answers were left over, if some were. If the case failed, that is probably why.
    pub left_over: Option<String>,
}

/// The verdict on a case.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// Everything is as expected.
    Passed,
    /// There are differences.
    Failed(Vec<Mismatch>),
    /// The case cannot be read or run to its end, or an answer is missing or left over.
    Broken(String),
}

impl CaseResult {
    /// Whether the case passed.
    pub fn has_passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }
}

impl Suite {
    /// Reads a test file with the files that it names.
    pub fn open(file: impl AsRef<Path>) -> Result<Self, SuiteError> {
        Self::open_with(file, &Loader::new())
    }

    /// The same; the loader's values of placeholders take precedence over those of the file.
    pub(crate) fn open_with(file: impl AsRef<Path>, loader: &Loader) -> Result<Self, SuiteError> {
        let path = file.as_ref();
        let text = read(path)?;
        let format = Format::of(&path.to_string_lossy(), &text);
        let file = TestFile::parse(&text, format).map_err(|error| SuiteError::InvalidTestFile {
            file: path.to_owned(),
            error,
        })?;
        Self::of(file, path, loader)
    }

    /// The suite of the test file at a path; the files that it names are relative to its folder.
    pub(crate) fn of(file: TestFile, path: &Path, loader: &Loader) -> Result<Self, SuiteError> {
        let test_file = path;
        let folder = path.parent().unwrap_or(Path::new(""));
        let substitutions: Substitutions = file
            .substitutions
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let mut loader = loader.with_more(&substitutions);
        if file.is_express {
            loader = loader.workflow_type(WorkflowType::Express);
        }
        let (path, named) = machine_place(folder, &file.machine);
        let named = file.state_machine.as_deref().or(named);
        let machine = one_machine(&loader, &path, named, file.mocked_machine())?;
        let mut children = Vec::new();
        for (name, place) in &file.machines {
            let (path, named) = machine_place(folder, place);
            let child = one_machine(&loader, &path, named, Some(name))?;
            children.push((name.clone(), (&child).into()));
        }
        let mocks = match &file.mocks {
            Some(path) => Some(mocks(&folder.join(path))?.deny_left_over()),
            None => None,
        };
        let program: Arc<Program> = (&machine).into();
        let coverage = Coverage::of(Arc::clone(&program));
        let simulation = children
            .iter()
            .fold(Simulation::of(&machine), |simulation, (name, child)| {
                simulation.state_machine(name.clone(), Arc::clone(child))
            });
        let functions = file.functions.iter().map(|(name, function)| {
            let program = FunctionProgram::new(name, &function.command)
                .in_folder(folder)
                .keeps_running(function.keeps_running)
                .timeout(function.timeout);
            Arc::new(program)
        });
        Ok(Self {
            functions: functions.collect(),
            path: test_file.to_owned(),
            file,
            machine,
            program,
            simulation,
            coverage,
            mocks,
            children,
        })
    }

    /// The suite of a test file whose machine is no file.
    #[cfg(feature = "console")]
    pub(crate) fn of_machine(file: TestFile, machine: &StateMachine) -> Self {
        let program: Arc<Program> = machine.into();
        Self {
            file,
            path: PathBuf::new(),
            machine: machine.clone(),
            coverage: Coverage::of(Arc::clone(&program)),
            simulation: Simulation::of(machine),
            program,
            mocks: None,
            children: Vec::new(),
            functions: Vec::new(),
        }
    }

    /// The same suite with a coverage that counts each retry.
    #[cfg(feature = "cli")]
    pub(crate) fn covering_each_retry(mut self) -> Self {
        self.coverage = Coverage::of_each_retry(Arc::clone(&self.program));
        self
    }

    /// The tested state machine.
    pub fn machine(&self) -> &StateMachine {
        &self.machine
    }

    /// The coverage by the cases run so far.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Runs all cases, in the order of the file.
    pub fn run_all(&self) -> Vec<CaseResult> {
        self.file.cases.iter().map(|case| self.run(case)).collect()
    }

    /// Runs one case and counts its coverage.
    pub(crate) fn run(&self, case: &Result<Case, UnusableCase>) -> CaseResult {
        let result = self.attempt(case);
        if let Some(run) = &result.run {
            self.coverage.add(run);
        }
        result
    }

    /// Runs one case without counting its coverage.
    pub(crate) fn attempt(&self, case: &Result<Case, UnusableCase>) -> CaseResult {
        let case = match case {
            Ok(case) => case,
            Err(unusable) => return self.unusable(unusable),
        };
        let ran = self
            .simulation_of(case)
            .and_then(|simulation| simulation.run_to_end(case.input.clone()).map_err(|error| told(&error)));
        let (verdict, run, left_over) = match ran {
            Ok((run, left_over)) => {
                let left_over = left_over.map(|error| told(&error));
                let found = mismatches(&case.expect, &run);
                let verdict = match &left_over {
                    _ if !found.is_empty() => Verdict::Failed(found),
                    Some(left_over) => Verdict::Broken(left_over.clone()),
                    None => Verdict::Passed,
                };
                (verdict, Some(Box::new(run)), left_over)
            }
            Err(problem) => (Verdict::Broken(problem), None, None),
        };
        CaseResult {
            name: case.name.clone(),
            verdict,
            run,
            left_over,
        }
    }

    fn unusable(&self, case: &UnusableCase) -> CaseResult {
        let found = &case.problem;
        let place = format_args!("{}:{}:{}", self.path.display(), found.line, found.column);
        let mut problem = String::new();
        // Writing to a `String` cannot fail.
        let _ = found.render(&mut problem, &place, &Colours::default());
        CaseResult {
            name: case.name.clone(),
            verdict: Verdict::Broken(problem),
            run: None,
            left_over: None,
        }
    }

    fn simulation_of(&self, case: &Case) -> Result<Simulation, String> {
        self.check_calls(case)?;
        if case.expect.transitions.is_some() && self.machine.workflow_type == WorkflowType::Express {
            return Err(
                "`transitions` are expected of an Express Workflow, which is billed by its duration and memory"
                    .to_owned(),
            );
        }
        let Some((machine, mock)) = &case.mock else {
            return Ok(case.script(self.with_functions(self.simulation.clone())));
        };
        let mocks = self.mocks.as_ref().ok_or("the test file names no `mocks` file")?;
        let simulation = mocks
            .simulation(machine, mock, &self.machine)
            .map_err(|error| match &self.file.mocks {
                Some(file) => format!("`{file}`: {error}"),
                None => error.to_string(),
            })?;
        let children = self.children.iter();
        let simulation = children.fold(simulation, |simulation, (name, child)| {
            simulation.state_machine(name.clone(), Arc::clone(child))
        });
        Ok(case.script(self.with_functions(simulation)))
    }

    /// Adds the program of a function, which takes the place of those that the file has for it; returns whether a task
    /// invokes the function.
    #[cfg(feature = "cli")]
    pub(crate) fn add_function(&mut self, function: &Arc<FunctionProgram>) -> bool {
        let is_invoked = self.programs().any(|program| invokes(program, function.name()));
        if is_invoked {
            self.functions.retain(|own| !serves_all_of(function.name(), own.name()));
            self.functions.push(Arc::clone(function));
        }
        is_invoked
    }

    /// The state machine and those that it can start.
    pub(crate) fn programs(&self) -> impl Iterator<Item = &Program> {
        let children = self.children.iter().map(|(_, child)| child);
        std::iter::once(&self.program).chain(children).map(|program| &**program)
    }

    /// Whether programs do the work of Lambda functions.
    #[cfg(feature = "cli")]
    pub(crate) fn has_functions(&self) -> bool {
        !self.functions.is_empty()
    }

    fn with_functions(&self, simulation: Simulation) -> Simulation {
        self.functions.iter().fold(simulation, |simulation, function| {
            let program = Arc::clone(function);
            simulation.function_with(function.name(), move |call, payload| program.answer(call, payload))
        })
    }

    /// Refuses `calls` of a state that is not a Task: it would trivially have no calls.
    fn check_calls(&self, case: &Case) -> Result<(), String> {
        for (state, _) in &case.expect.calls {
            if !self.tasks().any(|task| task == state) {
                let known: Vec<_> = self.tasks().collect();
                return Err(format!(
                    "`calls` names `{state}`, which is no Task state; there is {}",
                    known.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// The Task states of the state machine and of those that it can start.
    fn tasks(&self) -> impl Iterator<Item = &str> {
        let resources = self.programs().flat_map(Program::resources);
        resources.map(|(state, _)| state)
    }
}

fn read(file: &Path) -> Result<String, SuiteError> {
    std::fs::read_to_string(file).map_err(|error| SuiteError::Unreadable {
        file: file.to_owned(),
        error,
    })
}

pub(super) fn mocks(file: &Path) -> Result<MockConfig, SuiteError> {
    MockConfig::parse_each(&read(file)?).map_err(|error| SuiteError::Mocks {
        file: file.to_owned(),
        problem: error.to_string(),
    })
}

/// A file, or `FILE#NAME`: a file with the logical id of one of its state machines.
pub(super) fn machine_place<'p>(folder: &Path, place: &'p str) -> (PathBuf, Option<&'p str>) {
    match place.rsplit_once('#') {
        Some((file, name)) if !folder.join(place).exists() => (folder.join(file), Some(name)),
        _ => (folder.join(place), None),
    }
}

/// The machine of a file: the named one, or the only one, or the one that has the name by which it is started.
fn one_machine(
    loader: &Loader,
    file: &Path,
    named: Option<&str>,
    started_as: Option<&str>,
) -> Result<StateMachine, SuiteError> {
    let text = read(file)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let found = template::machines(loader, &text, Format::of(&file.to_string_lossy(), &text), &mut |uri| {
        std::fs::read_to_string(folder.join(uri)).map_err(|error| error.to_string())
    });
    let invalid = |file: PathBuf, error| SuiteError::InvalidDefinition { file, error };
    let found = found.map_err(|diagnostics| {
        let error = InvalidDefinition {
            diagnostics,
            omitted: 0,
        };
        invalid(file.to_owned(), error)
    })?;
    let found = found.machines;
    let mut known: Vec<String> = found.iter().filter_map(|found| found.name.clone()).collect();
    // Conditions may give one machine several files.
    known.dedup();
    let several = known.len() > 1;
    let alike = started_as.filter(|name| several && known.iter().any(|known| known == name));
    let named = named.or(alike);
    let mut wanted = found
        .into_iter()
        .filter(|found| named.is_none_or(|named| found.name.as_deref() == Some(named)));
    match wanted.next() {
        Some(found) if !several || named.is_some() => {
            let place = found.file.map_or_else(|| file.to_owned(), |uri| folder.join(uri));
            found.machine.map_err(|error| invalid(place, error))
        }
        _ => Err(SuiteError::NoStateMachine {
            file: file.to_owned(),
            problem: match named {
                Some(named) if known.is_empty() => {
                    format!("is one definition, without names; leave `stateMachine: {named}` away")
                }
                Some(named) => {
                    let similar = similar_name(named, known.iter().map(String::as_str));
                    let meant = similar.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
                    let known = known.join(", ");
                    format!("has no state machine `{named}`{meant} (it has: {known})")
                }
                None if several => format!(
                    "has several state machines; name one of them, with `stateMachine` or as `FILE#NAME`: {}",
                    known.join(", ")
                ),
                None => "has no state machine".to_owned(),
            },
        }),
    }
}
