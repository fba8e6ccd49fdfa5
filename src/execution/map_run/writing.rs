use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::VecDeque;

use super::Asked;
use crate::data::Payload;
use crate::definition::OutputType;

/// A `ResultWriter` at work, one request at a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Writing {
    /// The unanswered request.
    pub(crate) asked: Option<Asked>,
    /// The following requests.
    requests: VecDeque<Payload>,
    /// The result of the state.
    pub(crate) result: Payload,
}

impl Writing {
    /// The objects with the results of a Map Run, the manifest last.
    ///
    /// `results` are those of the child executions, each with whether it failed; `to` is where they are written.
    pub(crate) fn of(map_run_arn: &str, results: Vec<(Value, bool)>, to: &Value, output_type: OutputType) -> Self {
        let text = |name: &str| to.get(name).and_then(Value::as_str).unwrap_or_default();
        let (bucket, prefix) = (text("Bucket"), text("Prefix").trim_end_matches('/'));
        let id = map_run_arn.rsplit(':').next().unwrap_or_default();
        let folder = if prefix.is_empty() {
            id.to_owned()
        } else {
            format!("{prefix}/{id}")
        };
        let (mut failed, mut succeeded) = (Vec::new(), Vec::new());
        for (result, has_failed) in results {
            if has_failed {
                failed.push(result);
            } else {
                succeeded.push(result);
            }
        }
        let mut requests = VecDeque::new();
        let mut files = Map::new();
        let extension = match output_type {
            OutputType::Json => "json",
            OutputType::JsonLines => "jsonl",
        };
        for (status, results) in [("FAILED", failed), ("PENDING", Vec::new()), ("SUCCEEDED", succeeded)] {
            let mut listed = Vec::new();
            if !results.is_empty() {
                let key = format!("{folder}/{status}_0.{extension}");
                let body = text_of(results, output_type);
                listed.push(json!({ "Key": key, "Size": body.len() }));
                requests.push_back(put(bucket, &key, body));
            }
            files.insert(status.to_owned(), listed.into());
        }
        let key = format!("{folder}/manifest.json");
        let manifest = json!({ "DestinationBucket": bucket, "MapRunArn": map_run_arn, "ResultFiles": files });
        requests.push_back(put(bucket, &key, manifest.to_string()));
        let details = json!({ "Bucket": bucket, "Key": key });
        Self {
            asked: None,
            requests,
            result: Payload::from(json!({ "MapRunArn": map_run_arn, "ResultWriterDetails": details })),
        }
    }

    /// The next request; `None` if everything is written.
    pub(crate) fn next_request(&mut self) -> Option<Payload> {
        self.requests.pop_front()
    }

    /// Sends the unanswered request again.
    pub(crate) fn ask_again(&mut self) {
        if let Some(asked) = self.asked.take() {
            self.requests.push_front(asked.input);
        }
    }

    /// All data in it.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        let asked = self.asked.as_ref().map(|asked| &asked.input);
        self.requests
            .iter()
            .chain(asked)
            .chain([&self.result])
            .map(Payload::value)
    }
}

fn put(bucket: &str, key: &str, body: String) -> Payload {
    Payload::from(json!({ "Bucket": bucket, "Key": key, "Body": body }))
}

fn text_of(results: Vec<Value>, output_type: OutputType) -> String {
    match output_type {
        OutputType::Json => Value::Array(results).to_string(),
        OutputType::JsonLines => results
            .iter()
            .flat_map(|result| [result.to_string(), "\n".to_owned()])
            .collect(),
    }
}
