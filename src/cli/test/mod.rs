//! `asl test`

mod collect;
mod coverage;
mod json;
mod junit;
mod named_files;
mod report;
mod watch;

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::arguments::{Loading, pair};
use super::failure::Failure;
use super::functions::{Functions, not_invoked};
use super::output::Output;
use super::termination;
use crate::simulation::{PointKind, Usage, invoked_names};
use crate::test_file::{CaseResult, Suite, name_of};
use collect::Loaded;

/// Run test files
///
/// A test file (`*.asl-test.json`, `*.asl-test.yaml`) names a state machine and has cases for it: an input, the answers
/// of the tasks, and the expected result. `asl schema` prints the JSON Schema of the format. Time is virtual, so a Wait
/// of a year takes no time; cases run in parallel.
///
/// The exit code is 1 if a case fails, a test file cannot be used, or less is covered than `--fail-under` asks for.
#[derive(clap::Args)]
#[command(after_help = "A test file:
  machine: charge.asl.json
  cases:
    - name: a busy till is tried again after two seconds
      input: { id: 7 }
      tasks:
        Charge: [{ error: Busy }, { result: { paid: true } }]
      expect: { output: { paid: true }, elapsed: 2 }

Answers have `result`, or `error` with `cause`, or `timeout`, `heartbeatLoss`, `never`: true; and `after` so many seconds. \
Expectations are `status`, `output`, `outputContains`, `error`, `cause`, `path`, `elapsed`, `calls`, `transitions`, `variables`. Instead \
of `tasks`, a case may name a test case of a mock file of Step Functions Local: `mocks: MockConfigFile.json` in the file, \
`mock: Orders#Busy` in the case.

A mock file by itself is a test too: each of its test cases starts with the input `{}`, and must succeed.

A case that cannot be read fails with its line, and a test file that cannot be used by its name; all others run.

Examples:
  asl test machines
  asl test machines --coverage --fail-under 90 --fail-under transition=100
  asl test charge.asl-test.yaml --filter busy --junit report.xml
  asl test MockConfigFile.json --machine Orders=orders.asl.json")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command")]
pub(super) struct Arguments {
    /// Test files, folders with test files at any depth, and mock files of Step Functions Local
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// Definition of a mock file's state machine, or `FILE#NAME` for one of a template; default: `NAME.asl.json` or
    /// similar beside the mock file
    #[arg(long = "machine", value_name = "NAME=FILE", value_parser = pair)]
    machines: Vec<(String, String)>,
    #[command(flatten)]
    functions: Functions,
    /// Run only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Show which parts of each state machine the cases cover and miss
    #[arg(long)]
    coverage: bool,
    /// Fail if less is covered: of all points, or of one kind (`state`, `transition`, `choiceRule`, `retrier`,
    /// `catcher`, `map`, `branch`)
    #[arg(long, value_name = "[KIND=]PERCENT", value_parser = threshold)]
    fail_under: Vec<Threshold>,
    /// Count the retries of a Retrier one by one, rather than whether it retried and whether it had no retry left
    #[arg(long)]
    each_retry: bool,
    /// Write the coverage of each state machine to a file, as JSON; `-` prints it in place of the results
    #[arg(long, value_name = "FILE")]
    coverage_report: Option<String>,
    /// Format of the results on standard output
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Write the results to a file, as JUnit XML; `-` prints it in place of the results
    #[arg(long, value_name = "FILE")]
    junit: Option<String>,
    /// Run the tests again whenever a file of theirs changes: definitions, test files, mock files, functions
    #[arg(short, long)]
    watch: bool,
    /// Number of threads; default: the machine's cores
    #[arg(short, long, value_name = "NUMBER")]
    jobs: Option<usize>,
    /// Print every case, not only failed ones
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    loading: Loading,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For people: the failed cases, and a summary
    Human,
    /// One JSON document
    Json,
}

/// The required coverage.
#[derive(Clone, Copy)]
pub(super) struct Threshold {
    /// The kind of points; `None` for all points.
    kind: Option<PointKind>,
    percent: f64,
}

