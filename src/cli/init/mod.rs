//! `asl init`

mod discover;
mod sample;
mod trial;
mod write;

use std::path::Path;
use std::process::ExitCode;

use super::arguments::{Loading, TypeOfWorkflow};
use super::definitions::{one_machine, place};
use super::failure::Failure;
use super::output::Output;
use crate::definition::StateMachine;
use crate::loading::Loader;
use crate::loading::template::Format;
use crate::test_file::{Suite, TestFile};
use discover::discover;
use trial::Found;
use write::Head;

/// Write a first test file for a state machine
///
/// It tries out inputs, results and errors of the tasks that the definition speaks of, and writes a case for each path
/// that it finds: the input, the tasks' answers, and the output of the machine as it is. The file passes at once; change
/// in it what should be otherwise.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  asl init charge.asl.json
  asl init template.yaml --state-machine Orders --output tests/orders.asl-test.yaml
  asl test charge.asl-test.yaml --coverage")]
pub(super) struct Arguments {
    /// Definition or template
    #[arg(value_name = "FILE")]
    file: String,
    /// The state machine of a template that has several
    #[arg(long, value_name = "NAME")]
    state_machine: Option<String>,
    /// The test file, or `-` for the standard output; default: beside the definition, with the ending `.asl-test.yaml`
    #[arg(short, long, value_name = "FILE", value_parser = test_file)]
    output: Option<String>,
    /// Overwrite the test file
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    loading: Loading,
}

/// A name under which `asl test` reads YAML.
fn test_file(name: &str) -> Result<String, String> {
    let extension = Path::new(name).extension().unwrap_or_default();
    if name == "-" || extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml") {
        return Ok(name.to_owned());
    }
    Err("a test file is YAML: let its name end in `.yaml`".to_owned())
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    let (definition, named) = place(&arguments.file, arguments.state_machine.as_deref())?;
    let machine = one_machine(definition, named, &arguments.loading)?;
    let file = arguments.output.clone().unwrap_or_else(|| beside(definition, named));
    let head = Head {
        machine: relative(definition, &file)?,
        state_machine: named,
        is_express: matches!(arguments.loading.workflow_type, TypeOfWorkflow::Express),
        substitutions: &arguments.loading.substitutions,
    };
    let (text, suite) = passing(&head, &machine, &file)?;
    if file == "-" {
        output.text(&text)?;
        return Ok(ExitCode::SUCCESS);
    }
    create(&file, &text, arguments.force)?;
    let cases = suite.file.cases.len();
    let cases = if cases == 1 {
        "1 case, which covers".to_owned()
    } else {
        format!("{cases} cases, which cover")
    };
    let percent = suite.coverage().percent();
    output.line(format_args!(
        "wrote {file}: {cases} {percent:.1} % of the state machine"
    ))?;
    if percent < 100.0 {
        output.line(format_args!("`asl test {file} --coverage` shows what is missed"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The text of a test file whose cases all pass, with its suite.
fn passing(head: &Head<'_>, machine: &StateMachine, file: &str) -> Result<(String, Suite), Failure> {
    let mut found = discover(machine);
    loop {
        let text = write::test_file(head, &found);
        let unusable = |error: &dyn std::fmt::Display| Failure::new(format!("cannot write a test file: {error}"));
        let test_file = TestFile::parse(&text, Format::Yaml).map_err(|error| unusable(&error))?;
        let suite = Suite::of(test_file, Path::new(file), &Loader::new()).map_err(|error| unusable(&error))?;
        let results = suite.run_all();
        let mut passed = results.iter().map(crate::test_file::CaseResult::has_passed);
        let before = found.len();
        // The trials run as the cases do, so a case that fails is a case that cannot be written down.
        found.retain(|_: &Found| passed.next().unwrap_or_default());
        if found.len() == before {
            return Ok((text, suite));
        }
        if found.is_empty() {
            return Err(unusable(&"no case of it passes"));
        }
    }
}

/// `orders.asl-test.yaml` for `orders.asl.json`; in a template, after the state machine.
fn beside(definition: &str, named: Option<&str>) -> String {
    let path = Path::new(definition);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    let endings = [".asl.json", ".asl.yaml", ".asl.yml", ".json", ".yaml", ".yml"];
    let stem = endings
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(&name);
    let stem = named.unwrap_or(stem);
    path.with_file_name(format!("{stem}.asl-test.yaml"))
        .display()
        .to_string()
}

/// The path of the definition from the folder of the test file.
fn relative(definition: &str, file: &str) -> Result<String, Failure> {
    let definition = Path::new(definition);
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    if let Ok(inside) = definition.strip_prefix(folder) {
        return Ok(inside.display().to_string());
    }
    let absolute = |path: &Path| {
        std::path::absolute(path).map_err(|error| Failure::of_file("read", &path.display().to_string(), &error))
    };
    let (definition, folder) = (absolute(definition)?, absolute(folder)?);
    let shared = definition
        .components()
        .zip(folder.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = folder
        .components()
        .skip(shared)
        .map(|_| std::path::Component::ParentDir);
    let down = definition.components().skip(shared);
    Ok(up.chain(down).collect::<std::path::PathBuf>().display().to_string())
}

fn create(file: &str, text: &str, may_overwrite: bool) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if may_overwrite {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let opened = options.open(file).and_then(|mut opened| {
        use std::io::Write;
        opened.write_all(text.as_bytes())
    });
    opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::new(format!("`{file}` is there already"))
            .help("`--force` overwrites it, `--output FILE` names another"),
        _ => Failure::of_file("write", file, &error),
    })
}
