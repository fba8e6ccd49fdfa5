//! `--log`: a file with one JSON record a line.

use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use crate::cli::failure::{Failure, reason};
use crate::cli::stores::tell;

/// Where records are written: to a file, or to standard error.
pub(super) struct Log {
    file: Option<(String, Mutex<File>)>,
}

impl Log {
    /// Errors if the file cannot be written. What is in it stays.
    pub(super) fn open(path: Option<&str>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self { file: None });
        };
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|error| Failure::of_file("write", path, &error))?;
        Ok(Self {
            file: Some((path.to_owned(), Mutex::new(file))),
        })
    }

    pub(super) fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// Writes records, one after the other. What cannot be written is lost, and standard error says so.
    pub(super) fn write(&self, records: &[Value]) {
        let Some((path, file)) = &self.file else {
            for record in records {
                tell(&record.to_string());
            }
            return;
        };
        let mut lines = String::new();
        for record in records {
            lines.push_str(&record.to_string());
            lines.push('\n');
        }
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(lines.as_bytes()) {
            tell(&format!("cannot write `{path}`: {}", reason(&error)));
        }
    }
}