fn threshold(text: &str) -> Result<Threshold, String> {
    let (kind, percent) = match text.split_once('=') {
        Some((name, percent)) => {
            let kind = PointKind::ALL.into_iter().find(|kind| kind.name() == name);
            let names: Vec<_> = PointKind::ALL.iter().map(|kind| kind.name()).collect();
            let kind = kind.ok_or_else(|| format!("there is no kind `{name}`; there are {}", names.join(", ")))?;
            (Some(kind), percent)
        }
        None => (None, text),
    };
    match percent.parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Threshold { kind, percent }),
        _ => Err("a percentage is a number from 0 to 100".to_owned()),
    }
}

/// A test file with its results.
struct Tested {
    /// Its name in messages.
    file: String,
    /// Its cases; or why it cannot be used.
    suite: Result<Suite, Failure>,
    /// The cases that ran, in the order of the file.
    cases: Vec<Ran>,
}

/// A case that ran.
struct Ran {
    result: CaseResult,
    /// How long that took.
    took: Duration,
    /// How its execution ended, if it did.
    execution: Option<Execution>,
}

/// What is kept of every execution.
struct Execution {
    status: &'static str,
    elapsed: Duration,
    usage: Usage,
}

impl Tested {
    fn has_failed(&self) -> bool {
        self.suite.is_err() || self.cases.iter().any(|case| !case.result.has_passed())
    }
}

pub(super) fn run(
    arguments: &Arguments,
    output: &mut Output,
    colour: anstream::ColorChoice,
) -> Result<ExitCode, Failure> {
    termination::ends_programs_too();
    if arguments.watch {
        return Err(watch::watch(arguments, output, colour, |output| {
            run_once(arguments, output).map(|_| ())
        }));
    }
    run_once(arguments, output)
}

fn run_once(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    let (files, unreadable) = collect::files(&arguments.paths);
    let wants_coverage = arguments.coverage || arguments.coverage_report.is_some() || !arguments.fail_under.is_empty();
    #[expect(clippy::disallowed_methods, reason = "the command tells how long the tests took")]
    let began = Instant::now();
    let mut loaded = collect::suites(&files, &arguments.machines, &arguments.loading.loader())?;
    if arguments.each_retry {
        let suites = loaded.into_iter();
        loaded = suites
            .map(|(file, suite)| (file, suite.map(Suite::covering_each_retry)))
            .collect();
    }
    serve(&mut loaded, arguments)?;
    if let Some(filter) = arguments
        .filter
        .as_ref()
        .filter(|filter| !any_is_named(&loaded, filter))
    {
        return Err(Failure::new(format!("no case has `{filter}` in its name")));
    }
    if let (true, Some(failure)) = (files.is_empty(), Failure::joined(unreadable.clone())) {
        return Err(failure);
    }
    let tested = run_all(loaded, arguments, wants_coverage);
    let took = began.elapsed();
    let machines = if wants_coverage {
        coverage::machines(&tested)
    } else {
        Vec::new()
    };
    let judged = coverage::judge(&machines, &arguments.fail_under);
    let is_to_stdout = |file: &Option<String>| file.as_deref() == Some("-");
    match arguments.format {
        // Standard output is for the other document.
        _ if is_to_stdout(&arguments.junit) || is_to_stdout(&arguments.coverage_report) => {}
        Format::Human => {
            report::print(&tested, arguments.verbose, took, output)?;
            coverage::print(&machines, output)?;
            coverage::print_judged(&judged, output)?;
        }
        Format::Json => output.line(json::document(&tested, took, &machines, &judged))?,
    }
    if let Some(file) = &arguments.junit {
        output.file(file, &junit::document(&tested)?)?;
    }
    if let Some(file) = &arguments.coverage_report {
        output.file(file, &coverage::report(&machines))?;
    }
    let failed = tested.iter().any(Tested::has_failed);
    let is_covered = judged.iter().all(|judged| judged.is_enough);
    // The process ends now: freeing ten thousand cases one by one would only take time. But programs that keep running
    // are to end too.
    let runs_programs = tested
        .iter()
        .any(|tested| tested.suite.as_ref().is_ok_and(Suite::has_functions));
    if !runs_programs {
        std::mem::forget(tested);
    }
    if let Some(failure) = Failure::joined(unreadable) {
        return Err(failure);
    }
    Ok(ExitCode::from(u8::from(failed || !is_covered)))
}

