//! Compares what an execution logs.

use std::sync::LazyLock;

use asl_engine::history::LogLevel;
use regex_lite::Regex;
use serde_json::Value;

use crate::case::Case;
use crate::compare::same;
use crate::normalise::Normaliser;
use crate::replay::Replayed;

/// The recordings of logs tell the level, and whether data is logged, in their names alone; a case of our own says so in
/// `logging`.
static SETTINGS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"_(ALL|ERROR|FATAL|OFF)_(True|False)\]").unwrap());

/// Compares the records, where the case is one of logs. One that holds none says that there were none.
pub(crate) fn compare(case: &Case, replayed: &Replayed, normaliser: &Normaliser) -> Result<(), String> {
    let Some((level, logs_data)) = settings(case) else {
        return Ok(());
    };
    let arn = case.json["context"]["execution_arn"].as_str().unwrap_or_default();
    let records = replayed.events.iter();
    let records = records.filter_map(|event| event.to_log_record(arn, level, logs_data));
    let got: Value = records.map(|record| normaliser.log_record(&record)).collect();
    let wanted = case.json["expected"]["logged_events"].as_array();
    let wanted = wanted
        .into_iter()
        .flatten()
        .map(|record| normaliser.log_record(record))
        .collect();
    same("logged events", &wanted, &got)
}

/// The level, and whether data is logged.
fn settings(case: &Case) -> Option<(LogLevel, bool)> {
    let logging = &case.json["logging"];
    let (level, logs_data) = if let Some(level) = logging["level"].as_str() {
        (level, logging["includeExecutionData"] == true)
    } else {
        let settings = SETTINGS.captures(case.json["source"].as_str()?)?;
        (settings.get(1)?.as_str(), &settings[2] == "True")
    };
    let level = match level {
        "ALL" => LogLevel::All,
        "ERROR" => LogLevel::Error,
        "FATAL" => LogLevel::Fatal,
        _ => LogLevel::Off,
    };
    Some((level, logs_data))
}
