//! What a person reads who wrote a definition that is wrong: a file `NAME.json` in `tests/files/diagnostics` is the definition,
//! `NAME.txt` what is said about it, and `NAME.substitutions.json`, if it is there, the values of its `${Name}`s. One
//! whose name begins with `express_` is that of an Express workflow; one that begins with `jsonata_` or `without_jsonata_`
//! is looked at only with the feature `jsonata`, or only without it.
//!
//! `UPDATE=1 cargo test --test diagnostics` writes the texts anew; read the difference before you commit it.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests fail by panicking")]

mod trials;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use asl_engine::definition::{Code, Diagnostic, Severity, WorkflowType};
use asl_engine::loading::{Loader, Substitutions};
use libtest_mimic::{Arguments, Failed};
use trials::{files, trials};

const FOLDER: &str = "tests/files/diagnostics";

fn main() {
    let mut definitions = files(FOLDER);
    definitions.retain(|file| is_definition(file) && has_its_features(file));
    libtest_mimic::run(&Arguments::from_args(), trials(FOLDER, definitions, check)).exit();
}

fn has_its_features(file: &Path) -> bool {
    let name = file.file_name().unwrap().to_string_lossy();
    let with_jsonata = cfg!(feature = "jsonata");
    (with_jsonata || !name.starts_with("jsonata_")) && !(with_jsonata && name.starts_with("without_jsonata_"))
}

fn is_definition(file: &Path) -> bool {
    let name = file.file_name().unwrap().to_string_lossy();
    !name.ends_with(".substitutions.json")
}

fn check(file: &Path) -> Result<(), Failed> {
    let source = fs::read_to_string(file)?;
    let is_express = file.file_name().unwrap().to_string_lossy().starts_with("express_");
    let workflow_type = if is_express {
        WorkflowType::Express
    } else {
        WorkflowType::Standard
    };
    let loader = Loader::new()
        .workflow_type(workflow_type)
        .substitutions(substitutions(&file.with_extension("substitutions.json"))?);

    let found = render(&loader, &source);
    if found != render(&loader, &source) {
        return Err("the second time, the text is another one".into());
    }

    let expected_file = file.with_extension("txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected_file, &found)?;
        return Ok(());
    }
    let expected = fs::read_to_string(&expected_file).unwrap_or_default();
    if found == expected {
        Ok(())
    } else {
        Err(format!(
            "{}\n--- expected\n{expected}\n--- found\n{found}",
            expected_file.display()
        )
        .into())
    }
}

/// All diagnostics as they are printed. The definition loads exactly where none of them is an error, and no value
/// that it needs is missing.
fn render(loader: &Loader, source: &str) -> String {
    let diagnostics = loader.validate(source);
    let texts: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    let text = texts.join("\n\n") + "\n";
    match loader.parse(source) {
        Ok(machine) => assert_eq!(machine.warnings(), diagnostics),
        Err(invalid) => {
            let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
            let told = if diagnostics.iter().any(is_error) {
                "the state machine definition is invalid"
            } else {
                assert!(
                    diagnostics
                        .iter()
                        .any(|found| found.code == Code::UnresolvedSubstitution)
                );
                "the state machine definition lacks a value that it needs to run"
            };
            assert_eq!(invalid.to_string() + "\n", format!("{told}\n\n{text}"));
        }
    }
    text
}

fn substitutions(file: &Path) -> Result<Substitutions, Failed> {
    if !file.exists() {
        return Ok(Substitutions::new());
    }
    let values: BTreeMap<String, String> = serde_json::from_str(&fs::read_to_string(file)?)?;
    Ok(values.into_iter().collect())
}