/// Gives the suites the programs of `--function`. Errors if no suite's machine invokes one.
fn serve(loaded: &mut [Loaded], arguments: &Arguments) -> Result<(), Failure> {
    for function in arguments.functions.programs(false, false)? {
        let mut is_invoked = false;
        for suite in loaded.iter_mut().filter_map(|(_, suite)| suite.as_mut().ok()) {
            is_invoked |= suite.add_function(&function);
        }
        if !is_invoked {
            let suites = loaded.iter().filter_map(|(_, suite)| suite.as_ref().ok());
            let programs = suites.flat_map(Suite::programs);
            return Err(not_invoked(function.name(), &invoked_names(programs)));
        }
    }
    Ok(())
}

/// Whether a case has a text in its name; what the cases of an unusable file are called is unknown.
fn any_is_named(suites: &[Loaded], text: &str) -> bool {
    suites.iter().any(|(_, suite)| {
        let cases = suite.as_ref().map(|suite| &suite.file.cases);
        cases.map_or(true, |cases| cases.iter().any(|case| name_of(case).contains(text)))
    })
}

/// Runs the cases of all files, on as many threads as there are cores.
fn run_all(suites: Vec<Loaded>, arguments: &Arguments, wants_coverage: bool) -> Vec<Tested> {
    let is_wanted = |name: &str| {
        arguments
            .filter
            .as_ref()
            .is_none_or(|filter| name.contains(filter.as_str()))
    };
    let jobs: Vec<(usize, usize)> = suites
        .iter()
        .enumerate()
        .filter_map(|(i, (_, suite))| Some((i, suite.as_ref().ok()?)))
        .flat_map(|(i, suite)| {
            let cases = suite.file.cases.iter().enumerate();
            let wanted = cases.filter(|(_, case)| is_wanted(name_of(case)));
            wanted.map(move |(case, _)| (i, case)).collect::<Vec<_>>()
        })
        .collect();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = arguments.jobs.unwrap_or(cores).clamp(1, jobs.len().max(1));
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(jobs.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Vec::new();
                // Small batches: threads rarely contend, and long cases are spread.
                loop {
                    let start = next.fetch_add(16, Ordering::Relaxed);
                    let Some(batch) = jobs
                        .get(start..jobs.len().min(start + 16))
                        .filter(|batch| !batch.is_empty())
                    else {
                        break;
                    };
                    for &(file, case) in batch {
                        own.extend(run_one(&suites, file, case, wants_coverage));
                    }
                }
                // A panic in a thread ends the command anyway.
                done.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|done: &Done| (done.file, done.case));
    let mut tested: Vec<_> = suites
        .into_iter()
        .map(|(file, suite)| Tested {
            file,
            suite,
            cases: Vec::new(),
        })
        .collect();
    for done in done {
        if let Some(tested) = tested.get_mut(done.file) {
            tested.cases.push(done.ran);
        }
    }
    tested
}

/// A case that ran, by the indices of its file and of the case.
struct Done {
    file: usize,
    case: usize,
    ran: Ran,
}

fn run_one(suites: &[Loaded], file: usize, case: usize, wants_coverage: bool) -> Option<Done> {
    let suite = suites.get(file)?.1.as_ref().ok()?;
    let wanted = suite.file.cases.get(case)?;
    #[expect(clippy::disallowed_methods, reason = "the command tells how long the tests took")]
    let began = Instant::now();
    let mut result = if wants_coverage {
        suite.run(wanted)
    } else {
        suite.attempt(wanted)
    };
    let took = began.elapsed();
    let execution = result.run.as_ref().map(|run| Execution {
        status: run.outcome().status(),
        elapsed: run.elapsed(),
        usage: run.usage(),
    });
    if result.has_passed() {
        // Keeping ten thousand runs with their histories would fill the memory.
        result.run = None;
    }
    Some(Done {
        file,
        case,
        ran: Ran {
            result,
            took,
            execution,
        },
    })
}
