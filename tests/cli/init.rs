//! `asl init`: what it writes passes at once, and nothing is overwritten.

use crate::{Folder, answer};

#[test]
fn the_first_test_file_of_every_sample_passes() {
    let folder = Folder::new("init-samples");
    let mut count = 0;
    for entry in std::fs::read_dir("asl-samples").unwrap() {
        let path = entry.unwrap().path().display().to_string();
        if !path.ends_with(".asl.json") || path.contains("verbatim") {
            continue;
        }
        count += 1;
        let file = folder.0.join(format!("{count}.asl-test.yaml")).display().to_string();
        let written = answer(&["init", &path, "--output", &file], b"");
        assert!(
            written.status.success(),
            "{path}: {}",
            String::from_utf8_lossy(&written.stderr)
        );
        let tested = answer(&["test", &file], b"");
        assert!(
            tested.status.success(),
            "{path}: {}",
            String::from_utf8_lossy(&tested.stdout)
        );
    }
    assert!(count > 15, "the samples are found");
}

#[test]
fn every_path_has_a_case() {
    let folder = Folder::new("init-paths");
    for sample in [
        "activity",
        "callback",
        "catch-and-compensate",
        "charge",
        "choice",
        "jsonata-loop",
        "order",
        "retry-with-backoff",
        "shipment",
        "variables",
    ] {
        let file = folder.0.join(format!("{sample}.asl-test.yaml")).display().to_string();
        let machine = format!("asl-samples/{sample}.asl.json");
        assert!(answer(&["init", &machine, "--output", &file], b"").status.success());
        let covered = answer(&["test", &file, "--fail-under", "transition=100"], b"");
        let told = String::from_utf8_lossy(&covered.stdout);
        assert!(
            covered.status.success(),
            "{sample}: {told}\n{}",
            std::fs::read_to_string(&file).unwrap()
        );
    }
}

/// Maps of no, one and two items, also those that a distributed Map reads, and failures inside of them.
#[test]
fn every_number_of_items_has_a_case() {
    let folder = Folder::new("init-items");
    for sample in ["distributed-map", "map", "parallel"] {
        let file = folder.0.join(format!("{sample}.asl-test.yaml")).display().to_string();
        let machine = format!("asl-samples/{sample}.asl.json");
        assert!(answer(&["init", &machine, "--output", &file], b"").status.success());
        let covered = answer(&["test", &file, "--fail-under", "100"], b"");
        let told = String::from_utf8_lossy(&covered.stdout);
        assert!(covered.status.success(), "{sample}: {told}");
    }
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let folder = Folder::new("init-overwrite");
    let machine = folder.write(
        "order.asl.json",
        r#"{ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } }"#,
    );
    let file = folder.write("order.asl-test.yaml", "mine");
    let refused = answer(&["init", &machine], b"");
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("is there already") && told.contains("--force"), "{told}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    assert!(answer(&["init", &machine, "--force"], b"").status.success());
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("machine: order.asl.json\n")
    );
}

#[test]
fn a_test_file_is_yaml_or_goes_to_the_standard_output() {
    let definition = "asl-samples/order.asl.json";
    let shown = answer(&["init", definition, "--output", "-"], b"");
    assert!(shown.status.success());
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("\nmachine: asl-samples/order.asl.json\n"), "{shown}");
    let refused = answer(&["init", definition, "--output", "order.json"], b"");
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("let its name end in `.yaml`"), "{told}");
}
