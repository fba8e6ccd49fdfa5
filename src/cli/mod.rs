//! The `asl` command with its subcommands `validate`, `run`, `executions`, `serve`, `init`, `test`,
//! `test-state`, `explore`, `graph`, `replay`, `schema` and `completions`.
//!
//! It only reads files, asks the library and prints; `src/bin/asl.rs` calls [`main`].
//!
//! Exit codes: 0 for success, 1 if a definition, an execution or a test is not fine, 2 if the command itself cannot run
//! (wrong arguments, unreadable files). The guide `docs/command_line.md` has the table.

mod arguments;
mod aws;
mod cluster;
mod colours;
mod definition_files;
mod definitions;
mod executions;
mod explore;
mod failure;
mod functions;
mod graph;
mod init;
mod output;
mod paths;
mod programs;
mod replay;
mod run;
mod serve;
mod stores;
mod substitutions;
mod termination;
mod test;
mod test_state;
mod validate;
mod workers;

use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

use failure::Failure;
use output::Output;

const ABOUT: &str = "Validate, run, test and draw state machines of the Amazon States Language, as AWS Step Functions \
understands them, without AWS";

const EXAMPLES: &str = "\
Examples:
  asl validate template.yaml machines/*.asl.json
  asl run charge.asl.json --input '{ \"id\": 7 }' --task 'Charge=./charge.sh' --explain
  asl run charge.asl.json --store executions.db --task 'Charge=./charge.sh'
  asl executions resume --store executions.db --task 'Charge=./charge.sh'
  asl serve --data executions.db --machines machines
  asl init charge.asl.json
  asl test machines --coverage --fail-under 100
  asl explore charge.asl.json --input '{ \"id\": 7 }'
  asl graph charge.asl.json --output charge.svg
  asl replay history.json --definition charge.asl.json

Exit codes:
  0  all is well
  1  a definition has errors, an execution did not succeed, a case failed, a test file cannot
     be used, too little is covered, or a replay takes another path
  2  the arguments, or a file that they name, cannot be used";

#[derive(Parser)]
#[command(name = "asl", version, about = ABOUT, after_help = EXAMPLES, max_term_width = 110)]
struct Arguments {
    /// When to use colours; `NO_COLOR` counts too
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Colour,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
enum Command {
    Validate(validate::Arguments),
    Run(run::Arguments),
    Executions(executions::Arguments),
    Serve(serve::Arguments),
    Init(init::Arguments),
    Test(test::Arguments),
    TestState(test_state::Arguments),
    Explore(explore::Arguments),
    Graph(graph::Arguments),
    Replay(replay::Arguments),
    /// Print the JSON Schema of test files
    Schema,
    /// Print a completion script for a shell
    #[command(after_help = "Example: asl completions bash > ~/.local/share/bash-completion/completions/asl")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs the command given by the process's arguments.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Also `--help` and `--version`; a closed standard output is not an error.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut output = Output::new(arguments.color.choice());
    let ended = carry_out(arguments.command, &mut output, arguments.color.choice());
    termination::wait_if_under_way();
    let ended = ended.and_then(|code| output.finish().map(|()| code));
    match ended {
        Ok(code) => code,
        Err(failure) => failure.report(arguments.color.choice()),
    }
}

fn carry_out(command: Command, output: &mut Output, colour: anstream::ColorChoice) -> Result<ExitCode, Failure> {
    match command {
        Command::Validate(arguments) => validate::run(&arguments, output),
        Command::Run(arguments) => run::run(&arguments, output, colour),
        Command::Executions(arguments) => executions::run(&arguments, output),
        Command::Serve(arguments) => serve::run(&arguments, output),
        Command::Test(arguments) => test::run(&arguments, output, colour),
        Command::TestState(arguments) => test_state::run(&arguments, output),
        Command::Init(arguments) => init::run(&arguments, output),
        Command::Explore(arguments) => explore::run(&arguments, output),
        Command::Replay(arguments) => replay::run(&arguments, output),
        Command::Schema => {
            output.text(crate::test_file::SCHEMA)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Graph(arguments) => graph::run(&arguments, output),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "asl", &mut script);
            output.bytes(&script)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Colour {
    fn choice(self) -> anstream::ColorChoice {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
    }
}
