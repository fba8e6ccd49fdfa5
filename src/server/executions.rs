//! The executions of Standard workflows in memory, running and ended, where there is no store.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::execution::Facts;
use crate::runtime::ExecutionHandle;
use crate::services::step_functions::Revision;

/// What is remembered of ended executions; the oldest are dropped first.
///
/// DIFFERENCE: AWS remembers them for 90 days.
#[derive(Debug, Clone, Copy)]
struct Memory {
    executions: usize,
    events: usize,
    bytes: usize,
}

const MEMORY: Memory = Memory {
    executions: 10_000,
    events: 1_000_000,
    bytes: 256 * 1024 * 1024,
};
/// How many starts lie between two clean-ups of ended executions, and how many bytes of those that end in between. A
/// clean-up looks at every execution, so that with many of them it comes less often: a start has its share of a few looks.
const LOOKS: usize = 64;
const SHARE: usize = 8;
const BYTES_BETWEEN_LOOKS: usize = MEMORY.bytes / 16;

/// One execution.
#[derive(Debug)]
pub(super) struct Execution {
    /// Counts executions in the order of their starts.
    pub(super) number: u64,
    pub(super) handle: ExecutionHandle,
    pub(super) name: String,
    pub(super) state_machine_arn: String,
    pub(super) version_arn: Option<Arc<str>>,
    pub(super) alias_arn: Option<Arc<str>>,
    pub(super) revision: Arc<Revision>,
    /// The input's text as given.
    pub(super) input: Arc<str>,
    pub(super) trace_header: Option<Arc<str>>,
}

#[derive(Debug, Default)]
pub(super) struct Executions {
    by_arn: HashMap<Arc<str>, Arc<Execution>>,
    by_number: BTreeMap<u64, Arc<Execution>>,
    last: u64,
    /// The number with whose start the next clean-up comes.
    next_look: u64,
    /// The bytes that are kept of the executions that have ended since the last clean-up.
    ended_bytes: Arc<AtomicUsize>,
}

impl Executions {
    /// Adds an execution; an existing one stays as it is.
    pub(super) fn add(&mut self, arn: &str, execution: impl FnOnce(u64) -> Execution) {
        if self.by_arn.contains_key(arn) {
            return;
        }
        self.last += 1;
        let execution = Arc::new(execution(self.last));
        self.by_number.insert(self.last, Arc::clone(&execution));
        self.by_arn.insert(arn.into(), execution);
        if self.last >= self.next_look || self.ended_bytes.load(Ordering::Relaxed) > BYTES_BETWEEN_LOOKS {
            self.forget_old(MEMORY);
            let starts = (self.by_number.len() / SHARE).max(LOOKS);
            self.next_look = self.last + starts as u64;
        }
    }

    /// Counts the bytes that are kept of ended executions.
    pub(super) fn ended_bytes(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.ended_bytes)
    }

    pub(super) fn find(&self, arn: &str) -> Option<&Arc<Execution>> {
        self.by_arn.get(arn)
    }

    /// The executions, the latest first.
    pub(super) fn of_state_machine<'e>(&'e self, arn: &'e str) -> impl Iterator<Item = &'e Arc<Execution>> + 'e {
        let newest_first = self.by_number.values().rev();
        newest_first.filter(move |execution| execution.state_machine_arn == arn)
    }

    /// Whether a state machine has a running execution.
    pub(super) fn any_running(&self, arn: &str) -> bool {
        self.of_state_machine(arn)
            .any(|execution| execution.handle.stop_time().is_none())
    }

    fn forget_old(&mut self, most: Memory) {
        self.ended_bytes.store(0, Ordering::Relaxed);
        let (mut ended, mut events, mut bytes) = (0, 0, 0_usize);
        let mut old = Vec::new();
        for (number, execution) in self.by_number.iter().rev() {
            if execution.handle.stop_time().is_none() {
                continue;
            }
            ended += 1;
            events += execution.handle.event_count();
            bytes = bytes.saturating_add(execution.handle.kept_bytes() + execution.input.len());
            if ended > most.executions || events > most.events || bytes > most.bytes {
                old.push(*number);
            }
        }
        for number in old {
            if let Some(execution) = self.by_number.remove(&number) {
                self.by_arn.remove(execution.handle.arn());
            }
        }
    }
}

