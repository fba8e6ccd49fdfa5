//! Compares what an execution logs.

use std::sync::LazyLock;

use asl_engine::history::LogLevel;
use regex_lite::Regex;
use serde_json::Value;

use crate::case::Case;
use crate::compare::same;
use crate::normalise::Normaliser;
use crate::replay::Replayed;

/// The recordings of logs tell the level, and whether data is logged, in their names alone.
static SETTINGS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"_(ALL|ERROR|FATAL|OFF)_(True|False)\]").unwrap());

/// Compares the records, where the recording is one of logs. One that holds none says that there were none.
pub(crate) fn compare(case: &Case, replayed: &Replayed, normaliser: &Normaliser) -> Result<(), String> {
    let source = case.json["source"].as_str().unwrap_or_default();
    let Some(settings) = SETTINGS.captures(source) else {
        return Ok(());
    };
    let level = match &settings[1] {
        "ALL" => LogLevel::All,
        "ERROR" => LogLevel::Error,
        "FATAL" => LogLevel::Fatal,
        _ => LogLevel::Off,
    };
    let arn = case.json["context"]["execution_arn"].as_str().unwrap_or_default();
    let records = replayed.events.iter();
    let records = records.filter_map(|event| event.to_log_record(arn, level, &settings[2] == "True"));
    let got: Value = records.map(|record| normaliser.log_record(&record)).collect();
    let wanted = case.json["expected"]["logged_events"].as_array();
    let wanted = wanted
        .into_iter()
        .flatten()
        .map(|record| normaliser.log_record(record))
        .collect();
    same("logged events", &wanted, &got)
}
