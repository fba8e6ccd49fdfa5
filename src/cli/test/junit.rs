//! JUnit XML, which CI services read.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Ran, Tested, report};
use crate::cli::failure::Failure;
use crate::test_file::Verdict;

pub(super) fn document(tested: &[Tested]) -> Result<String, Failure> {
    let mut document = Report::new("asl");
    for tested in tested {
        let mut suite = TestSuite::new(&*tested.file);
        if let Err(failure) = &tested.suite {
            let status = failed(NonSuccessKind::Error, &failure.text());
            let mut case = TestCase::new("the test file", status);
            case.set_classname(&*tested.file);
            suite.add_test_case(case);
        }
        for Ran { result, took, .. } in &tested.cases {
            let status = match &result.verdict {
                Verdict::Passed => TestCaseStatus::success(),
                Verdict::Failed(_) => failed(NonSuccessKind::Failure, &report::failure(result, false)),
                Verdict::Broken(_) => failed(NonSuccessKind::Error, &report::failure(result, false)),
            };
            let mut case = TestCase::new(&*result.name, status);
            case.set_classname(&*tested.file);
            case.set_time(*took);
            suite.add_test_case(case);
        }
        document.add_test_suite(suite);
    }
    document
        .to_string()
        .map_err(|error| Failure::new(format!("cannot write the JUnit report: {error}")))
}

fn failed(kind: NonSuccessKind, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    let first = text.lines().next().unwrap_or_default().trim();
    status.set_message(first).set_description(text);
    status
}