impl Execution {
    pub(super) fn facts(&self) -> Facts {
        Facts {
            number: self.number,
            arn: self.handle.arn().to_owned(),
            state_machine_arn: self.state_machine_arn.clone(),
            name: self.name.clone(),
            status: self.handle.status().to_owned(),
            start_time: self.handle.start_time(),
            stop_time: self.handle.stop_time(),
            version_arn: self.version_arn.clone(),
            alias_arn: self.alias_arn.clone(),
            input: Arc::clone(&self.input),
            trace_header: self.trace_header.clone(),
            redrive_count: self.handle.redrive_count(),
            redrive_time: self.handle.redrive_time(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::StepFunctions;
    use super::*;
    use crate::runtime::Interpreter;
    use serde_json::{Value, json};

    const ARN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Orders";

    async fn api_with(definition: Value) -> StepFunctions {
        let api = StepFunctions::seeded(Interpreter::new(), 7);
        let role = "arn:aws:iam::123456789012:role/Orders";
        let machine =
            json!({ "name": "Orders", "definition": definition.to_string(), "roleArn": role, "publish": true });
        api.call("CreateStateMachine", machine).await.unwrap();
        api
    }

    fn nap() -> Value {
        json!({ "StartAt": "Nap", "States": { "Nap": { "Type": "Wait", "SecondsPath": "$", "End": true } } })
    }

    /// The names of the executions that are still known, of one that runs and five that have ended with four events
    /// each.
    async fn known(most: Memory) -> Vec<String> {
        let api = api_with(nap()).await;
        for (name, seconds) in [("a", 9), ("b", 0), ("c", 0), ("d", 0), ("e", 0), ("f", 0)] {
            let start = json!({ "stateMachineArn": ARN, "name": name, "input": seconds.to_string() });
            api.call("StartExecution", start).await.unwrap();
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let mut registry = api.service.registry();
        registry.executions.forget_old(most);
        let names = registry
            .executions
            .of_state_machine(ARN)
            .map(|execution| execution.name.clone());
        let names: Vec<String> = names.collect();
        assert_eq!(registry.executions.by_arn.len(), names.len());
        names
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_that_have_ended_are_forgotten() {
        let most = |executions, events, bytes| Memory {
            executions,
            events,
            bytes,
        };
        assert_eq!(known(most(2, 100, usize::MAX)).await, ["f", "e", "a"]);
        assert_eq!(known(most(100, 12, usize::MAX)).await, ["f", "e", "d", "a"]);
        assert_eq!(known(most(100, 100, usize::MAX)).await.len(), 6);
        assert_eq!(known(most(100, 100, 0)).await, ["a"]);
    }

    /// A few of them would be too many: they are not kept until there are as many as may be.
    #[tokio::test(start_paused = true)]
    async fn large_ones_are_forgotten_soon() {
        let pass = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
        let api = api_with(pass).await;
        let input = json!("x".repeat(250_000)).to_string();
        // Each holds its input as data, as the text that was given, and as the text in its history.
        for name in 0..1_000 {
            let start = json!({ "stateMachineArn": ARN, "name": name.to_string(), "input": input });
            api.call("StartExecution", start).await.unwrap();
        }
        let registry = api.service.registry();
        let kept = registry.executions.of_state_machine(ARN).count();
        assert!((200..420).contains(&kept), "{kept}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_name_is_one_execution_however_many_ask_for_it() {
        let api = api_with(nap()).await;
        let starts = (0..200).map(|i| {
            let api = api.clone();
            tokio::spawn(async move {
                let start = json!({ "stateMachineArn": ARN, "name": format!("n{}", i % 20), "input": "100" });
                api.call("StartExecution", start).await.unwrap()["executionArn"].clone()
            })
        });
        let starts: Vec<_> = starts.collect();
        for (i, start) in starts.into_iter().enumerate() {
            let arn = ARN.replace(":stateMachine:", ":execution:");
            assert_eq!(start.await.unwrap(), format!("{arn}:n{}", i % 20));
        }
        let list = json!({ "stateMachineArn": ARN, "statusFilter": "RUNNING" });
        let listed = api.call("ListExecutions", list).await.unwrap();
        assert_eq!(listed["executions"].as_array().unwrap().len(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_seed_takes_the_same_routes() {
        let mut taken = Vec::new();
        for _ in 0..2 {
            let api = api_with(nap()).await;
            let other = json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Succeed" } } }).to_string();
            let update = json!({ "stateMachineArn": ARN, "definition": other, "publish": true });
            api.call("UpdateStateMachine", update).await.unwrap();
            let route = |version| json!({ "stateMachineVersionArn": format!("{ARN}:{version}"), "weight": 50 });
            let alias = json!({ "name": "live", "routingConfiguration": [route(1), route(2)] });
            api.call("CreateStateMachineAlias", alias).await.unwrap();
            for _ in 0..20 {
                let start = json!({ "stateMachineArn": format!("{ARN}:live"), "input": "0" });
                api.call("StartExecution", start).await.unwrap();
            }
            let registry = api.service.registry();
            let versions = registry.executions.of_state_machine(ARN);
            taken.push(
                versions
                    .map(|execution| execution.version_arn.clone())
                    .collect::<Vec<_>>(),
            );
        }
        assert_eq!(taken[0], taken[1]);
        assert!(
            taken[0].iter().any(|version| *version != taken[0][0]),
            "both versions are taken"
        );
    }
}
