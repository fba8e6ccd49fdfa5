//! What child executions start with: options, and the items of a Map Run one by one or in batches.

use serde_json::{Map, Value};
use std::sync::Arc;

use super::Engine;
use super::view::Allowance;
use crate::data::Payload;
use crate::definition::State;
use crate::execution::core::MapRunProgress;
use crate::execution::failure::Failure;
use crate::execution::frame_key::FrameKey;
use crate::execution::limits::Limits;
use crate::execution::map_run::Selected;
use crate::execution::start_options::StartOptions;
use crate::execution::states;

impl Engine<'_> {
    /// The parent's options with the child's own names and ids.
    pub(super) fn child_options(&self, run: &MapRunProgress, input: Payload) -> StartOptions {
        let random = &self.core.random;
        let (name, seed) = (random.uuid(), random.next_u64());
        let express_id = run.is_express.then(|| random.uuid());
        self.options_of_child(run, input, name, seed, express_id)
    }

    /// The same with what was random before.
    pub(super) fn options_of_child(
        &self,
        run: &MapRunProgress,
        input: Payload,
        name: String,
        seed: u64,
        express_id: Option<String>,
    ) -> StartOptions {
        let core = &*self.core;
        StartOptions {
            input,
            name,
            state_machine: Arc::clone(&run.state_machine),
            role_arn: core.execution.role_arn.clone().unwrap_or_default(),
            seed,
            token_secret: core.token_secret.clone(),
            history: core.recorder.level(),
            limits: Limits::default(),
            express_id,
            is_synchronous: true,
            activities: core.activities.clone(),
            is_redrivable: core.is_redrivable,
            wait_time_scale: core.wait_time_scale,
            separate_children: core.separate_children,
            is_traced: core.trace.is_some(),
            keeps_spans: core.spans.is_some(),
        }
    }

    /// The input of the next child execution: an item, or a batch of them. `None` if no item is left.
    pub(super) fn next_input(&mut self, key: FrameKey, run: &mut MapRunProgress) -> Result<Option<Selected>, Failure> {
        let Some(batching) = run.settings.batching.clone() else {
            let input = self.next_item(key, run)?;
            return Ok(input.map(|input| Selected { input, items: 1 }));
        };
        let most_items = batching.most_items.unwrap_or(usize::MAX);
        let most_bytes = batching
            .most_bytes
            .unwrap_or(usize::MAX)
            .min(self.core.limits.payload_bytes);
        let mut batch = Map::new();
        if let Some(batch_input) = &batching.batch_input {
            batch.insert("BatchInput".into(), batch_input.value().clone());
        }
        batch.insert("Items".into(), Value::Array(Vec::new()));
        let mut bytes = Payload::from(Value::Object(batch.clone())).bound();
        let mut items = Vec::new();
        while items.len() < most_items {
            let next = match run.items.take_selected() {
                Some(selected) => Some(Payload::from(selected)),
                None => self.next_item(key, run)?,
            };
            let Some(item) = next else { break };
            let with_item = bytes + item.to_text().as_str().len() + usize::from(!items.is_empty());
            if with_item > most_bytes && !items.is_empty() {
                run.items.put_back(item.into_value());
                break;
            }
            if with_item > most_bytes {
                return Err(Failure::data_limit_exceeded(&self.node_of(key)?.name));
            }
            bytes = with_item;
            items.push(item.into_value());
        }
        let number = items.len();
        if number == 0 {
            return Ok(None);
        }
        batch.insert("Items".into(), Value::Array(items));
        Ok(Some(Selected {
            input: Payload::with_bound(Value::Object(batch), bytes),
            items: number,
        }))
    }

    /// The next item, after `ItemSelector` if there is one.
    fn next_item(&mut self, key: FrameKey, run: &mut MapRunProgress) -> Result<Option<Payload>, Failure> {
        let Some((item, context)) = run.items.peek() else {
            return Ok(None);
        };
        let input = self.with_state(key, Allowance::Part(Some(&context)), |node, _, view| {
            match &node.state {
                State::Map(map) => states::select_next(map, item, &run.effective_input, view),
                _ => Ok(Payload::from(item.clone())),
            }
        })?;
        run.items.advance();
        Ok(Some(input))
    }
}
