//! Runs a mock file of Step Functions Local as it is: each of its test cases becomes a case.

use indexmap::IndexMap;
use serde_json::json;
use std::path::{Path, PathBuf};

use super::{Case, Expectation, Suite, SuiteError, TestFile, suite};
use crate::loading::Loader;
use crate::simulation::MockConfig;

/// The endings of a definition's file, after the state machine's name.
const ENDINGS: [&str; 4] = [".asl.json", ".asl.yaml", ".asl.yml", ".json"];

impl Suite {
    /// The suites of a mock file of Step Functions Local, one for each of its state machines: a test case starts an
    /// execution with the input `{}`, and passes if it succeeds. Other inputs and expectations belong in a test file
    /// that names the mock file.
    ///
    /// `definition` gives the file of a state machine's definition by name, `FILE` or `FILE#NAME`; without one, the
    /// definition is searched beside the mock file: `NAME.asl.json`, `NAME.asl.yaml`, `NAME.asl.yml` or `NAME.json`.
    pub(crate) fn open_mocks<'d>(
        file: impl AsRef<Path>,
        definition: impl Fn(&str) -> Option<&'d str>,
        loader: &Loader,
    ) -> Result<Vec<Result<Self, SuiteError>>, SuiteError> {
        let file = file.as_ref();
        let folder = file.parent().unwrap_or(Path::new(""));
        let mocks = suite::mocks(file)?;
        let of_machine = |name: &str| {
            let given = definition(name).map(|place| suite::machine_place(Path::new(""), place));
            let place = given.or_else(|| Some((beside(folder, name)?, None)));
            let (machine, named) = place.ok_or_else(|| SuiteError::NoDefinition {
                file: file.to_owned(),
                state_machine: name.to_owned(),
            })?;
            Self::of(test_file(&mocks, file, name, &machine, named), Path::new(""), loader)
        };
        Ok(mocks.state_machines().map(of_machine).collect())
    }
}

/// A test file equivalent to a mock file of one state machine.
fn test_file(mocks: &MockConfig, file: &Path, name: &str, machine: &Path, named: Option<&str>) -> TestFile {
    let case = |case: &str| Case {
        name: case.to_owned(),
        input: json!({}),
        tasks: Vec::new(),
        mock: Some((name.to_owned(), case.to_owned())),
        starts_at: None,
        seed: 0,
        // As in Step Functions Local.
        allows_left_over: true,
        expect: Expectation {
            status: "SUCCEEDED".to_owned(),
            ..Expectation::default()
        },
    };
    TestFile {
        machine: machine.to_string_lossy().into_owned(),
        state_machine: named.map(str::to_owned),
        is_express: false,
        substitutions: IndexMap::new(),
        machines: IndexMap::new(),
        functions: indexmap::IndexMap::new(),
        mocks: Some(file.to_string_lossy().into_owned()),
        cases: mocks.test_cases(name).map(|name| Ok(case(name))).collect(),
    }
}

fn beside(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut places = ENDINGS.iter().map(|ending| folder.join(format!("{name}{ending}")));
    places.find(|place| place.is_file())
}
