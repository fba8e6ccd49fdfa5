//! The `asl` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    asl_engine::cli::main()
}
